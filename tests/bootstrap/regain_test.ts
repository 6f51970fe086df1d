import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type Json, parseAddress, REGAINED_REVISIONS } from "../../lib/core/mod.ts";
import { REGAINED_TERMS } from "../../lib/bootstrap/limits.ts";
import { openDataFolder, systemPorts } from "../../lib/io/mod.ts";
import { forceNewCluster } from "../../lib/bootstrap/force_new_cluster.ts";
import { Node, restoreState } from "../../lib/node/mod.ts";
import { durableCluster, DurableNode } from "../support/durable_node.ts";
import { eventually } from "../support/eventually.ts";
import { failureOf } from "../support/local_cluster.ts";

interface Consensus {
  term: number;
  state: { revision: number; compactedRevision: number };
}

function consensusOf(node: Node): Consensus {
  return node.statusView()["consensus"] as unknown as Consensus;
}

/** The token with which a lock is got now. */
async function token(node: Node): Promise<number> {
  await using lock = await node.lock("job");
  return lock.token;
}

/** How a watch from a revision on ends. */
async function watched(node: Node, fromRevision: number): Promise<string> {
  const watch = node.kv.watch({ prefix: "" }, { fromRevision });
  return (await failureOf(watch.next())).code;
}

Deno.test("a forced cluster goes on far above the revisions and terms that were lost, and again", async () => {
  const all = await durableCluster(3);
  const [first, second, third] = all as [DurableNode, DurableNode, DurableNode];
  // The third misses what the others agree on now.
  await third.die();
  for (let put = 0; put < 20; put++) await first.node.kv.put("colour", put);
  const lostToken = await token(first.node);
  const { term: lostTerm, state } = consensusOf(first.node);
  await Promise.all([first.die(), second.die()]);

  const forced = await third.start({ forceNewCluster: true });
  const given = await token(forced);
  assert(given > lostToken && given > REGAINED_REVISIONS, `${given} after ${lostToken}`);
  assert(given < REGAINED_REVISIONS + 2 * lostToken, `${given} is no single advance`);
  const { term } = consensusOf(forced);
  assert(term > lostTerm && term > REGAINED_TERMS && term < 2 * REGAINED_TERMS, `term ${term}`);
  // Whoever watched what is lost, and whoever watched this very node.
  for (const revision of [state.revision + 1, state.revision - 15, 2]) {
    assertEquals(await watched(forced, revision), "COMPACTED");
  }

  // Forced once more as it is it changes nothing: it is the only voter already.
  await third.die();
  const again = await third.start({ forceNewCluster: true });
  assert(consensusOf(again).state.revision < 2 * REGAINED_REVISIONS);

  // Another majority is lost: it goes on higher once more.
  const others = [new DurableNode(), new DurableNode()];
  const join = [parseAddress(again.address)];
  await Promise.all(others.map((other) => other.start({ join })));
  const voters = () => (again.statusView()["voters"] as string[]).length;
  await eventually("three voters", () => voters() === 3, [again], 10_000);
  const before = consensusOf(again);
  await Promise.all([third, ...others].map((node) => node.die()));
  const twice = await third.start({ forceNewCluster: true });
  assert(await token(twice) > before.state.revision + REGAINED_REVISIONS);
  assert(consensusOf(twice).term > before.term + REGAINED_TERMS);
  for (const node of [first, second, third, ...others]) await node.end();
});

Deno.test("a replica that lives through the forcing has the same state, and its watches end", async () => {
  // Of four one does not vote; forced is a voter, and the fourth keeps its log.
  const all = await durableCluster(4);
  const { node } = all[0] as DurableNode;
  await node.kv.put("colour", "blue");
  const isVoter = (id: string) =>
    ["voter", "master"].includes(node.members.find((member) => member.id === id)?.role ?? "");
  const voters = all.filter((each) => isVoter(each.node.id));
  const [kept, ...lost] = voters as [DurableNode, DurableNode, DurableNode];
  const spare = all.find((each) => !voters.includes(each)) as DurableNode;
  await eventually("it has the state", () => consensusOf(kept.node).state.revision >= 2);
  const spareAddress = spare.node.address;
  await Promise.all([kept, ...lost].map((each) => each.die()));
  const forced = await kept.start({ forceNewCluster: true, join: [parseAddress(spareAddress)] });
  await eventually(
    "the spare is back",
    () => spare.node.master === forced.id,
    [spare.node],
    10_000,
  );
  assertEquals((await spare.node.kv.get("colour"))?.value, "blue");
  assertEquals(await watched(spare.node, 3), "COMPACTED");
  assert(await token(spare.node) > REGAINED_REVISIONS);
  for (const each of [...lost, kept, spare]) await each.end();
});

