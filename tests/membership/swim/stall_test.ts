import { assert, assertEquals } from "@std/assert";
import { PROFILES } from "../../../lib/membership/swim/mod.ts";
import { Suspicion } from "../../../lib/membership/swim/suspicion.ts";
import { Cluster } from "./cluster.ts";
import { idOf } from "./records.ts";
import { STALL_MAX_MS } from "../../../lib/membership/swim/limits.ts";

Deno.test("who finds that it was stopped says so, and what it says next says nothing of it", () => {
  const cluster = Cluster.of(5);
  cluster.stop(3);
  cluster.run(3_000);
  cluster.resume(3);
  const own = () => cluster.process(3).machine.selfRecord();
  const { stalledMs, incarnation } = own();
  assert(stalledMs !== undefined && stalledMs > 2_000 && stalledMs <= 3_000, `${stalledMs} ms`);
  cluster.run(200);
  assert(cluster.isSeenBy("alive", 3));
  for (const { machine } of cluster.processes) {
    assert((machine.member(idOf(3))?.incarnation ?? 0) >= incarnation);
  }
  cluster.input(cluster.process(3), { type: "describe", tags: { a: "b" } });
  assertEquals(own().stalledMs, undefined);
});

Deno.test("a pause that is nothing to speak of is not spoken of", () => {
  const cluster = Cluster.of(5);
  cluster.stop(3);
  cluster.run(900);
  cluster.resume(3);
  assertEquals(cluster.process(3).machine.selfRecord().stalledMs, undefined);
});

Deno.test("a suspicion lasts longer by what its member was stopped for", () => {
  const [usual, patient] = [0, 3_000].map((stalledMs) =>
    new Suspicion(0, 1, PROFILES.lan, 5, undefined, stalledMs)
  );
  assert(usual !== undefined && patient !== undefined);
  assertEquals(patient.minMs - usual.minMs, 3_000);
  assertEquals(patient.maxMs - usual.maxMs, 3_000);
});

Deno.test("a member that was stopped once is borne with the next time, for a minute and not for ever", () => {
  const deadAfter = (calmMs: number) => {
    const cluster = Cluster.of(5);
    cluster.stop(3);
    cluster.run(1_900);
    cluster.resume(3);
    cluster.run(calmMs);
    cluster.stop(3);
    return cluster.runUntil(() => cluster.isSeenBy("dead", 3), 60_000) ?? Infinity;
  };
  assert(deadAfter(1_000) - deadAfter(70_000) > 1_000);
  assert(deadAfter(70_000) < 8_000);
});

Deno.test("of a stall no more is believed than the limit", () => {
  const cluster = Cluster.of(3);
  cluster.stop(3);
  cluster.run(10 * STALL_MAX_MS);
  cluster.resume(3);
  assertEquals(cluster.process(3).machine.selfRecord().stalledMs, STALL_MAX_MS);
});

Deno.test("a newcomer is not probed before two periods have passed, and a crash of it is seen all the same", () => {
  for (let seed = 1; seed <= 10; seed++) {
    const cluster = Cluster.of(3, seed);
    cluster.join(4);
    const joinedAt = cluster.now;
    let firstAt = Infinity;
    const look = () => {
      for (const { effects, id } of cluster.processes) {
        const isProbe = effects.splice(0).some((effect) =>
          effect.type === "send" && effect.to === idOf(4) && effect.message.type === "probe"
        );
        if (isProbe && id !== idOf(4)) firstAt = Math.min(firstAt, cluster.now);
      }
      return firstAt < Infinity;
    };
    cluster.runUntil(look, 10_000);
    assert(
      firstAt - joinedAt >= 2 * PROFILES.lan.probeIntervalMs,
      `after ${firstAt - joinedAt} ms`,
    );
    cluster.join(5);
    cluster.run(100);
    cluster.kill(5);
    const tookMs = cluster.runUntil(() => cluster.isSeenBy("dead", 5), 5_000);
    assert(tookMs !== undefined && tookMs <= 500, `dead after ${tookMs} ms`);
  }
});
