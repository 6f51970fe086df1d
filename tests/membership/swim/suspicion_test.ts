import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { PROFILES } from "../../../lib/membership/swim/mod.ts";
import {
  expectedConfirmations,
  Suspicion,
  suspicionMinMs,
  suspicionTimeoutMs,
} from "../../../lib/membership/swim/suspicion.ts";

Deno.test("suspicion timeout shrinks with each independent confirmation", () => {
  // The figures are those of memberlist's suspicion test: k = 3, min 2 s, max 30 s.
  const table: [confirmations: number, seconds: number][] = [
    [0, 30],
    [1, 16],
    [2, 7.81],
    [3, 2],
    [4, 2],
  ];
  for (const [confirmations, seconds] of table) {
    assertAlmostEquals(suspicionTimeoutMs(2_000, 30_000, confirmations, 3) / 1_000, seconds, 0.005);
  }
});

Deno.test("suspicion takes the shortest time when nobody else could confirm", () => {
  assertEquals(suspicionTimeoutMs(2_000, 12_000, 0, 0), 2_000);
});

Deno.test("expected confirmations are two, or as many as there are others to give them", () => {
  const table = [[1, 0], [2, 0], [3, 1], [4, 2], [5, 2], [1_000, 2]] as const;
  for (const [members, expected] of table) assertEquals(expectedConfirmations(members), expected);
});

Deno.test("shortest suspicion grows with the logarithm of the members", () => {
  for (
    const [members, ms] of [[1, 2_000], [5, 2_000], [9, 2_000], [99, 4_000], [999, 6_000]] as const
  ) {
    assertAlmostEquals(suspicionMinMs(PROFILES.lan, members), ms, 1e-6);
  }
});

Deno.test("a stop of one second is never fatal at lan, whatever the size", () => {
  for (let members = 2; members < 10_000; members *= 2) {
    assert(suspicionMinMs(PROFILES.lan, members) >= 2_000);
  }
});

Deno.test("an observer counts once, and a refusal upgrades its silence", () => {
  const suspicion = new Suspicion(0, 1, PROFILES.lan, 5);
  assert(suspicion.observe("a", "silent"));
  assert(!suspicion.observe("a", "silent"));
  assertEquals(suspicion.deadline, suspicion.maxMs);
  assert(suspicion.observe("a", "refused"));
  assert(!suspicion.observe("a", "silent"));
  assertEquals(suspicion.observers, ["a"]);
  assertEquals(suspicion.refused, ["a"]);
  assertEquals(suspicion.deadline, suspicion.maxMs);
  suspicion.observe("b", "silent");
  suspicion.observe("c", "silent");
  assertEquals(suspicion.deadline, suspicion.minMs);
  assert(suspicion.isSettled);
});

Deno.test("observers in one suspicion are bounded", () => {
  const suspicion = new Suspicion(0, 1, PROFILES.lan, 1_000);
  for (let i = 0; i < 100; i++) suspicion.observe(`m${i}`, "silent");
  assertEquals(suspicion.observers.length, 8);
});

Deno.test("a suspicion that is shifted ends as much later", () => {
  const suspicion = new Suspicion(100, 1, PROFILES.lan, 2);
  assertEquals(suspicion.deadline, 2_100);
  suspicion.shift(5_000);
  assertEquals(suspicion.deadline, 7_100);
});