/** Everything that a node has, as a backup would hold it. */
async function backupOf(node: Node): Promise<{ term: unknown; chunks: Json[] }> {
  const ask = async (body: Record<string, Json>) =>
    await node.call("muster.backup", body, { node: node.id }) as Record<string, Json>;
  const { backup, term } = await ask({ op: "begin" });
  const chunks: Json[] = [];
  for (let part = 0;; part++) {
    const { chunk, last } = await ask({ op: "chunk", backup: backup ?? null, part });
    if (last === true) return { term, chunks };
    chunks.push(chunk ?? null);
  }
}

async function restored(backup: { term: unknown; chunks: Json[] }): Promise<DurableNode> {
  const made = new DurableNode();
  const store = await openDataFolder(made.folder);
  restoreState(store, systemPorts().ids, backup);
  store.close();
  await made.start();
  return made;
}

Deno.test("a restored cluster goes on far above its backup, and one restored of it higher still", async () => {
  const [first] = await durableCluster(1) as [DurableNode];
  await first.node.kv.put("colour", "blue");
  // It held elections: a term that the backup must not fall behind.
  for (let restart = 0; restart < 3; restart++) {
    await first.die();
    await first.start();
    await eventually("it leads", () => first.node.master === first.node.id, [first.node]);
  }
  const backup = await backupOf(first.node);
  for (let put = 0; put < 15; put++) await first.node.kv.put("later", put);
  const lostToken = await token(first.node);
  const { term, state } = consensusOf(first.node);

  const second = await restored(JSON.parse(JSON.stringify(backup)));
  const given = await token(second.node);
  assert(given > lostToken && given > REGAINED_REVISIONS, `${given} after ${lostToken}`);
  const regained = consensusOf(second.node);
  assert(regained.term > term && regained.term > REGAINED_TERMS, `term ${regained.term}`);
  assertEquals((await second.node.kv.get("colour"))?.value, "blue");
  assertEquals(await second.node.kv.get("later"), undefined);
  for (const revision of [2, state.revision + 1]) {
    assertEquals(await watched(second.node, revision), "COMPACTED");
  }

  const third = await restored(await backupOf(second.node));
  assert(await token(third.node) > given + REGAINED_REVISIONS - 10);
  assert(consensusOf(third.node).term > regained.term + REGAINED_TERMS - 10);
  assertEquals((await third.node.kv.get("colour"))?.value, "blue");
  for (const node of [first, second, third]) await node.end();
});

Deno.test("a backup that does not say its term is restored above all that can have been", async () => {
  const [first] = await durableCluster(1) as [DurableNode];
  const { chunks } = await backupOf(first.node);
  const second = await restored({ term: undefined, chunks });
  assert(consensusOf(second.node).term > REGAINED_TERMS);
  // One of a restored cluster knows by its revision how often that was.
  const third = await restored({ term: undefined, chunks: (await backupOf(second.node)).chunks });
  assert(consensusOf(third.node).term > 2 * REGAINED_TERMS);
  for (const node of [first, second, third]) await node.end();
});

Deno.test("what leaves no room for another restore is refused in words", async () => {
  const folder = Deno.makeTempDirSync();
  const store = await openDataFolder(folder);
  const at = (revision: number) => [
    { type: "header", format: 1, index: 1, revision, compactedRevision: revision },
    { type: "end", items: 0 },
  ];
  const { ids } = systemPorts();
  const full = { term: 1, chunks: at(Number.MAX_SAFE_INTEGER - REGAINED_REVISIONS) };
  const late = { term: Number.MAX_SAFE_INTEGER - REGAINED_TERMS, chunks: at(1) };
  for (const backup of [full, late]) {
    const error = await failureOf((async () => await restoreState(store, ids, backup))());
    assertEquals(error.code, "BAD_REQUEST");
    assertStringIncludes(error.message, "leaves no room");
  }
  // Nothing was written meanwhile.
  assertEquals([store.identity(), store.load()], [undefined, undefined]);
  store.persist({
    vote: { term: Number.MAX_SAFE_INTEGER - REGAINED_TERMS, votedFor: null },
    snapshot: { index: 0, term: 0, config: { voters: ["a", "b"], learners: [] } },
  });
  const error = await failureOf((async () => await forceNewCluster(store, "a"))());
  assertStringIncludes(error.message, "leaves no room");
  store.close();
  Deno.removeSync(folder, { recursive: true });
});

Deno.test("no client and no member can have the state advance or expire", async () => {
  const [only] = await durableCluster(1) as [DurableNode];
  for (const type of ["advance", "expire"]) {
    const command = { type, revisions: 5 } as never;
    assertEquals((await failureOf(only.node.kv.apply(command))).code, "BAD_REQUEST");
    const served = only.node.call("muster.kv", { op: "apply", command }, { node: only.node.id });
    assertEquals((await failureOf(served)).code, "BAD_REQUEST");
  }
  assertEquals(consensusOf(only.node).state.revision, 1);
  await only.end();
});
