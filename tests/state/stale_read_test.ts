import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ClusterError, type Json, type JsonObject, parseAddress } from "../../lib/core/mod.ts";
import { systemPorts } from "../../lib/io/mod.ts";
import { Readiness } from "../../lib/consensus/readiness.ts";
import { BACKUP_SERVICE, EmbeddedEngine, kvClientOf, type Node } from "../../lib/node/mod.ts";
import { run } from "../cli/harness.ts";
import { durableCluster, type DurableNode } from "../support/durable_node.ts";
import { eventually } from "../support/eventually.ts";
import { scriptedRoute } from "../support/scripted_route.ts";
import { failureOf } from "../support/local_cluster.ts";

const KEYS = ["a", "b", "c", "d", "e"];

/** Three voters that all know what was agreed on, and die at once. */
async function threeThatDied(): Promise<[DurableNode, DurableNode, DurableNode]> {
  const all = await durableCluster(3) as [DurableNode, DurableNode, DurableNode];
  for (const key of KEYS) await all[0].node.kv.put(key, key);
  const nodes = all.map(({ node }) => node);
  await eventually("all know of all keys", () => nodes.every((node) => keysOf(node) === 5), nodes);
  await Promise.all(all.map((each) => each.die()));
  return all;
}

/** How many keys a node has, as it says. */
function keysOf(node: Node): unknown {
  const { state } = node.statusView()["consensus"] as { state?: JsonObject };
  return state?.["keys"];
}

/**
 * The folder as an earlier version leaves it, or a machine that lost its power: nobody noted how
 * far.
 */
function forgetCommit({ folder }: DurableNode): void {
  Deno.removeSync(`${folder}/muster.record`);
}

/** Asks a node as a client does; what it answers, errors of the state thrown. */
async function askState(node: Node, body: Json): Promise<unknown> {
  return await node.call("muster.kv", body, { node: node.id });
}

/** Every way of reading what one node has, and how each ends. */
async function staleReads(node: Node): Promise<Record<string, string>> {
  const ends = async (read: Promise<unknown>): Promise<string> => {
    try {
      return JSON.stringify(await read);
    } catch (error) {
      if (error instanceof ClusterError) return error.code;
      throw error;
    }
  };
  const watch = { op: "watch", prefix: "", fromRevision: 1, stale: true, waitMs: 0 };
  return {
    get: await ends(node.kv.get("a", { stale: true })),
    missing: await ends(node.kv.get("nothing", { stale: true })),
    list: await ends(node.kv.list("", { stale: true })),
    watch: await ends(askState(node, watch)),
    backup: await ends(node.call(BACKUP_SERVICE, { op: "begin", stale: true }, { node: node.id })),
  };
}

Deno.test("alone after a restart a voter reads what it knows to be agreed on, in every way", async () => {
  const [first, second, third] = await threeThatDied();
  const alone = await second.start();
  const { get, list, watch, backup } = await staleReads(alone);
  assertStringIncludes(get ?? "", '"value":"a"');
  assertEquals((JSON.parse(list ?? "") as { entries: unknown[] }).entries.length, KEYS.length);
  assertEquals((JSON.parse(watch ?? "") as { events: unknown[] }).events.length, KEYS.length);
  assertEquals((JSON.parse(backup ?? "") as JsonObject)["node"], alone.id);
  const { out, code } = await run(["kv", "list", "--stale", "--clusterip", alone.address]);
  assertEquals([code, KEYS.every((key) => out.includes(key))], [0, true]);
  assertEquals((await failureOf(alone.kv.put("f", 1))).code, "NO_QUORUM");
  for (const each of [first, second, third]) await each.end();
});

Deno.test("where nobody noted what was agreed on no read answers before a master has told", async () => {
  const all = await threeThatDied();
  const [first, second, third] = all;
  for (const each of all) forgetCommit(each);
  const alone = await second.start();
  for (const [way, outcome] of Object.entries(await staleReads(alone))) {
    assertEquals(outcome, "NOT_READY", way);
  }
  const { message, retryable } = await failureOf(alone.kv.list("", { stale: true }));
  assertEquals(retryable, true);
  assertStringIncludes(message, "entries of its log were agreed on");
  assertStringIncludes(message, "start the other voters again");
  const asked = await run(["kv", "list", "--stale", "--clusterip", alone.address]);
  assertEquals([asked.code, asked.out], [1, ""]);
  assertStringIncludes(asked.err, "no master has told it yet");
  const status = alone.statusView()["consensus"] as JsonObject;
  assertEquals(status["state"], undefined);
  const others = { join: [parseAddress(alone.address)] };
  await Promise.all([first.start(others), third.start(others)]);
  await eventually("a master", () => alone.master !== undefined, [alone], 10_000);
  assertEquals((await alone.kv.get("a"))?.value, "a");
  assertEquals((await alone.kv.list("", { stale: true })).entries.length, KEYS.length);
  for (const each of all) await each.end();
});

Deno.test("a copy that may be read answers where the asked node's may not yet", async () => {
  const asked: string[] = [];
  const route = scriptedRoute((node) => {
    asked.push(node);
    if (node === "a") return Promise.reject(new ClusterError("NOT_READY", "not yet"));
    return Promise.resolve({ ok: true, revision: 1, result: { entry: null } });
  }, {
    leader: undefined,
    replicas: () => ["a", "b"],
    isMajorityDead: true,
    failedBy: () => assert(false, "nobody leads"),
  });
  const kv = kvClientOf(new EmbeddedEngine(systemPorts().clock, route));
  assertEquals(await kv.get("key", { stale: true }), undefined);
  assertEquals(asked, ["a", "b"]);
});

Deno.test("a copy is ready once something of it is known to be agreed on", () => {
  const config = { voters: ["a"], learners: [] };
  const vote = { term: 1, votedFor: null };
  const founded = { index: 0, term: 0, config };
  const snapshot = { index: 9, term: 1, config };
  const entries = [{ index: 10, term: 1, type: "command", data: 1 } as const];
  const table = [
    ["a new node", undefined, false],
    ["a founding that was cut short", { ...vote, snapshot: founded, entries: [] }, false],
    ["a log, and nobody noted how far", { ...vote, snapshot: founded, entries }, false],
    ["a log behind a snapshot, and nobody noted", { ...vote, snapshot, entries }, false],
    ["a snapshot, and nothing behind it", { ...vote, snapshot, entries: [] }, true],
    ["a log that is noted", { ...vote, snapshot: founded, entries, commit: 10 }, true],
  ] as const;
  for (const [what, restored, isReady] of table) {
    const readiness = new Readiness(
      restored === undefined ? undefined : { ...restored, entries: [...restored.entries] },
    );
    assertEquals(readiness.isReady, isReady, what);
    readiness.told();
    assertEquals(readiness.isReady, true, what);
  }
});
