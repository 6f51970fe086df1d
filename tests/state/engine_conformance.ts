import { assert, assertEquals } from "@std/assert";
import type { ClusterError, Json } from "../../lib/core/mod.ts";
import {
  acquireLock,
  type Command,
  type Compare,
  HeldLease,
  kvClientOf,
  type Operation,
  resultOf,
  type StateEngine,
  type TransactionResult,
} from "../../lib/state/mod.ts";
import { failureOf } from "../support/local_cluster.ts";

/** The ways to one and the same state: two programs that use it, if perhaps by one engine. */
export interface EnginesUnderTest extends AsyncDisposable {
  readonly first: StateEngine;
  readonly second: StateEngine;
}

/** What one promise of an engine is tried with: keys of its own, whose names begin so. */
type Check = (engines: EnginesUnderTest, prefix: string) => Promise<void>;

/**
 * Holds an engine to what every engine of the shared state promises. Its revisions may have gaps,
 * and lease ids and tokens be any numbers.
 */
export function engineConformance(name: string, make: () => Promise<EnginesUnderTest>): void {
  Deno.test(`the state as any engine keeps it: ${name}`, async (test) => {
    await using engines = await make();
    let count = 0;
    for (const [promise, check] of Object.entries(CHECKS)) {
      await test.step(promise, () => check(engines, `conformance/${++count}/`));
    }
  });
}

const put = (key: string, value: Json): Operation => ({ type: "put", key, value });

