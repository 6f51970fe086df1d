import { assert, assertEquals } from "@std/assert";
import { Consensus, type ConsensusEffect } from "../../../lib/consensus/raft/mod.ts";
import { SeededRandom } from "../../../lib/core/mod.ts";
import { Cluster, type ClusterNode } from "./cluster.ts";
import { THREE, TIMING } from "./single_machine.ts";

const TRAILING = 3;

/** Three voters with a leader, and a log that begins. */
function working(): { cluster: Cluster; leader: ClusterNode } {
  const cluster = new Cluster({ voters: THREE, others: ["n4"], trailingEntries: TRAILING });
  assert(cluster.until(() => cluster.leader !== undefined, 10_000), "nobody was elected");
  const leader = cluster.leader as ClusterNode;
  write(cluster, leader, 8);
  return { cluster, leader };
}

function write(cluster: Cluster, leader: ClusterNode, count: number): void {
  for (let i = 0; i < count; i++) cluster.propose(leader.id, `v${i}`);
  cluster.run(50);
}

/** The shell of a node is done with the state of an index. */
function taken(cluster: Cluster, { id }: ClusterNode, index: number) {
  const effects = cluster.give(id, { type: "snapshot-taken", index });
  return effects.find((effect) => effect.type === "compact") as
    | Extract<ConsensusEffect, { type: "compact" }>
    | undefined;
}

Deno.test("a snapshot stands for term and configuration at its index, whatever was applied since", () => {
  const { cluster, leader } = working();
  const { appliedIndex: index, term, config } = leader.machine.status();
  const change = { type: "add-learner" as const, node: "n4" };
  cluster.give(leader.id, { type: "change", request: 1_000, change });
  cluster.run(50);
  const heir = cluster.node(THREE.find((id) => id !== leader.id) as string);
  cluster.give(leader.id, { type: "transfer", request: 1_001, to: heir.id });
  assert(cluster.until(() => heir.machine.isLeader), "the heir does not lead");
  write(cluster, heir, 8);
  const before = heir.machine.status();
  assert(before.term > term && before.appliedIndex > index + 8);

  const compact = taken(cluster, heir, index);
  assertEquals(compact?.snapshot, { index, term, config });
  assertEquals(compact?.through, index - TRAILING);
  const after = heir.machine.status();
  assertEquals(after.firstIndex, index - TRAILING + 1);
  assertEquals([after.lastIndex, after.config.learners], [before.lastIndex, ["n4"]]);
});

Deno.test("a restart from a snapshot of a while ago has all that was applied since", () => {
  const { cluster, leader } = working();
  const index = leader.machine.status().appliedIndex;
  const change = { type: "add-learner" as const, node: "n4" };
  cluster.give(leader.id, { type: "change", request: 1_000, change });
  write(cluster, leader, 8);
  const compact = taken(cluster, leader, index);
  const { term, lastIndex, config } = leader.machine.status();
  const persisted = leader.effects.flatMap((effect) =>
    effect.type === "persist" ? effect.entries ?? [] : []
  );
  const entries = persisted.filter((entry) => entry.index > (compact?.through ?? 0));
  const machine = new Consensus({
    id: leader.id,
    random: new SeededRandom(1),
    timing: TIMING,
    restored: { term, votedFor: null, snapshot: compact!.snapshot, entries },
  });
  const again = machine.status();
  assertEquals([again.lastIndex, again.config, again.appliedIndex], [lastIndex, config, index]);
});

Deno.test("a node that the snapshot is sent to gets the entries behind it, too", () => {
  const { cluster, leader } = working();
  const index = leader.machine.status().appliedIndex;
  write(cluster, leader, 8);
  taken(cluster, leader, index);
  const change = { type: "add-learner" as const, node: "n4" };
  cluster.give(leader.id, { type: "change", request: 1_000, change });
  cluster.run(500);
  const joined = cluster.node("n4");
  const installed = joined.effects.find((effect) => effect.type === "install");
  assertEquals(installed?.type === "install" && installed.snapshot.index, index);
  assertEquals(joined.applied[0]?.index, index + 1);
  assertEquals(joined.machine.status().appliedIndex, leader.machine.status().appliedIndex);
});

Deno.test("the next snapshot is due so many entries and bytes behind the index of the last", () => {
  const { cluster, leader } = working();
  const { machine } = leader;
  const index = machine.status().appliedIndex;
  cluster.propose(leader.id, "x".repeat(10_000));
  write(cluster, leader, 4);
  assert(taken(cluster, leader, index) !== undefined);
  assertEquals([5, 6].map((entries) => machine.isSnapshotDue(entries, Infinity)), [true, false]);
  assertEquals([10_000, 20_000].map((bytes) => machine.isSnapshotDue(Infinity, bytes)), [
    true,
    false,
  ]);
  assert(taken(cluster, leader, machine.status().appliedIndex) !== undefined);
  assertEquals(machine.isSnapshotDue(Infinity, 1), false);
});

Deno.test("a snapshot of what is not applied, or older than the latest, counts for nothing", () => {
  const { cluster, leader } = working();
  const { appliedIndex } = leader.machine.status();
  assertEquals(taken(cluster, leader, appliedIndex + 1), undefined);
  assert(taken(cluster, leader, appliedIndex) !== undefined);
  for (const index of [appliedIndex, appliedIndex - 1]) {
    assertEquals(taken(cluster, leader, index), undefined);
  }
  assertEquals(leader.machine.status().snapshot?.index, appliedIndex);
});

Deno.test("a snapshot that an installed one overtook counts for nothing", () => {
  const { cluster, leader } = working();
  const slow = cluster.node(THREE.find((id) => id !== leader.id) as string);
  const { appliedIndex: index } = slow.machine.status();
  cluster.isolate(slow.id);
  write(cluster, leader, 8);
  assert(taken(cluster, leader, leader.machine.status().appliedIndex) !== undefined);
  cluster.heal();
  const isInstalled = () => slow.effects.some(({ type }) => type === "install");
  assert(cluster.until(isInstalled, 10_000), "nothing was installed");
  const { snapshot, firstIndex } = slow.machine.status();
  assertEquals(taken(cluster, slow, index), undefined);
  assertEquals(slow.machine.status().snapshot, snapshot);
  assertEquals(slow.machine.status().firstIndex, firstIndex);
});
