import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type JsonObject, parseAddress } from "../../lib/core/mod.ts";
import { systemPorts } from "../../lib/io/mod.ts";
import { Client } from "../../lib/node/mod.ts";
import { StateClient } from "../chaos/state_client.ts";
import { ProcessCluster, type ProcessNode, run } from "../support/process_cluster.ts";

const LOOK_MS = 50;
const DEADLINE_MS = 30_000;

/**
 * So many nodes with data folders in processes of their own, all of which vote, and what they leave
 * behind.
 */
class DurableCluster implements AsyncDisposable {
  readonly processes = new ProcessCluster();
  readonly nodes: ProcessNode[] = [];
  readonly #folders = new Map<string, string>();
  readonly #flags: readonly string[];

  private constructor(flags: readonly string[]) {
    this.#flags = flags;
  }

  static async of(names: string[], ...flags: string[]): Promise<DurableCluster> {
    const cluster = new DurableCluster(flags);
    for (const name of names) cluster.nodes.push(await cluster.start(name, cluster.nodes[0]));
    return cluster;
  }

  async start(name: string, through?: ProcessNode): Promise<ProcessNode> {
    const folder = this.#folders.get(name) ?? await Deno.makeTempDir();
    this.#folders.set(name, folder);
    return await this.processes.start(name, through, "--data", folder, ...this.#flags);
  }

  async loseFolder(name: string): Promise<void> {
    await Deno.remove(this.#folders.get(name) ?? "", { recursive: true });
    this.#folders.delete(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.processes[Symbol.asyncDispose]();
    for (const folder of this.#folders.values()) await Deno.remove(folder, { recursive: true });
  }
}

async function status(node: ProcessNode): Promise<JsonObject> {
  await using client = await Client.connect(systemPorts(), [parseAddress(node.address)]);
  return await client.request({ type: "status" }, 5_000);
}

async function untilStatus(
  node: ProcessNode,
  what: string,
  isWanted: (status: JsonObject) => boolean,
): Promise<JsonObject> {
  const giveUpAt = performance.now() + DEADLINE_MS;
  while (true) {
    const seen = await status(node);
    if (isWanted(seen)) return seen;
    if (performance.now() > giveUpAt) {
      throw new Error(`Not within ${DEADLINE_MS} ms: ${what}: ${JSON.stringify(seen)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

const votes = (count: number) => ({ voters }: JsonObject) => (voters as string[]).length === count;

async function put(node: ProcessNode, from: number, to: number): Promise<void> {
  await using client = await Client.connect(systemPorts(), [parseAddress(node.address)]);
  const state = new StateClient(client);
  for (let at = from; at < to; at++) await state.put(`key-${at}`, at);
}

Deno.test("three voters with folders stay three when one dies, and no acknowledged write is on one disk", async () => {
  await using cluster = await DurableCluster.of(["a", "b", "c"]);
  const [a, b, c] = cluster.nodes as [ProcessNode, ProcessNode, ProcessNode];
  await untilStatus(a, "three voters", votes(3));
  await put(a, 0, 20);
  const killedAt = performance.now();
  await cluster.processes.kill(c);
  await a.saw(c.id, "dead", killedAt);
  // Past the time after which a dead voter used to be removed.
  const { uptimeMs } = await status(a);
  const after = (shown: JsonObject) => Number(shown["uptimeMs"]) > Number(uptimeMs) + 4_000;
  const shown = await untilStatus(a, "four seconds", after);
  assertEquals([shown["voters"], shown["copies"], shown["disks"]], [["a", "b", "c"], 2, 2]);
  const other = await status(b);
  assertEquals([other["copies"], other["disks"]], [2, 2]);
  await put(a, 20, 40);

  // The killed one comes back, and the master's disk is lost: the two are a majority, and have it
  // all.
  await cluster.start("c", b);
  await cluster.processes.kill(a);
  await cluster.loseFolder("a");
  await untilStatus(b, "another master", ({ master }) => master !== null && master !== a.id);
  await using client = await Client.connect(systemPorts(), [parseAddress(b.address)]);
  const state = new StateClient(client);
  for (let at = 0; at < 40; at++) assertEquals(await state.get(`key-${at}`), at, `key-${at}`);
});

Deno.test("a leave while another voter hangs waits until that one is out, and writing goes on", async () => {
  await using cluster = await DurableCluster.of(["a", "b", "c"]);
  const [a, b, c] = cluster.nodes as [ProcessNode, ProcessNode, ProcessNode];
  await untilStatus(a, "three voters", votes(3));
  await put(a, 0, 1);
  // What it acknowledged up to this moment does not count: no time has to pass.
  c.signal("SIGSTOP");
  const leave = run("leave", "--clusterip", b.address);
  await put(a, 1, 5);
  const { code, err } = await leave;
  assertEquals(code, 0, err);
  assertStringIncludes(err, "waits for c");
  await put(a, 5, 10);
  assertEquals((await status(a))["voters"], ["a"]);
  c.signal("SIGCONT");
});

Deno.test("a removal while another voter hangs waits until that one is out, and writing goes on", async () => {
  await using cluster = await DurableCluster.of(["a", "b", "c"]);
  const [a, b, c] = cluster.nodes as [ProcessNode, ProcessNode, ProcessNode];
  await untilStatus(a, "three voters", votes(3));
  await put(a, 0, 1);
  c.signal("SIGSTOP");
  const removal = run("remove", "b", "--clusterip", a.address);
  await put(a, 1, 5);
  const { code, err } = await removal;
  assertEquals(code, 0, err);
  assertEquals((await status(a))["voters"], ["a"]);
  await put(a, 5, 10);
  assertEquals((await b.status).code, 4);
  c.signal("SIGCONT");
});

Deno.test("a leave for which nobody can be found to do without it is refused, unless it is forced", async () => {
  await using cluster = await DurableCluster.of(["a", "b", "c", "d"], "--profile", "local");
  const [a] = cluster.nodes as [ProcessNode];
  const { voters } = await untilStatus(a, "three voters", votes(3));
  const others = cluster.nodes.filter((node) =>
    node !== a && (voters as string[]).includes(node.name)
  );
  const [b, c] = others as [ProcessNode, ProcessNode];
  // Of three voters one is left, and a member without a vote that would miss it.
  await Promise.all([cluster.processes.kill(a), cluster.processes.kill(c)]);
  const refused = await run("leave", "--clusterip", b.address);
  assertEquals(refused.code, 1, refused.err);
  assertStringIncludes(refused.err, "no majority of the voters is left");
  assertStringIncludes(refused.err, "--force");
  assertEquals((await status(b))["phase"], "member");
  b.signal("SIGTERM");
  assert((await b.status).success);
  const told = b.events.map(({ event }) => String(event["message"] ?? ""));
  assert(told.some((line) => line.includes("nothing can be written until")), told.join("\n"));
});
