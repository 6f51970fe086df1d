import { assert, assertEquals } from "@std/assert";
import { PROFILES } from "../../../lib/membership/swim/mod.ts";
import { Cluster } from "./cluster.ts";
import { idOf } from "./records.ts";

function deaths(cluster: Cluster): number {
  return cluster.processes.flatMap(({ events }) => events)
    .filter(({ event }) => event.type === "dead").length;
}

function assertWithin(took: number | undefined, limit: number): void {
  assert(took !== undefined && took <= limit, `took ${took} ms, not ${limit}`);
}

Deno.test("nodes that join one after another all see each other", () => {
  const cluster = new Cluster(3);
  for (let n = 1; n <= 10; n++) {
    cluster.join(n);
    assertWithin(cluster.runUntil(() => cluster.isWhole(), 1_000), 200);
  }
});

Deno.test("an idle cluster sends a probe and an ack a period, and hardly anything else", () => {
  for (const count of [3, 10, 30]) {
    const cluster = Cluster.of(count);
    cluster.run(10_000);
    const before = cluster.messageCount;
    cluster.run(20_000);
    const perMemberPerPeriod = (cluster.messageCount - before) / count / 40;
    assert(perMemberPerPeriod < 2.5, `${perMemberPerPeriod} messages with ${count} members`);
  }
});

Deno.test("a killed process is known dead everywhere within half a second", () => {
  for (const count of [2, 3, 5, 10]) {
    for (let seed = 1; seed <= 5; seed++) {
      const cluster = Cluster.of(count, seed);
      cluster.kill(2);
      assertWithin(cluster.runUntil(() => cluster.isSeenBy("dead", 2), 5_000), 500);
    }
  }
});

Deno.test("a killed process is known dead within half a second when messages take 50 ms", () => {
  const cluster = Cluster.of(5);
  cluster.conditions.latencyMs = 50;
  cluster.kill(2);
  assertWithin(cluster.runUntil(() => cluster.isSeenBy("dead", 2), 5_000), 500);
});

Deno.test("several processes killed at once are all known dead within a second", () => {
  for (const killed of [[2, 3], [2, 3, 4], [1, 2, 3, 4]]) {
    const cluster = Cluster.of(5);
    for (const n of killed) cluster.kill(n);
    const isDone = () => killed.every((n) => cluster.isSeenBy("dead", n));
    assertWithin(cluster.runUntil(isDone, 20_000), 1_000);
  }
});

Deno.test("a stop of one second is never fatal", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const cluster = Cluster.of(5, seed);
    cluster.run(seed * 97);
    cluster.stop(3);
    cluster.run(1_000);
    cluster.resume(3);
    cluster.run(10_000);
    assertEquals(deaths(cluster), 0);
    assert(cluster.isWhole());
  }
});

Deno.test("a stop of ten seconds is death, after suspicion, and the stopped comes back by itself", () => {
  for (let seed = 1; seed <= 10; seed++) {
    const cluster = Cluster.of(5, seed);
    cluster.run(seed * 97);
    cluster.stop(3);
    assertWithin(cluster.runUntil(() => cluster.isSeenBy("dead", 3), 10_000), 10_000);
    cluster.run(5_000);
    cluster.resume(3);
    assertWithin(cluster.runUntil(() => cluster.isWhole(), 10_000), 2_000);
    for (const { id, events } of cluster.processes) {
      if (id === idOf(3)) continue;
      const types = events.filter(({ event }) => event.member.id === idOf(3))
        .map(({ event }) => event.type);
      assertEquals(types.slice(-3), ["suspect", "dead", "alive"]);
    }
  }
});

Deno.test("both sides of a partition come together within five seconds of its end", () => {
  for (let seed = 1; seed <= 10; seed++) {
    for (const duration of [1_000, 3_000, 10_000, 60_000]) {
      const cluster = Cluster.of(5, seed);
      cluster.cuts.partition([[1, 2], [3, 4, 5]]);
      cluster.run(duration);
      cluster.cuts.heal();
      assertWithin(cluster.runUntil(() => cluster.isWhole(), 10_000), 5_000);
      cluster.run(5_000);
      assert(cluster.isWhole(), "it fell apart again");
    }
  }
});

Deno.test("a partition that cuts one node off for a minute heals on every side", () => {
  const cluster = Cluster.of(7, 4);
  cluster.cuts.partition([[7], [1, 2, 3, 4, 5, 6]]);
  cluster.run(60_000);
  assert(
    cluster.processes.slice(0, 6).every(({ machine }) => machine.member(idOf(7))?.state === "dead"),
  );
  cluster.cuts.heal();
  assertWithin(cluster.runUntil(() => cluster.isWhole(), 10_000), 5_000);
});

Deno.test("when only one cannot reach one, the others' answers keep it from death", () => {
  for (let seed = 1; seed <= 5; seed++) {
    const cluster = Cluster.of(5, seed);
    cluster.cuts.cut(1, 2);
    cluster.cuts.cut(2, 1);
    cluster.run(60_000);
    assertEquals(deaths(cluster), 0);
  }
});

Deno.test("a fifth of all messages lost kills nobody", () => {
  for (let seed = 1; seed <= 5; seed++) {
    const cluster = Cluster.of(8, seed);
    cluster.conditions.loss = 0.2;
    cluster.run(60_000);
    assertEquals(deaths(cluster), 0);
  }
});

