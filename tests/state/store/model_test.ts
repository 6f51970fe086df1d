import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  type Command,
  type KeyEvent,
  type Selector,
  State,
  Watches,
} from "../../../lib/state/store/mod.ts";
import { Model } from "./model.ts";

const key = fc.constantFrom("a", "a/b", "a/c", "b", "\u{1F600}", "\uFF5E");
const prefix = fc.constantFrom("", "a", "a/", "z");
const value = fc.oneof(
  fc.integer({ min: 0, max: 3 }),
  fc.constantFrom("x", "y"),
  fc.constant(null),
);
const put = fc.record({ type: fc.constant("put" as const), key, value });
const remove = fc.oneof(
  fc.record({ type: fc.constant("delete" as const), key }),
  fc.record({ type: fc.constant("delete" as const), prefix }),
);
const get = fc.record({ type: fc.constant("get" as const), key });
const list = fc.record({ type: fc.constant("list" as const), prefix });
const compare = fc.record({
  key,
  target: fc.constantFrom("version", "createRevision", "modRevision", "value"),
  operator: fc.constantFrom("=", "!=", "<", ">"),
  operand: fc.integer({ min: 0, max: 6 }),
});
const operations = fc.array(fc.oneof(put, remove, get, list), { maxLength: 4 });
const transaction = fc.record({
  type: fc.constant("transaction" as const),
  if: fc.array(compare, { maxLength: 2 }),
  then: operations,
  else: operations,
});
const cas = fc.record({
  type: fc.constant("cas" as const),
  key,
  expect: fc.oneof(
    fc.record({ revision: fc.integer({ min: 0, max: 8 }) }),
    fc.record({ value }),
    fc.constant({ absent: true as const }),
  ),
  value,
});
const compact = fc.record({
  type: fc.constant("compact" as const),
  revision: fc.integer({ min: 1, max: 25 }),
});
const command = fc.oneof(
  { weight: 5, arbitrary: put },
  { weight: 2, arbitrary: remove },
  { weight: 3, arbitrary: transaction },
  { weight: 2, arbitrary: cas },
  { weight: 1, arbitrary: compact },
);
const commands = fc.array(command as fc.Arbitrary<Command>, { maxLength: 40, size: "max" });

