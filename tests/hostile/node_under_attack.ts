import { assertEquals } from "@std/assert";
import { type JsonObject, parseAddress } from "../../lib/core/mod.ts";
import { systemPorts, type TcpLimits, TcpNetwork } from "../../lib/io/mod.ts";
import { type Node, startNode } from "../../lib/node/mod.ts";
import { until } from "../io/until.ts";
import { WireClient } from "../wire/wire_client.ts";
import { SkewedClock } from "./skewed_clock.ts";

/** A real node with a polite client, to see whether what others do to it is felt. */
export class NodeUnderAttack implements AsyncDisposable {
  readonly node: Node;
  readonly clock: SkewedClock;
  readonly #polite: WireClient;
  #lastId = 0;

  private constructor(node: Node, clock: SkewedClock, polite: WireClient) {
    this.node = node;
    this.clock = clock;
    this.#polite = polite;
  }

  /** Founds a cluster of one. */
  static async start(limits: Partial<TcpLimits> = {}): Promise<NodeUnderAttack> {
    const clock = new SkewedClock();
    const ports = { ...systemPorts(), clock, network: new TcpNetwork(limits) };
    const node = await startNode(ports, {
      port: 0,
      name: "ada",
      join: [],
      makeMasterOnError: true,
    });
    return new NodeUnderAttack(
      node,
      clock,
      await WireClient.greet(parseAddress(node.address).port),
    );
  }

  /** Where it listens. */
  get port(): number {
    return parseAddress(this.node.address).port;
  }

  /** Links that it holds, beside the polite client's. */
  get foreignLinks(): number {
    return (this.node.statusView()["links"] as { open: number }).open - 1;
  }

  /** Checks that the polite client is answered, and that no other link is (or stays) open. */
  async checkUnharmed(foreignLinks = 0): Promise<void> {
    await this.checkAnswers();
    await until(() => this.foreignLinks === foreignLinks, `${foreignLinks} foreign links`);
  }

  /** Checks that the polite client is answered. */
  async checkAnswers(): Promise<void> {
    const id = ++this.#lastId;
    const answer = await this.#polite.ask({ type: "members", id });
    assertEquals([answer?.["type"], answer?.["id"]], ["members", id]);
    // Others may have been made believe in, too.
    const own = (answer?.["members"] as JsonObject[]).find(({ id }) => id === this.node.id);
    assertEquals(own?.["state"], "alive");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#polite[Symbol.dispose]();
    await this.node.leave();
  }
}
