import { assert, assertEquals } from "@std/assert";
import { Cluster } from "./cluster.ts";
import { idOf } from "./records.ts";

const SECONDS = 60;

/** Two members refuse each other's dials. */
function refuse(cluster: Cluster, a: number, b: number): void {
  cluster.cuts.refuse(a, b);
  cluster.cuts.refuse(b, a);
}

function changes(cluster: Cluster): number {
  return cluster.processes.reduce((sum, { events }) => sum + events.length, 0);
}

function deaths(cluster: Cluster): number {
  return cluster.processes.flatMap(({ events }) => events)
    .filter(({ event }) => event.type === "dead").length;
}

function toldOutOfReach(cluster: Cluster): number {
  return cluster.processes.flatMap(({ effects }) => effects)
    .filter((effect) => effect.type === "reach" && effect.isTold).length;
}

for (const count of [3, 5, 9]) {
  Deno.test(`of ${count} members two that refuse each other end in peace, and say so once`, () => {
    for (let seed = 1; seed <= 5; seed++) {
      const cluster = Cluster.of(count, seed);
      cluster.run(2_000);
      const before = changes(cluster);
      refuse(cluster, 2, 3);
      cluster.run(5_000);
      // Each of the two accuses the other once, and the others hear it twice: suspect, alive.
      assert(changes(cluster) - before <= 4 * count, `${changes(cluster) - before} changes`);
      const settled = changes(cluster);
      cluster.run(SECONDS * 1_000);
      assertEquals(changes(cluster), settled);
      assertEquals(deaths(cluster), 0);
      assertEquals(toldOutOfReach(cluster), 2);
      assertEquals(cluster.process(2).machine.member(idOf(3))?.isOutOfReach, true);
      assertEquals(cluster.process(1).machine.member(idOf(3))?.isOutOfReach, false);
      assert(cluster.isWhole());
    }
  });
}

Deno.test("who refuses one way only is out of reach that way, and heard the other way", () => {
  const cluster = Cluster.of(3);
  cluster.cuts.refuse(2, 3);
  cluster.run(SECONDS * 1_000);
  assertEquals(deaths(cluster), 0);
  // What each heard of the other lets it try again, once a period.
  const { length } = cluster.process(1).events;
  assert(length <= 4 * SECONDS + 10, `${length} changes`);
});

Deno.test("a way that refused serves again when it is mended", () => {
  const cluster = Cluster.of(4);
  refuse(cluster, 2, 3);
  cluster.run(10_000);
  cluster.cuts.heal();
  cluster.run(5_000);
  assertEquals(cluster.process(2).machine.member(idOf(3))?.isOutOfReach, false);
  assert(cluster.isWhole());
});

Deno.test("a member killed behind a way that refuses is known dead as quickly as another", () => {
  for (let seed = 1; seed <= 10; seed++) {
    const cluster = Cluster.of(3, seed);
    refuse(cluster, 2, 3);
    cluster.run(10_000);
    cluster.kill(3);
    const tookMs = cluster.runUntil(() => cluster.isSeenBy("dead", 3), 5_000);
    assert(tookMs !== undefined && tookMs <= 1_000, `seed ${seed}: ${tookMs} ms`);
  }
});

Deno.test("of a member that says that nobody can dial it, refusals are no evidence", () => {
  const cluster = Cluster.of(4);
  cluster.input(cluster.process(3), { type: "describe", isUndialable: true });
  cluster.run(500);
  assert(cluster.processes.every(({ machine }) => machine.member(idOf(3))?.isUndialable));
  for (const observer of [1, 2, 4].map((n) => cluster.process(n))) {
    for (let times = 0; times < 5; times++) {
      cluster.input(observer, { type: "unreachable", node: idOf(3), kind: "refused" });
    }
  }
  cluster.run(20_000);
  assertEquals(deaths(cluster), 0);
  cluster.input(cluster.process(3), { type: "describe", isUndialable: false });
  cluster.run(500);
  assert(cluster.processes.every(({ machine }) => !machine.member(idOf(3))?.isUndialable));
});