const CHECKS: Readonly<Record<string, Check>> = {
  async "what was put is read by everybody, with its revisions and version"(engines, prefix) {
    const [kv, other] = [kvClientOf(engines.first), kvClientOf(engines.second)];
    const first = await kv.put(`${prefix}a`, 1);
    const second = await kv.put(`${prefix}a`, { b: [2, null, "é"] });
    assert(second.revision > first.revision);
    assertEquals(await other.get(`${prefix}a`), {
      key: `${prefix}a`,
      value: { b: [2, null, "é"] },
      createRevision: first.revision,
      modRevision: second.revision,
      version: 2,
    });
    assertEquals((await other.get(`${prefix}a`, { revision: first.revision }))?.value, 1);
    assertEquals(await kv.delete(`${prefix}a`), 1);
    assertEquals(await kv.delete(`${prefix}a`), 0);
    assertEquals(await other.get(`${prefix}a`), undefined);
  },

  async "what is given and what comes back is the program's own"({ first }, prefix) {
    const kv = kvClientOf(first);
    const value = { list: [1] };
    await kv.put(`${prefix}a`, value);
    value.list.push(2);
    const read = await kv.get(`${prefix}a`);
    (read?.value as { list: number[] }).list.push(3);
    assertEquals((await kv.get(`${prefix}a`))?.value, { list: [1] });
    const { results } = await kv.transaction({ then: [{ type: "get", key: `${prefix}a` }] });
    const [got] = results as unknown as [{ entry: { value: { list: number[] } } }];
    got.entry.value.list.push(4);
    assertEquals((await kv.list(prefix)).entries.map((entry) => entry.value), [{ list: [1] }]);
  },

  async "keys are listed in the order of their code points, page by page"({ first }, prefix) {
    const kv = kvClientOf(first);
    const names = ["a", "b", "～", "😀"];
    for (const name of names.toReversed()) await kv.put(prefix + name, name);
    const page = await kv.list(prefix, { limit: 3 });
    assertEquals([page.entries.map(({ value }) => value), page.more], [names.slice(0, 3), true]);
    const rest = await kv.list(prefix, { after: page.entries[2]?.key ?? "" });
    assertEquals([rest.entries.map(({ value }) => value), rest.more], [names.slice(3), false]);
    assertEquals(await kv.delete({ prefix }), 4);
  },

  async "a transaction is of one revision, all or nothing"({ first }, prefix) {
    const kv = kvClientOf(first);
    const [a, b] = [`${prefix}a`, `${prefix}b`];
    await kv.transaction({ then: [put(a, 1), put(b, 1)] });
    const [one, two] = [await kv.get(a), await kv.get(b)];
    assertEquals(one?.modRevision, two?.modRevision);
    const error = await failureOf(kv.transaction({ then: [put(a, 2), put(a, 3)] }));
    assertEquals([error.code, (await kv.get(a))?.value], ["DUPLICATE_KEY", 1]);
    const many = Array.from({ length: 126 }, (_, at) => put(`${prefix}many/${at}`, at));
    assertEquals((await kv.transaction({ then: many })).results.length, 126);
  },

  async "compares hold as they say, also of keys that there are not"({ first }, prefix) {
    const kv = kvClientOf(first);
    const [a, none] = [`${prefix}a`, `${prefix}none`];
    const { revision } = await kv.put(a, 5);
    const table: [Omit<Compare, "key">, string, boolean][] = [
      [{ target: "version", operator: "=", operand: 1 }, a, true],
      [{ target: "version", operator: "=", operand: 0 }, none, true],
      [{ target: "modRevision", operator: "=", operand: revision }, a, true],
      [{ target: "createRevision", operator: ">", operand: 0 }, none, false],
      [{ target: "lease", operator: "=", operand: 0 }, a, true],
      [{ target: "value", operator: "=", operand: 5 }, a, true],
      [{ target: "value", operator: "<", operand: 6 }, a, true],
      [{ target: "value", operator: "<", operand: "6" }, a, false],
      [{ target: "value", operator: "!=", operand: 5 }, none, false],
    ];
    for (const [compare, key, holds] of table) {
      const done: TransactionResult = await kv.transaction({ if: [{ key, ...compare }] });
      assertEquals(done.succeeded, holds, JSON.stringify(compare));
    }
  },

  async "a value equals itself however it is written"({ first }, prefix) {
    const kv = kvClientOf(first);
    const key = `${prefix}a`;
    await kv.put(key, { a: 1, b: [2] });
    const done = await kv.compareAndSet(key, { value: { b: [2], a: 1 } }, "next");
    assertEquals(done.succeeded, true);
    assertEquals((await kv.compareAndSet(key, { absent: true }, 1)).succeeded, false);
    const { revision } = await kv.put(key, 1);
    assertEquals((await kv.compareAndSet(key, { revision }, 2)).entry?.value, 2);
  },

  async "a command is done once, however often it is sent"({ first, second }, prefix) {
    const opened = await first.apply({ type: "session-open", ttlMs: 60_000 });
    const { session } = resultOf(opened);
    const command = { type: "put", key: `${prefix}a`, value: 1, session, sequence: 1 } as const;
    const done = await first.apply(command);
    await first.apply({ ...command, value: 2, sequence: 2 });
    assertEquals(await second.apply(command), done);
    assertEquals((await kvClientOf(second).get(`${prefix}a`))?.value, 2);
    await first.apply({ ...command, value: 3, sequence: 3, acknowledged: 3 });
    const late = await second.apply(command);
    assertEquals(late.ok ? "ok" : late.error.code, "STALE_SEQUENCE");
    await first.apply({ type: "session-close", session });
    const over = await first.apply({ ...command, sequence: 4 });
    assertEquals(over.ok ? "ok" : over.error.code, "SESSION_EXPIRED");
    assertEquals((await kvClientOf(first).get(`${prefix}a`))?.value, 3);
  },

  async "no client may do what is the leader's alone"({ first }) {
    const commands: Command[] = [{ type: "advance", revisions: 1 }, { type: "expire", leases: [] }];
    for (const command of commands) {
      const code = await first.apply(command).then(
        (outcome) => outcome.ok ? "ok" : outcome.error.code,
        (error: ClusterError) => error.code,
      );
      assertEquals(code, "BAD_REQUEST");
    }
  },

  async "a lease takes its keys with it, at one revision"({ first, second }, prefix) {
    const [kv, other] = [kvClientOf(first), kvClientOf(second)];
    const lease = await HeldLease.grant(first, 60_000);
    for (const name of ["a", "b", "c"]) await kv.put(prefix + name, 1, { lease: lease.id });
    // A put without a lease detaches the key.
    await kv.put(`${prefix}c`, 2);
    const { revision } = await kv.put(`${prefix}d`, 1);
    assertEquals(await lease.revoke(), true);
    assertEquals((await other.list(prefix)).entries.map(({ key }) => key), [
      `${prefix}c`,
      `${prefix}d`,
    ]);
    const news = await second.watch({ op: "watch", prefix, fromRevision: revision + 1 });
    assert(news.ok);
    assertEquals(news.events.map(({ type, key }) => [type, key]), [
      ["delete", `${prefix}a`],
      ["delete", `${prefix}b`],
    ]);
    assertEquals(new Set(news.events.map((event) => event.revision)).size, 1);
    const error = await failureOf(kv.put(`${prefix}e`, 1, { lease: lease.id }));
    assertEquals(error.code, "LEASE_NOT_FOUND");
  },

  async "keep-alives tell which leases are lost"({ first }) {
    const { lease } = resultOf(await first.apply({ type: "lease-grant", ttlMs: 60_000 }));
    const gone = Number.MAX_SAFE_INTEGER;
    const kept = await first.apply({ type: "keep-alive", leases: [lease, gone] });
    assertEquals(resultOf(kept).lost.leases, [gone]);
    assertEquals(resultOf(await first.apply({ type: "lease-revoke", lease })).changed, true);
  },

  async "locks go in the order in which they were asked for, with growing tokens"(engines, prefix) {
    const { first, second } = engines;
    const held = await acquireLock(first, prefix, { ttlMs: 60_000 });
    const refused = await failureOf(acquireLock(second, prefix, { wait: false }));
    assertEquals(refused.code, "LOCKED");
    const waiting = acquireLock(second, prefix, { ttlMs: 60_000 });
    await kvClientOf(second).watch({ prefix: `$lock/${prefix}` }, { fromRevision: held.token })
      .next();
    assertEquals(await held.release(), true);
    const next = await waiting;
    assert(next.token > held.token);
    assertEquals(await held.release(), false);
    await next.release();
  },

  async "a watch tells every change once and in order, from a revision on"(engines, prefix) {
    const kv = kvClientOf(engines.first);
    const { revision } = await kv.put(`${prefix}a`, 0);
    await kv.put(`${prefix}a`, 1);
    await kv.delete(`${prefix}a`);
    const watch = kvClientOf(engines.second).watch(`${prefix}a`, { fromRevision: revision });
    const seen: Json[] = [];
    for await (const { events } of watch) {
      for (const event of events) seen.push(event.type === "put" ? event.value : "deleted");
      if (seen.length === 3) await kv.put(`${prefix}a`, 2);
      if (seen.length >= 4) break;
    }
    assertEquals(seen, [0, 1, "deleted", 2]);
  },

  async "a question for changes waits for the first, or as long as it says"(engines, prefix) {
    const { first, second } = engines;
    const { revision } = await kvClientOf(first).put(`${prefix}a`, 0);
    const question = { op: "watch", prefix, fromRevision: revision + 1 } as const;
    const silent = await first.watch({ ...question, waitMs: 10 });
    assert(silent.ok);
    assertEquals(silent.events, []);
    const waiting = second.watch({ ...question, waitMs: 20_000 });
    await kvClientOf(first).put(`${prefix}a`, 1);
    const news = await waiting;
    assert(news.ok);
    assertEquals(news.events.length, 1);
  },

  async "who gives a question up has no answer any more"({ first }, prefix) {
    const ending = new AbortController();
    const waiting = failureOf(
      first.watch({ op: "watch", prefix, waitMs: 20_000 }, { signal: ending.signal }),
    );
    ending.abort();
    assertEquals((await waiting).code, "CANCELLED");
  },

  async "reads of a copy do without a majority's word"({ first }, prefix) {
    const kv = kvClientOf(first);
    await kv.put(`${prefix}a`, 1);
    assertEquals(typeof (await kv.list(prefix, { stale: true })).more, "boolean");
    await kv.get(`${prefix}a`, { stale: true });
  },

  async "what makes no sense is an error of the state, not of the engine"({ first }) {
    const codes = [
      await first.get({ op: "get", key: "" }),
      await first.list({ op: "list", prefix: "", limit: 0 }),
      await first.get({ op: "get", key: "a", revision: Number.MAX_SAFE_INTEGER }),
      await first.apply({ type: "put", key: "$reserved", value: 1 }),
    ].map((answer) => answer.ok ? "ok" : answer.error.code);
    assertEquals(codes, ["BAD_REQUEST", "BAD_REQUEST", "FUTURE_REVISION", "BAD_REQUEST"]);
  },

  /** The last: it forgets what the others read. */
  async "a forgotten revision says from where to go on"({ first, second }, prefix) {
    const kv = kvClientOf(first);
    const { revision: old } = await kv.put(`${prefix}a`, 0);
    const { revision } = await kv.put(`${prefix}a`, 1);
    resultOf(await first.apply({ type: "compact", revision }));
    const read = await first.get({ op: "get", key: `${prefix}a`, revision: old });
    const watched = await second.watch({ op: "watch", prefix, fromRevision: old });
    for (const answer of [read, watched]) {
      assert(!answer.ok);
      assertEquals([answer.error.code, answer.error.details?.["revision"]], [
        "COMPACTED",
        revision,
      ]);
    }
  },
};
