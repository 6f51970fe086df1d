import { assertEquals, assertThrows } from "@std/assert";
import { ClusterError } from "../../lib/core/mod.ts";
import { systemPorts } from "../../lib/io/mod.ts";
import { startNode } from "../../lib/node/mod.ts";
import type { Part } from "../../lib/part/mod.ts";
import { parseAddress } from "../../lib/core/mod.ts";
import { Router } from "../../lib/transport/mod.ts";
import { WireClient } from "../wire/wire_client.ts";

/** A complete part: it counts what it is sent, for the cluster that its node is of. */
class Toy implements Part {
  readonly name = "toy";
  readonly life: string[] = [];
  #count = 0;
  readonly messages: NonNullable<Part["messages"]> = {
    "toy-count": {
      from: "client",
      receive: (connection, message) => {
        this.#count += Number(message["by"]);
        connection.send({ type: "toy-counted", count: this.#count });
      },
    },
  };
  readonly services: NonNullable<Part["services"]> = {
    "muster.toy": { from: "anyone", serve: () => ({ count: this.#count }) },
  };

  start(): void {
    this.life.push("start");
  }

  joined(): void {
    this.life.push("joined");
  }

  drain(): Promise<void> {
    this.life.push("drain");
    return Promise.resolve();
  }

  stop(): void {
    this.life.push("stop");
  }

  status(): { count: number } {
    return { count: this.#count };
  }
}

Deno.test("a part is added to a node without touching anything else", async () => {
  const toy = new Toy();
  const options = { port: 0, join: [], makeMasterOnError: true };
  const node = await startNode(systemPorts(), options, undefined, undefined, [toy]);
  try {
    using client = await WireClient.greet(parseAddress(node.address).port);
    const counted = await client.ask({ type: "toy-count", by: 3 });
    assertEquals(counted, { type: "toy-counted", count: 3 });
    assertEquals(await node.call("muster.toy", null, { node: node.id }), { count: 3 });
    const { toy: section } = await client.ask({ type: "status", id: 1 }) ?? {};
    assertEquals(section, { count: 3 });
  } finally {
    await node.leave();
  }
  assertEquals(toy.life, ["start", "joined", "drain", "stop"]);
});

Deno.test("a part may be made of those below it", async () => {
  let below: unknown;
  const options = { port: 0, join: [], makeMasterOnError: true };
  const node = await startNode(systemPorts(), options, undefined, undefined, [
    ({ membership }) => {
      below = membership.name;
      return { name: "above" };
    },
  ]);
  await node.leave();
  assertEquals(below, "membership");
});

Deno.test("two parts that declare one message are an error at the start", () => {
  const router = new Router();
  router.register(new Toy());
  const error = assertThrows(() => router.register(new Toy()));
  assertEquals(error instanceof ClusterError, false);
});
