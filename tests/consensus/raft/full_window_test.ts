import { assert, assertEquals } from "@std/assert";
import { APPENDS_IN_FLIGHT } from "../../../lib/consensus/raft/limits.ts";
import { Cluster, type ClusterNode } from "./cluster.ts";
import { THREE } from "./single_machine.ts";

/** Within a heartbeat and some round trips. */
const CAUGHT_UP_MS = 1_000;

/**
 * A leader whose window to one follower is full of what was lost, and that follower, which can be
 * reached again. The link between them broke unnoticed, as one does that this side closed itself.
 *
 * @param isCompacted whether what was lost is in the log no more.
 */
function starved(isCompacted: boolean): { cluster: Cluster; leader: ClusterNode; lost: string } {
  const cluster = new Cluster({ voters: THREE, trailingEntries: 0 });
  assert(cluster.until(() => cluster.leader !== undefined, 10_000), "nobody was elected");
  cluster.run(500);
  const leader = cluster.leader as ClusterNode;
  const lost = THREE.find((id) => id !== leader.id) as string;
  cluster.isolate(lost);
  // More than the window takes, and so soon that nobody asks for another election.
  for (let at = 0; at < APPENDS_IN_FLIGHT + 10; at++) cluster.propose(leader.id, `v${at}`);
  cluster.run(50);
  const { commitIndex: index, lastIndex } = leader.machine.status();
  assertEquals(index, lastIndex);
  cluster.heal();
  if (isCompacted) cluster.give(leader.id, { type: "snapshot-taken", index });
  return { cluster, leader, lost };
}

function isCaughtUp(cluster: Cluster, { machine }: ClusterNode, id: string): boolean {
  return cluster.node(id).machine.status().commitIndex === machine.status().commitIndex;
}

for (const isCompacted of [false, true]) {
  const where = isCompacted ? "and of which the log has nothing left" : "which the log still has";
  Deno.test(`a follower catches up whose window is full of what was lost, ${where}`, () => {
    const { cluster, leader, lost } = starved(isCompacted);
    assert(
      cluster.until(() => isCaughtUp(cluster, leader, lost), CAUGHT_UP_MS),
      JSON.stringify(leader.machine.status().progress[lost]),
    );
    assertEquals(leader.machine.status().term, cluster.node(lost).machine.status().term);
  });
}

Deno.test("over a new link nothing counts as under way: what is new is sent with what was lost", () => {
  const { cluster, leader, lost } = starved(false);
  cluster.give(leader.id, { type: "link-made", node: lost });
  assertEquals(leader.machine.status().progress[lost]?.state, "probe");
  assert(cluster.until(() => isCaughtUp(cluster, leader, lost), 10), "a heartbeat was waited for");
});
