import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type Json, type JsonObject, parseAddress } from "../../lib/core/mod.ts";
import { systemPorts } from "../../lib/io/mod.ts";
import { Client } from "../../lib/node/mod.ts";
import { StateClient } from "../chaos/state_client.ts";
import { Child, PROGRAM } from "../cli/child.ts";
import { eventually } from "../support/eventually.ts";

const LOOK_MS = 50;
const DEADLINE_MS = 30_000;

/** A node in a process of its own that may use its folder, and nothing else of the disk. */
class DurableProcess {
  readonly folder = Deno.makeTempDirSync();
  readonly #name: string;
  #child: Child | undefined;
  address = "";

  constructor(name: string) {
    this.#name = name;
  }

  async start(...flags: string[]): Promise<void> {
    const port = this.address === "" ? "0" : String(parseAddress(this.address).port);
    const { folder } = this;
    const [deno = "", run = "", ...rest] = PROGRAM;
    const permissions = [`--allow-read=${folder}`, `--allow-write=${folder}`];
    const options = ["--myport", port, "--name", this.#name, "--data", folder, ...flags];
    this.#child = new Child([deno, run, "--quiet", ...permissions, ...rest, ...options]);
    const [, address = ""] = await this.#child.printed(/^ready \S+ (\S+)/m);
    this.address = address;
  }

  async kill(): Promise<void> {
    this.#child?.signal("SIGKILL");
    await this.#child?.gone();
  }

  async end(): Promise<void> {
    this.#child?.signal("SIGTERM");
    await this.#child?.gone();
    Deno.removeSync(this.folder, { recursive: true });
  }

  connect(): Promise<Client> {
    return Client.connect(systemPorts(), [parseAddress(this.address)]);
  }
}

/** Asks a node for its status until it is as wanted. */
async function untilStatus(
  node: DurableProcess,
  what: string,
  isWanted: (status: JsonObject) => boolean,
): Promise<void> {
  await using client = await node.connect();
  const giveUpAt = performance.now() + DEADLINE_MS;
  while (!isWanted(await client.request({ type: "status" }, 5_000))) {
    if (performance.now() > giveUpAt) throw new Error(`Not within ${DEADLINE_MS} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

Deno.test("no acknowledged write is lost when all three nodes are killed under load and restart", async () => {
  const nodes = ["a", "b", "c"].map((name) => new DurableProcess(name));
  const [first] = nodes as [DurableProcess];
  await first.start("--makeMasterOnError", "--clusterip", "127.0.0.1:1");
  for (const node of nodes.slice(1)) await node.start("--clusterip", first.address);
  await untilStatus(first, "three voters", ({ voters }) => (voters as string[]).length === 3);

  const acknowledged = new Map<string, Json>();
  let isOver = false;
  const clients = await Promise.all(nodes.map((node) => node.connect()));
  const writers = Array.from({ length: 12 }, async (_, writer) => {
    const state = new StateClient(clients[writer % clients.length] as Client);
    for (let round = 0; !isOver; round++) {
      const key = `${writer}/${round}`;
      try {
        await state.put(key, round);
        acknowledged.set(key, round);
      } catch {
        // Its node was killed: whether this write is there nobody promised.
        return;
      }
    }
  });
  await eventually("writes are acknowledged", () => acknowledged.size > 200, [], 20_000);
  await Promise.all(nodes.map((node) => node.kill()));
  isOver = true;
  await Promise.all(writers);
  await Promise.all(clients.map((client) => client.close()));

  await Promise.all(nodes.map((node) => node.start("--clusterip", first.address)));
  await untilStatus(first, "a master", ({ master }) => master !== null);
  {
    await using client = await nodes[1]!.connect();
    const state = new StateClient(client);
    for (const [key, value] of acknowledged) assertEquals(await state.get(key), value, key);
    await state.put("after", "all");
  }
  await Promise.all(nodes.map((node) => node.end()));
});

Deno.test("without the permissions for the folder a node names them, asks nobody and exits with 1", async () => {
  const { code, err } = await new Child([...PROGRAM, "--data", "/tmp/muster-nowhere"]).ended();
  assertEquals(code, 1);
  assertStringIncludes(
    err,
    "start with --allow-read=/tmp/muster-nowhere --allow-write=/tmp/muster-nowhere",
  );
});

Deno.test({
  name:
    "a disk that is full ends the node with an error that says so, and what was acknowledged stays",
  ignore: Deno.build.os === "windows",
  async fn() {
    const node = new DurableProcess("full");
    await node.start("--makeMasterOnError", "--clusterip", "127.0.0.1:1");
    await node.kill();
    // No file may grow beyond a megabyte: that is what a full disk looks like to the database.
    const [deno = "", run = "", ...rest] = PROGRAM;
    const { folder } = node;
    const command = [
      deno,
      run,
      "--quiet",
      `--allow-read=${folder}`,
      `--allow-write=${folder}`,
      ...rest,
    ];
    const child = new Child([
      "/bin/sh",
      "-c",
      `trap '' XFSZ; ulimit -f 2048; exec "$@"`,
      "sh",
      ...command,
      ...["--myport", "0", "--name", "full", "--data", folder],
    ]);
    const [, address = ""] = await child.printed(/^ready \S+ (\S+)/m);
    const client = await Client.connect(systemPorts(), [parseAddress(address)]);
    const state = new StateClient(client);
    let written = 0;
    try {
      for (; written < 1_000; written++) await state.put(`key ${written}`, "x".repeat(10_000));
    } catch {
      // It stopped: what follows shows why.
    }
    await client.close();
    const { code, err } = await child.ended();
    assertEquals(code, 1, err);
    assertStringIncludes(err, "Cannot use the data folder");
    assert(written > 0 && written < 1_000, `${written} writes were acknowledged`);
    await node.start();
    {
      await using again = await node.connect();
      const kept = new StateClient(again);
      assertEquals(await kept.get(`key ${written - 1}`), "x".repeat(10_000));
    }
    await node.end();
  },
});
