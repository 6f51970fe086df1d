import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { checkHistory, checkOperations } from "./checker.ts";
import type { Operation } from "./history.ts";
import { ABSENT, after, Values } from "./register.ts";

/** `client start-end op value…` on one key: the histories of the tables read like a diagram. */
function lines(...rows: string[]): string[] {
  return rows.map((row) => {
    const [client = "", time = "", op = "", ...rest] = row.split(" ");
    const [start, end] = time.split("-");
    const base = { client, op, key: "k", start: Number(start) };
    const done = end === "?" ? { ok: null } : { ok: true, end: Number(end) };
    const [value = "null", expected = "null", succeeded] = op === "cas"
      ? [rest[1], rest[0], rest[2]]
      : [rest[0], undefined, rest[1]];
    return JSON.stringify({
      ...base,
      ...done,
      value: JSON.parse(value),
      expected: JSON.parse(expected),
      ...(succeeded === undefined ? {} : { succeeded: succeeded === "yes" }),
    });
  });
}

const good: Record<string, string[]> = {
  "nothing at all": [],
  "a read of what was written": ["a 0-1 put 1", "b 2-3 get 1"],
  "an absent key": ["a 0-1 get"],
  "a read beside a write, before it": ["a 0-9 put 1", "b 1-2 get"],
  "a read beside a write, after it": ["a 0-9 put 1", "b 1-2 get 1"],
  "two reads beside a write, old then new": ["a 0-9 put 1", "b 1-2 get", "b 3-4 get 1"],
  "writes at one instant, in either order": ["a 0-1 put 1", "b 1-2 put 2", "c 3-4 get 1"],
  "a lost answer that happened": ["a 0-? put 1", "b 5-6 get 1"],
  "a lost answer that did not happen": ["a 0-? put 1", "b 5-6 get"],
  "a lost answer that happened late": ["a 0-? put 1", "b 5-6 get", "b 7-8 get 1"],
  "a lost compare-and-set that happened": ["a 0-1 put 1", "a 2-? cas 1 2", "b 3-4 get 2"],
  "a compare-and-set that failed beside a write": [
    "a 0-1 put 1",
    "a 2-9 put 2",
    "b 3-4 cas 1 3 no",
    "b 5-6 get 2",
  ],
  "a compare-and-set from absence": ["a 0-1 cas null 1 yes", "b 2-3 get 1"],
  "a failed compare explained by a lost write that nobody read": [
    "a 0-1 put 1",
    "a 2-? put 2",
    "b 3-4 cas 1 3 no",
  ],
  "two lost answers with one value, which happened one after the other": [
    "a 0-? put 1",
    "b 0-? put 1",
    "c 1-2 get 1",
    "c 3-4 put 2",
    "c 5-6 get 1",
  ],
  "a delete": ["a 0-1 put 1", "a 2-3 delete null yes", "b 4-5 get", "b 6-7 delete null no"],
};

const bad: Record<string, string[]> = {
  "a read of what was never written": ["a 0-1 get 1"],
  "a stale read": ["a 0-1 put 1", "a 2-3 put 2", "b 4-5 get 1"],
  "two reads beside a write, new then old": ["a 0-9 put 1", "b 1-2 get 1", "c 3-4 get"],
  "a lost update": [
    "a 0-1 put 0",
    "a 2-5 cas 0 1 yes",
    "b 2-5 cas 0 2 yes",
  ],
  "a lost answer that happened before it was asked": ["b 1-2 get 1", "a 3-? put 1"],
  "a lost answer that happened twice": [
    "a 0-? put 1",
    "b 1-2 get 1",
    "b 3-4 put 2",
    "b 5-6 get 2",
    "b 7-8 get 1",
  ],
  "a compare-and-set that failed on what stood there": ["a 0-1 put 1", "a 2-3 cas 1 2 no"],
  "an acknowledged write that is gone": ["a 0-1 put 1", "b 2-3 get"],
  "a delete that found nothing where something was": ["a 0-1 put 1", "a 2-3 delete null no"],
  "readers that disagree on the order of two writes": [
    "a 0-9 put 1",
    "b 0-9 put 2",
    "c 10-11 get 1",
    "d 12-13 get 2",
  ],
};

for (const [name, rows] of Object.entries(good)) {
  Deno.test(`linearizable: ${name}`, () => {
    assertEquals(checkHistory(lines(...rows)).verdict, "linearizable");
  });
}

for (const [name, rows] of Object.entries(bad)) {
  Deno.test(`not linearizable: ${name}`, () => {
    assertEquals(checkHistory(lines(...rows)).verdict, "violation");
  });
}

Deno.test("a finding names the key and the operations that fit nowhere", () => {
  const history = lines("a 0-1 put 1", "a 2-3 put 2", "b 4-5 get 1", "b 6-7 get 1");
  const { violations } = checkHistory([
    ...history,
    ...lines("z 0-1 put 1").map((line) => line.replace('"k"', '"other"')),
  ]);
  assertEquals(violations.map(({ key }) => key), ["k"]);
  assertEquals(violations[0]?.placed.map(({ start }) => start), [0, 2]);
  assertEquals(violations[0]?.stuck.map(({ start }) => start), [4]);
});

