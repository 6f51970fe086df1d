import { assert, assertEquals } from "@std/assert";
import { parseConsensusMessage } from "../../../lib/consensus/raft/mod.ts";
import { Cluster } from "./cluster.ts";

const VOTERS = ["n1", "n2", "n3"];

/** A cluster with a leader that knows the table `tally`, as those do that are named. */
function clusterOf(knowing: readonly string[], others: readonly string[] = []): Cluster {
  const tables = Object.fromEntries(knowing.map((id) => [id, ["tally"]]));
  const cluster = new Cluster({ voters: VOTERS, others: [...others], tables });
  assert(cluster.until(() => cluster.leader !== undefined));
  cluster.run(500);
  const { leader } = cluster;
  assert(leader !== undefined);
  if (!knowing.includes(leader.id)) {
    cluster.give(leader.id, { type: "transfer", request: cluster.nextRequest(), to: "n1" });
    assert(cluster.until(() => cluster.leader?.id === "n1", 5_000));
    cluster.run(500);
  }
  return cluster;
}

/** Proposes a command of the table; resolves to why it was refused, or to nothing. */
function propose(
  cluster: Cluster,
  isTableUsed = false,
): { code: string; missing: string[] } | undefined {
  const { id } = cluster.leader!;
  const request = cluster.nextRequest();
  const proposal = { request, data: "add", table: "tally", isTableUsed };
  const effects = cluster.give(id, { type: "propose", proposals: [proposal] });
  const refused = effects.find((effect) => effect.type === "refused");
  return refused && { code: refused.code, missing: refused.missing };
}

function appliedAt(cluster: Cluster, id: string): (string | undefined)[] {
  return cluster.node(id).applied.filter(({ data }) => data === "add").map(({ table }) => table);
}

Deno.test("a command of a further table is proposed once every node has said that it knows it", () => {
  const cluster = clusterOf(VOTERS);
  assertEquals(propose(cluster), undefined);
  cluster.run(500);
  for (const id of VOTERS) assertEquals(appliedAt(cluster, id), ["tally"]);
});

Deno.test("a voter that does not know the table keeps its commands out of the log", () => {
  const cluster = clusterOf(["n1", "n2"]);
  assertEquals(propose(cluster), { code: "NOT_READY", missing: ["n3"] });
  // Commands of the first four go on, and name no table.
  cluster.propose(cluster.leader!.id, "add");
  cluster.run(500);
  for (const id of VOTERS) assertEquals(appliedAt(cluster, id), [undefined]);
});

Deno.test("a learner that does not know the table keeps its commands out of the log, too", () => {
  const cluster = clusterOf(VOTERS, ["n4"]);
  const change = { type: "add-learner", node: "n4" } as const;
  cluster.give(cluster.leader!.id, { type: "change", request: cluster.nextRequest(), change });
  // Also before it can have answered: the configuration counts from when it is in the log.
  assertEquals(propose(cluster), { code: "NOT_READY", missing: ["n4"] });
  cluster.run(2_000);
  assertEquals(propose(cluster), { code: "NOT_READY", missing: ["n4"] });
});

Deno.test("who has not answered this leader yet has said nothing, until it does", () => {
  const cluster = clusterOf(VOTERS);
  const [away] = VOTERS.filter((id) => id !== cluster.leader!.id) as [string];
  cluster.give(cluster.leader!.id, { type: "link-broken", node: away });
  assertEquals(propose(cluster), { code: "NOT_READY", missing: [away] });
  assert(cluster.until(() => propose(cluster) === undefined, 1_000));
});

Deno.test("a table of which a command was applied is asked of nobody any more", () => {
  const cluster = clusterOf(VOTERS);
  cluster.crash(VOTERS.find((id) => id !== cluster.leader!.id)!);
  cluster.run(100);
  assertEquals(propose(cluster)?.code, "NOT_READY");
  assertEquals(propose(cluster, true), undefined);
});

Deno.test("who knows no further table says nothing of it, and who does says it once a round", () => {
  for (const [knowing, most] of [[[], 0], [VOTERS, 2]] as const) {
    const cluster = new Cluster({
      voters: VOTERS,
      tables: Object.fromEntries(knowing.map((id) => [id, ["tally"]])),
    });
    assert(cluster.until(() => cluster.leader !== undefined));
    cluster.run(500);
    const told: (readonly string[])[] = [];
    cluster.watch = (_node, _input, effects) => {
      for (const effect of effects) {
        if (effect.type !== "send" || effect.message.type !== "appended") continue;
        if (effect.message.tables !== undefined) told.push(effect.message.tables);
      }
    };
    // One heartbeat is among all these answers.
    for (let i = 0; i < 100; i++) {
      cluster.propose(cluster.leader!.id, `${i}`);
      cluster.run(1);
    }
    assert(told.length <= most, `${told.length}`);
    cluster.run(200);
    assertEquals(told.length > 0, most > 0);
  }
});

Deno.test("tables that are no list of names are refused", () => {
  const appended = { type: "appended", term: 1, ok: true, index: 1, hintIndex: 0, hintTerm: 0 };
  const parse = (tables: unknown) =>
    parseConsensusMessage({ ...appended, round: 1, sentAt: 1, tables }).ok;
  for (const wrong of ["tally", [""], [5], ["x".repeat(65)], Array(65).fill("a"), {}, null]) {
    assert(!parse(wrong), JSON.stringify(wrong));
  }
  for (const right of [undefined, [], ["tally"]]) assert(parse(right));
  const entry = { index: 1, term: 1, type: "command", data: 1 };
  const append = { type: "append", term: 1, previousIndex: 0, previousTerm: 0, commit: 0 };
  const parseEntry = (other: object) =>
    parseConsensusMessage({ ...append, round: 1, sentAt: 1, entries: [{ ...entry, ...other }] }).ok;
  for (const wrong of [{ table: "" }, { table: 5 }, { table: "a", type: "noop" }]) {
    assert(!parseEntry(wrong), JSON.stringify(wrong));
  }
  for (const right of [{}, { table: "tally" }]) assert(parseEntry(right));
});
