import { assertEquals } from "@std/assert";
import { LEASE_STEP_MS } from "../../../lib/core/mod.ts";
import { EXPIRE_BATCH, EXPIRE_RETRY_MS } from "../../../lib/state/store/limits.ts";
import { type ExpiryAlive, Lessor, type ProposeExpire } from "../../../lib/state/store/mod.ts";

const lease = (id: number, ttlMs = 1_000, counter = 1): ExpiryAlive => ({
  type: "alive",
  kind: "lease",
  id,
  ttlMs,
  counter,
});

/**
 * Ticks at every deadline until it proposes something, or `end` has come; when it did, and what.
 */
function runTo(clock: Lessor, end: number): { at: number; effects: ProposeExpire[] } {
  for (let at = clock.nextDeadline() ?? end; at < end; at = clock.nextDeadline() ?? end) {
    const effects = clock.handle(at, { type: "tick" });
    if (effects.length > 0) return { at, effects };
  }
  return { at: end, effects: clock.handle(end, { type: "tick" }) };
}

/** A clock that leads, with some leases. */
function leading(now: number, ...alive: ExpiryAlive[]): Lessor {
  const clock = new Lessor();
  clock.handle(now, { type: "elected", alive });
  return clock;
}

const expire = (id: number, counter = 1): ProposeExpire[] => [
  { type: "propose", command: { type: "expire", leases: [{ id, counter }], sessions: [] } },
];

Deno.test("a lease's end is proposed when its time has passed, not before", () => {
  const clock = leading(5, lease(7));
  assertEquals(runTo(clock, 1_004), { at: 1_004, effects: [] });
  assertEquals(runTo(clock, 9_000), { at: 1_005, effects: expire(7) });
});

Deno.test("a keep-alive moves the end, and the proposal names its counter", () => {
  const clock = leading(0, lease(7));
  runTo(clock, 900);
  clock.handle(900, lease(7, 1_000, 2));
  assertEquals(runTo(clock, 9_000), { at: 1_900, effects: expire(7, 2) });
});

Deno.test("a proposal that does not commit is made again", () => {
  const clock = leading(0, lease(7));
  assertEquals(runTo(clock, 9_000), { at: 1_000, effects: expire(7) });
  assertEquals(clock.handle(1_001, { type: "tick" }), []);
  assertEquals(runTo(clock, 9_000), { at: 1_000 + EXPIRE_RETRY_MS, effects: expire(7) });
  clock.handle(2_001, { type: "ended", kind: "lease", id: 7 });
  assertEquals(clock.handle(9_000, { type: "tick" }), []);
  assertEquals(clock.nextDeadline(), undefined);
});

Deno.test("only a leader proposes, and a new one gives the full time again", () => {
  const clock = new Lessor();
  clock.handle(0, lease(7));
  assertEquals(clock.nextDeadline(), undefined);
  clock.handle(10, { type: "elected", alive: [lease(7)] });
  clock.handle(900, { type: "deposed" });
  assertEquals(clock.handle(5_000, { type: "tick" }), []);
  clock.handle(6_000, { type: "elected", alive: [lease(7)] });
  assertEquals(runTo(clock, 9_000), { at: 7_000, effects: expire(7) });
});

Deno.test("a lease and a session of one id are two things", () => {
  const clock = leading(0, lease(7), { ...lease(7, 2_000), kind: "session" });
  clock.handle(1, { type: "ended", kind: "lease", id: 7 });
  const command = { type: "expire", leases: [], sessions: [{ id: 7, counter: 1 }] } as const;
  assertEquals<unknown>(runTo(clock, 9_000), {
    at: 2_000,
    effects: [{ type: "propose", command }],
  });
});

Deno.test("a clock that leaps takes no more than a step from a lease", () => {
  const clock = leading(0, lease(7));
  const leapt = 100_000;
  assertEquals(clock.handle(leapt, { type: "tick" }), []);
  assertEquals(runTo(clock, 2 * leapt), { at: leapt + 1_000 - LEASE_STEP_MS, effects: expire(7) });
});

Deno.test("a node that is slow all the time still lets leases end", () => {
  const clock = leading(0, lease(7));
  let at = 0;
  while (clock.handle(at, { type: "tick" }).length === 0) at += 5 * LEASE_STEP_MS;
  assertEquals(at, 5_000);
});

Deno.test("many ends at once are proposed in bounded commands, each lease once", () => {
  const all = Array.from(
    { length: EXPIRE_BATCH * 2 + 1 },
    (_, i) => lease(i + 1, 1_000 + i % LEASE_STEP_MS),
  );
  const clock = leading(0, ...all);
  runTo(clock, 999);
  const effects = clock.handle(999 + LEASE_STEP_MS, { type: "tick" });
  assertEquals(effects.map(({ command }) => command.leases?.length), [
    EXPIRE_BATCH,
    EXPIRE_BATCH,
    1,
  ]);
  const ids = effects.flatMap(({ command }) => command.leases ?? []).map(({ id }) => id);
  assertEquals(new Set(ids).size, all.length);
});

Deno.test("leases that come and go do not leave their alarms behind", () => {
  const clock = leading(0, lease(1, 5_000));
  for (let id = 2; id < 10_000; id++) {
    clock.handle(1, lease(id, 2_000 + id % 97));
    clock.handle(1, { type: "ended", kind: "lease", id });
  }
  // Ticking only at deadlines, the dead alarms that are left show as empty ticks.
  let ticks = 0;
  for (let at = clock.nextDeadline(); at !== undefined && at < 5_000; at = clock.nextDeadline()) {
    assertEquals(clock.handle(at, { type: "tick" }), []);
    ticks++;
  }
  assertEquals(ticks <= 97 + 5_000 / (LEASE_STEP_MS / 2), true);
  assertEquals(clock.handle(5_000, { type: "tick" }), expire(1));
});
