import { assert, assertEquals } from "@std/assert";
import { Cluster } from "./cluster.ts";

Deno.test("what a deposed leader's log lost may be committed all the same: its outcome is unknown", () => {
  const voters = ["n1", "n2", "n3", "n4", "n5"];
  const cluster = new Cluster({ voters });
  assert(cluster.until(() => cluster.leader !== undefined));
  cluster.run(500);
  const old = cluster.leader!.id;
  const [keeper, ...rest] = voters.filter((id) => id !== old) as [string, ...string[]];
  const cut = (from: string, to: readonly string[]) => {
    for (const one of to) cluster.cuts.cut(from, one);
  };
  // Only the keeper gets the entry; then nobody hears either of them any more.
  cut(old, rest);
  const request = cluster.propose(old, "lost");
  cluster.run(10);
  cut(old, [keeper]);
  cut(keeper, voters);
  // Of the rest one is elected, and then heard by the old leader alone.
  const candidate = () => rest.find((id) => cluster.node(id).machine.status().role === "candidate");
  assert(cluster.until(() => candidate() !== undefined, 5_000));
  const usurper = candidate()!;
  cut(usurper, voters.filter((id) => id !== old));
  assert(cluster.until(() => cluster.node(usurper).machine.isLeader, 100));
  cluster.run(10);
  const failed = cluster.node(old).effects.filter((effect) => effect.type === "failed");
  assertEquals(failed.map((effect) => effect.request), [request]);
  // Both are gone: the keeper leads what is left, and commits what it kept.
  cluster.crash(old);
  cluster.crash(usurper);
  cluster.heal();
  assert(cluster.until(() => cluster.leader?.id === keeper, 5_000));
  cluster.run(500);
  assert(cluster.node(keeper).applied.some(({ data }) => data === "lost"));
});