Deno.test("the state does what a plain list of events does", () => {
  fc.assert(
    fc.property(commands, (all) => {
      const state = new State();
      const model = new Model();
      all.forEach((each, i) => {
        const { outcome, events } = state.apply(i + 1, each);
        const expected = model.apply(each);
        assertEquals<unknown>(outcome.ok ? outcome.result : outcome.error.code, expected.result);
        assertEquals(events, expected.events);
        assertEquals(state.revision, model.revision);
      });
      for (let revision = 1; revision <= model.revision + 1; revision++) {
        for (const start of ["", "a", "a/"]) {
          const read = state.list(start, { revision });
          assertEquals(
            read.ok ? read.result.entries : read.error.code,
            model.list(start, revision),
          );
        }
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("a replica restored at any point goes on as the one that was not", () => {
  fc.assert(
    fc.property(commands, fc.nat(40), (all, at) => {
      const state = new State();
      let restored: State | undefined;
      all.forEach((each, i) => {
        if (i === at) restored = State.restore(JSON.parse(JSON.stringify([...state.snapshot()])));
        const result = state.apply(i + 1, each);
        if (restored !== undefined) assertEquals(restored.apply(i + 1, each), result);
      });
      if (restored !== undefined) {
        assertEquals(restored.digest(), state.digest());
        assertEquals(restored.status(), state.status());
      }
    }),
    { numRuns: 150 },
  );
});

/** Three leases (1 to 3) and two sessions (4 and 5), which the commands below speak of. */
const founding: Command[] = [
  ...[1, 2, 3].map((): Command => ({ type: "lease-grant", ttlMs: 1_000 })),
  ...[4, 5].map((): Command => ({ type: "session-open", ttlMs: 1_000 })),
];
const lease = fc.integer({ min: 1, max: 3 });
const name = fc.constantFrom("l", "m/n");
const expired = fc.record({
  id: fc.integer({ min: 1, max: 5 }),
  counter: fc.integer({ min: 1, max: 9 }),
});
const timed = fc.oneof(
  { weight: 3, arbitrary: fc.record({ type: fc.constant("put"), key, value, lease }) },
  {
    weight: 5,
    arbitrary: fc.record({ type: fc.constant("lock-acquire"), name, lease, wait: fc.boolean() }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("lock-release"), name, lease }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("keep-alive"), leases: fc.tuple(lease) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant("expire"),
      leases: fc.array(expired, { maxLength: 3 }),
      sessions: fc.array(expired, { maxLength: 1 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant("cas"),
      key,
      value,
      expect: fc.constant({ absent: true }),
      session: fc.constantFrom(4, 5),
      sequence: fc.integer({ min: 1, max: 6 }),
    }),
  },
  { weight: 3, arbitrary: command },
);

Deno.test("leases, locks and sessions go on alike on a restored replica, and locks keep their rules", () => {
  fc.assert(
    fc.property(fc.array(timed, { maxLength: 50, size: "max" }), fc.nat(50), (all, at) => {
      const state = new State();
      let restored: State | undefined;
      const tokens = new Map<string, number>();
      [...founding, ...all].forEach((each, i) => {
        if (i === at) restored = State.restore(JSON.parse(JSON.stringify([...state.snapshot()])));
        const result = state.apply(i + 1, each);
        if (restored !== undefined) assertEquals(restored.apply(i + 1, each), result);
        for (const lock of ["l", "m/n"]) checkLock(state, lock, tokens);
      });
      if (restored !== undefined) assertEquals(restored.digest(), state.digest());
    }),
    { numRuns: 150 },
  );
});

/** One holder, the rest waiting, in order of their creation; a new holder has a larger token. */
function checkLock(state: State, lock: string, tokens: Map<string, number>): void {
  const read = state.list(`$lock/${lock}/`);
  if (!read.ok) throw new Error(read.error.message);
  const claims = read.result.entries.sort((a, b) => a.createRevision - b.createRevision);
  assertEquals(claims.map((claim) => claim.lease), state.lock(lock));
  assertEquals(
    claims.map((claim) => claim.value),
    claims.map((_, i) => ({ state: i === 0 ? "held" : "waiting" })),
  );
  const token = claims[0]?.modRevision ?? 0;
  if (token > 0 && token < (tokens.get(lock) ?? 0)) throw new Error("a fencing token went back");
  tokens.set(lock, Math.max(token, tokens.get(lock) ?? 0));
}

Deno.test("a snapshot holds its moment while later commands are applied", () => {
  fc.assert(
    fc.property(commands, commands, (before, after) => {
      const state = new State();
      before.forEach((each, i) => state.apply(i + 1, each));
      const digest = state.digest();
      const snapshot = state.snapshot();
      after.forEach((each, i) => state.apply(before.length + i + 1, each));
      assertEquals(State.restore(snapshot).digest(), digest);
    }),
    { numRuns: 100 },
  );
});

Deno.test("watches see what filtering all events by hand gives, without gap or duplicate", () => {
  const request = fc.record({
    selector: fc.oneof(
      key.map((one): Selector => ({ key: one })),
      prefix.map((start): Selector => ({ prefix: start })),
    ),
    addedAt: fc.nat(20),
    from: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }),
    takeEvery: fc.integer({ min: 1, max: 7 }),
    limit: fc.integer({ min: 1, max: 3 }),
  });
  const writes = fc.array(fc.oneof(put, remove, transaction) as fc.Arbitrary<Command>, {
    maxLength: 30,
    size: "max",
  });
  fc.assert(
    fc.property(writes, fc.array(request, { maxLength: 6 }), (all, requests) => {
      const state = new State();
      const watches = new Watches(state);
      const everything: KeyEvent[] = [];
      const ready = new Set<string>();
      const seen = requests.map((): KeyEvent[] => []);
      const begins: number[] = [];
      const drain = (i: number) => {
        for (let more = ready.has(`${i}`); more;) {
          const news = watches.take(`${i}`, requests[i]?.limit);
          if (news === undefined || !news.ok) throw new Error("the watch ended");
          seen[i]?.push(...news.events);
          more = news.isReady;
        }
        ready.delete(`${i}`);
      };
      for (let step = 0; step <= 30; step++) {
        requests.forEach(({ selector, addedAt, from }, i) => {
          if (addedAt !== step) return;
          const added = watches.add(`${i}`, {
            ...selector,
            ...(from === undefined ? {} : { fromRevision: from }),
          });
          if (!added.ok) throw new Error(added.error.message);
          begins[i] = added.nextRevision;
          if (added.isReady) ready.add(`${i}`);
        });
        const { events } = state.apply(step + 1, all[step] ?? { type: "delete", key: "none" });
        everything.push(...events);
        for (const id of watches.feed(events)) ready.add(id);
        requests.forEach(({ takeEvery }, i) => step % takeEvery === 0 && drain(i));
      }
      requests.forEach(({ selector }, i) => {
        drain(i);
        const expected = everything.filter((event) =>
          event.revision >= (begins[i] as number) &&
          (selector.key === undefined
            ? event.key.startsWith(selector.prefix)
            : event.key === selector.key)
        );
        assertEquals(seen[i], expected);
      });
    }),
    { numRuns: 200 },
  );
});