Deno.test("Lifeguard keeps members from dying that plain SWIM kills under loss", () => {
  const count = (hasLifeguard: boolean) => {
    let sum = 0;
    for (let seed = 1; seed <= 3; seed++) {
      const cluster = new Cluster(seed, PROFILES.lan, hasLifeguard);
      for (let n = 1; n <= 8; n++) cluster.join(n);
      cluster.run(2_000);
      cluster.conditions.loss = 0.25;
      cluster.run(30_000);
      sum += deaths(cluster);
    }
    return sum;
  };
  const without = count(false);
  assert(without > 20, `only ${without} without: nothing is compared`);
  assert(count(true) * 10 < without);
});

Deno.test("a graceful leave is seen by every member every time", () => {
  for (let seed = 1; seed <= 50; seed++) {
    const cluster = Cluster.of(5, seed);
    cluster.run(seed * 31);
    if (seed % 2 === 0) cluster.conditions.loss = 0.1;
    cluster.input(cluster.process(3), { type: "leave" });
    assertWithin(cluster.runUntil(() => cluster.isSeenBy("left", 3), 5_000), 500);
    cluster.run(3_000);
    assert(cluster.isSeenBy("left", 3), "what followed spoiled the leave");
    assertEquals(cluster.process(3).effects.filter(({ type }) => type === "left").length, 1);
  }
});

Deno.test("all that leave at once are gone as soon as each has heard of the others", () => {
  const cluster = Cluster.of(30);
  for (const process of cluster.processes) cluster.input(process, { type: "leave" });
  const areGone = () => cluster.processes.every(({ isDead }) => isDead);
  assertWithin(cluster.runUntil(areGone, 5_000), 10);
});

Deno.test("when half of a large cluster leave at once, whoever stays sees all of them leave", () => {
  for (let seed = 1; seed <= 2; seed++) {
    const cluster = Cluster.of(80, seed);
    const leavers = Array.from({ length: 40 }, (_, index) => index * 2 + 1);
    for (const n of leavers) cluster.input(cluster.process(n), { type: "leave" });
    cluster.run(3_000);
    for (const n of leavers) {
      assert(cluster.isSeenBy("left", n), `${n}: ${cluster.views(n).join()}`);
    }
  }
});

Deno.test("a removed member is out everywhere, and stops", () => {
  const cluster = Cluster.of(5);
  cluster.input(cluster.process(1), { type: "remove", node: idOf(4) });
  const isOut = () => cluster.isSeenBy("left", 4) && cluster.process(4).isDead;
  assertWithin(cluster.runUntil(isOut, 5_000), 500);
  const out = cluster.process(4).effects.find((effect) => effect.type === "forced-out");
  assertEquals(out?.code, "REMOVED");
});

Deno.test("a member that was removed while it was stopped stops when it resumes", () => {
  const cluster = Cluster.of(5);
  cluster.stop(4);
  cluster.run(8_000);
  cluster.input(cluster.process(1), { type: "remove", node: idOf(4) });
  cluster.run(20_000);
  cluster.resume(4);
  cluster.run(3_000);
  assertEquals(cluster.process(4).state, "killed");
  assert(cluster.isSeenBy("left", 4));
});

Deno.test("new metadata is seen by all within a fifth of a second", () => {
  const cluster = Cluster.of(10);
  cluster.input(cluster.process(3), { type: "describe", tags: { zone: "x" } });
  const isSeen = () =>
    cluster.processes.every(({ machine }) => machine.member(idOf(3))?.tags.zone === "x");
  assertWithin(cluster.runUntil(isSeen, 5_000), 200);
});

Deno.test("a node started anew at its address replaces its dead self", () => {
  const cluster = Cluster.of(4);
  cluster.kill(2);
  cluster.run(1_000);
  const { address, name } = cluster.process(2).machine.self();
  const host = cluster.process(1);
  const anew = cluster.join(20, { address, name });
  assert(host.machine.admission(anew.machine.selfRecord()).ok);
  const isSeen = () =>
    cluster.isSeenBy("alive", 20) && cluster.isSeenBy("dead", 2) &&
    host.machine.memberByName(name)?.id === idOf(20);
  assertWithin(cluster.runUntil(isSeen, 5_000), 200);
});

Deno.test("a hundred joins and leaves leave nothing behind but bounded records", () => {
  const cluster = Cluster.of(3);
  for (let n = 100; n < 200; n++) {
    cluster.join(n);
    assertWithin(cluster.runUntil(() => cluster.isWhole(), 1_000), 200);
    cluster.input(cluster.process(n), { type: "leave" });
    assertWithin(cluster.runUntil(() => cluster.isSeenBy("left", n), 1_000), 500);
    cluster.processes.splice(cluster.processes.indexOf(cluster.process(n)), 1);
  }
  for (const { machine } of cluster.processes) {
    assertEquals(machine.alive().length, 3);
    assertEquals(machine.members().length, 103);
  }
});

Deno.test("a cluster of a hundred, past the links to all, hears of joins, leaves and deaths", () => {
  const cluster = Cluster.of(100);
  assert(cluster.isWhole());
  cluster.kill(20);
  assertWithin(cluster.runUntil(() => cluster.isSeenBy("dead", 20), 5_000), 1_000);
  cluster.input(cluster.process(30), { type: "leave" });
  assertWithin(cluster.runUntil(() => cluster.isSeenBy("left", 30), 5_000), 1_500);
});

Deno.test("the same seed gives the same run", () => {
  const run = () => {
    const cluster = Cluster.of(6, 9);
    cluster.conditions.loss = 0.3;
    cluster.kill(2);
    cluster.run(20_000);
    return [cluster.messageCount, cluster.processes.map(({ machine }) => machine.counters())];
  };
  assertEquals(run(), run());
});
