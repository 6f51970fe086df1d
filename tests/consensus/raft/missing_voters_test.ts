import { assertEquals } from "@std/assert";
import type { ConsensusEffect } from "../../../lib/consensus/raft/mod.ts";
import { Cluster } from "./cluster.ts";
import { machineOf } from "./single_machine.ts";

/** The answer to a request that could not be served: its code, and who was missing. */
function refusalsOf(effects: readonly ConsensusEffect[]): [code: string, missing: string[]][] {
  return effects.flatMap((effect): [string, string[]][] =>
    effect.type === "refused" || effect.type === "read-failed"
      ? [[effect.code, effect.missing.toSorted()]]
      : []
  );
}

Deno.test("a master that loses half of its voters says who is missing, and not that another leads", () => {
  const cluster = new Cluster({ voters: ["n1", "n2", "n3", "n4"] });
  cluster.until(() => cluster.leader !== undefined);
  cluster.run(500);
  const leader = cluster.leader!;
  const gone = [...cluster.nodes.keys()].filter((id) => id !== leader.id).slice(0, 2);
  for (const id of gone) cluster.node(id).isUp = false;
  // Its heartbeats go unanswered, so the read waits until it steps down.
  cluster.run(300);
  cluster.give(leader.id, { type: "read", request: cluster.nextRequest() });
  cluster.until(() => !leader.machine.isLeader);
  assertEquals(refusalsOf(leader.effects), [["NO_QUORUM", gone.toSorted()]]);
});

Deno.test("a learner that knows no master says that there is no quorum, and a stranger that it is none", () => {
  const table: [config: { voters: string[]; learners: string[] }, code: string][] = [
    [{ voters: ["n2", "n3"], learners: ["n1"] }, "NO_QUORUM"],
    [{ voters: ["n1", "n2", "n3"], learners: [] }, "NO_QUORUM"],
    [{ voters: ["n2", "n3"], learners: [] }, "NOT_MASTER"],
  ];
  for (const [config, code] of table) {
    const machine = machineOf([], { ...config, term: 1 });
    machine.handle(0, { type: "tick" });
    const read = machine.handle(1, { type: "read", request: 1 });
    const put = machine.handle(1, { type: "propose", proposals: [{ request: 2, data: "x" }] });
    assertEquals([read, put].map((effects) => refusalsOf(effects)[0]?.[0]), [code, code]);
  }
});