Deno.test("refused operations and reads without an answer say nothing", () => {
  assertEquals(
    checkHistory([
      '{"client":1,"op":"put","key":"k","value":1,"ok":false,"start":0,"end":1}',
      '{"client":1,"op":"get","key":"k","ok":null,"start":2}',
      '{"client":1,"op":"get","key":"k","value":null,"ok":true,"start":3,"end":4}',
      "",
    ]).verdict,
    "linearizable",
  );
});

Deno.test("a line that is no operation is named", () => {
  assertThrows(() => checkHistory(["", "{"]), TypeError, "Line 2");
  assertThrows(() => checkHistory(['{"op":"get"}']), TypeError, "Line 1");
});

Deno.test("too many tries leave a key undecided", () => {
  const rows = Array.from({ length: 12 }, (_, i) => `${i} 0-9 cas ${i + 1} ${i} yes`);
  assertEquals(checkHistory(lines(...rows), { maxTries: 5 }).verdict, "undecided");
});

/** Every order of every choice of the unknown ones, tried in turn. */
function bruteForce(operations: readonly Operation[]): boolean {
  const values = new Values();
  const steps = operations.map((operation) => values.step(operation));
  const go = (state: number, left: typeof steps): boolean => {
    if (left.every(({ operation }) => !operation.ok)) return true;
    return left.some((step) => {
      if (left.some((other) => other.operation.end < step.operation.start)) return false;
      const next = after(state, step);
      return next !== undefined && go(next, left.filter((other) => other !== step));
    });
  };
  return go(ABSENT, steps);
}

const anyOperation: fc.Arbitrary<Operation> = fc.record({
  client: fc.constant(1),
  op: fc.constantFrom("get", "put", "cas", "delete"),
  key: fc.constant("k"),
  value: fc.constantFrom(null, 1, 2),
  expected: fc.constantFrom(null, 1, 2),
  isSuccess: fc.boolean(),
  isKnown: fc.integer({ min: 0, max: 3 }),
  start: fc.nat(12),
  length: fc.nat(5),
}).map(({ isSuccess, isKnown, start, length, ...rest }): Operation => {
  const ok = isKnown > 0 || rest.op === "get" ? true : null;
  const tells = rest.op === "cas" || rest.op === "delete";
  const end = ok ? start + length : Infinity;
  const value = rest.op === "put" || rest.op === "cas" ? rest.value ?? 3 : rest.value;
  return { ...rest, value, ok, start, end, succeeded: ok && tells ? isSuccess : undefined };
});

Deno.test("the search agrees with trying every order", () => {
  const verdicts = { linearizable: 0, violation: 0, undecided: 0 };
  fc.assert(
    fc.property(fc.array(anyOperation, { maxLength: 6, size: "max" }), (operations) => {
      const { verdict } = checkOperations(operations);
      verdicts[verdict]++;
      assertEquals(verdict, bruteForce(operations) ? "linearizable" : "violation");
    }),
    { numRuns: 3_000, seed: 7 },
  );
  // Both verdicts were put to the test.
  assertEquals(Math.min(verdicts.linearizable, verdicts.violation) > 300, true);
});

/**
 * What many clients see of one true register: each operation takes effect at one instant of its
 * span.
 */
function trueHistory(count: number, clients: number): Operation[] {
  const free = Array.from({ length: clients }, () => 0);
  const operations: (Operation & { instant: number })[] = [];
  let seed = 1;
  const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
  for (let i = 0; i < count; i++) {
    const client = i % clients;
    const start = (free[client] ?? 0) + random();
    const length = 1 + random() * 5;
    free[client] = start + length;
    const op = random() < 0.5 ? "get" : random() < 0.7 ? "put" : "cas";
    const ok = op !== "get" && random() < 0.02 ? null : true;
    const end = ok ? start + length : Infinity;
    const rest = { client, key: "k", expected: null, succeeded: undefined };
    operations.push({ ...rest, op, value: i, ok, start, end, instant: start + random() * length });
  }
  let now: Operation["value"] = null;
  for (const each of operations.toSorted((a, b) => a.instant - b.instant)) {
    if (each.op === "get") each.value = now;
    else if (each.op === "put") now = each.value;
    else {
      const isExpected = random() < 0.5;
      each.expected = isExpected ? now : "never";
      if (each.ok) each.succeeded = isExpected;
      if (isExpected) now = each.value;
    }
  }
  return operations;
}

Deno.test("a long true history of many clients is linearizable, and one stale read in it is not", () => {
  const history = trueHistory(1_500, 6);
  assertEquals(checkOperations(history).verdict, "linearizable");
  const late = history.findLast((each) => each.op === "get");
  const early = history.find((each) => each.op === "put");
  if (late === undefined || early === undefined) {
    throw new Error("the history has reads and writes");
  }
  const stale = history.map((each) => each === late ? { ...each, value: early.value } : each);
  assertEquals(checkOperations(stale).verdict, "violation");
});
