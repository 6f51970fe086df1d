import { assert, assertEquals } from "@std/assert";
import {
  EXPIRE_BATCH,
  LOCK_WAITERS,
  TRANSACTION_OPERATIONS,
} from "../../../lib/state/store/limits.ts";
import { State } from "../../../lib/state/store/mod.ts";

/** What a command leads to: the code of its error, or `ok`. */
function outcomeOf(state: State, index: number, command: unknown): string {
  const { outcome } = state.apply(index, command);
  return outcome.ok ? "ok" : outcome.error.code;
}

const PUT = (at: number) => ({ type: "put", key: `k${at}`, value: at });

/**
 * Every list that a command can hold: whose field it is, what a sound item is, and how many fit.
 */
const LISTS: [type: string, field: string, item: (at: number) => unknown, most: number][] = [
  ["expire", "leases", (at) => ({ id: at, counter: 1 }), EXPIRE_BATCH],
  ["expire", "sessions", (at) => ({ id: at, counter: 1 }), EXPIRE_BATCH],
  ["keep-alive", "leases", (at) => at, EXPIRE_BATCH],
  ["keep-alive", "sessions", (at) => at, EXPIRE_BATCH],
  ["transaction", "if", (at) => ({
    key: `k${at}`,
    target: "version",
    operator: "=",
    operand: 0,
  }), TRANSACTION_OPERATIONS],
  ["transaction", "then", PUT, TRANSACTION_OPERATIONS],
  ["transaction", "else", PUT, TRANSACTION_OPERATIONS],
];

for (const [type, field, item, most] of LISTS) {
  const many = (count: number) => Array.from({ length: count }, (_, at) => item(at + 1));

  Deno.test(`what is no list of sound items is refused as "${field}" of "${type}"`, () => {
    const sound = item(1);
    const malformed = [5, "5", true, {}, { length: 1 }, ["5"], [0.5], [-1], [null], [[1]], [{}]];
    for (const items of [...malformed, [sound, -1], [null, sound]]) {
      assertEquals(
        outcomeOf(new State(), 1, { type, [field]: items }),
        "BAD_REQUEST",
        JSON.stringify(items),
      );
    }
  });

  Deno.test(`"${field}" of "${type}" takes ${most} items, and not one more`, () => {
    assertEquals(outcomeOf(new State(), 1, { type, [field]: many(most) }), "ok");
    assertEquals(outcomeOf(new State(), 1, { type, [field]: many(most + 1) }), "TOO_LARGE");
  });
}

Deno.test("a lock takes its last permitted waiter, and refuses the next", () => {
  const state = new State();
  let index = 0;
  const claim = (lease: number) =>
    outcomeOf(state, ++index, { type: "lock-acquire", name: "a", lease, wait: true });
  const leases = Array.from({ length: LOCK_WAITERS + 2 }, () => {
    const { outcome } = state.apply(++index, { type: "lease-grant", ttlMs: 10_000 });
    assert(outcome.ok && "lease" in outcome.result);
    return outcome.result.lease as number;
  });
  for (const lease of leases.slice(0, -1)) assertEquals(claim(lease), "ok");
  assertEquals(claim(leases.at(-1)!), "TOO_MANY");
});
