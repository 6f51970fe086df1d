import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  ClusterError,
  InvariantError,
  LIST_ENTRIES,
  SESSION_RESULTS,
} from "../../../lib/core/mod.ts";
import {
  HISTORY_REVISIONS,
  KEY_BYTES,
  TRANSACTION_BYTES,
  TRANSACTION_OPERATIONS,
  VALUE_BYTES,
} from "../../../lib/state/store/limits.ts";
import {
  type ApplyResult,
  compareKeys,
  proposeCompaction,
  State,
  Watches,
} from "../../../lib/state/store/mod.ts";

/** A state that is told commands one after the other. */
class Told {
  readonly state = new State();
  #index = 0;

  /** Applies a command, whatever it is. */
  tell(command: unknown): ApplyResult {
    return this.state.apply(++this.#index, command);
  }

  /** The result of a command that must succeed. */
  // deno-lint-ignore no-explicit-any
  do(command: unknown): any {
    const { outcome } = this.tell(command);
    assert(outcome.ok, JSON.stringify(outcome));
    return outcome.result;
  }

  /** The error code of a command that must fail, and change nothing. */
  fail(command: unknown): string {
    const before = this.state.revision;
    const { outcome, events } = this.tell(command);
    assert(!outcome.ok, JSON.stringify(outcome));
    assertEquals([this.state.revision, events], [before, []]);
    return outcome.error.code;
  }

  /** The keys under a prefix. */
  keys(prefix = ""): string[] {
    const read = this.state.list(prefix);
    assert(read.ok);
    return read.result.entries.map(({ key }) => key);
  }

  /** A lease of ten seconds. */
  lease(): number {
    return this.do({ type: "lease-grant", ttlMs: 10_000 }).lease;
  }
}

const put = (key: string, value: unknown = 1, more = {}) => ({ type: "put", key, value, ...more });

Deno.test("an empty state is at revision 1 and the first write at 2, as in etcd", () => {
  const told = new Told();
  assertEquals(told.state.revision, 1);
  assertEquals(told.tell(put("a")).outcome.revision, 2);
});

Deno.test("keys are ordered by code point, as their UTF-8 bytes are", () => {
  const keys = [
    "",
    "a",
    "a!",
    "ab",
    "b",
    "\u00e9",
    "\u{D7FF}",
    "\uE000",
    "\uFF5E",
    "\u{10000}",
    "\u{1F600}",
    "\u{1F600}a",
  ];
  for (const [i, left] of keys.entries()) {
    for (const [j, right] of keys.entries()) {
      assertEquals(Math.sign(compareKeys(left, right)), Math.sign(i - j), `${left} ${right}`);
    }
  }
});

const refused: [string, unknown, string][] = [
  ["no object", 7, "BAD_REQUEST"],
  ["an unknown type", { type: "explode" }, "BAD_REQUEST"],
  ["an empty key", put(""), "BAD_REQUEST"],
  ["half of a surrogate pair", put("\ud800"), "BAD_REQUEST"],
  ["a reserved key", put("$lock/a/1"), "BAD_REQUEST"],
  ["a delete of reserved keys", { type: "delete", prefix: "$lock/" }, "BAD_REQUEST"],
  ["a delete of nothing named", { type: "delete" }, "BAD_REQUEST"],
  ["a delete of two things", { type: "delete", key: "a", prefix: "a" }, "BAD_REQUEST"],
  ["a long key", put("é".repeat(KEY_BYTES / 2 + 1)), "TOO_LARGE"],
  ["a large value", put("a", "x".repeat(VALUE_BYTES - 1)), "TOO_LARGE"],
  ["no value", { type: "put", key: "a" }, "BAD_REQUEST"],
  ["a deep value", put("a", JSON.parse("[".repeat(40) + "]".repeat(40))), "BAD_REQUEST"],
  ["an unknown lease", put("a", 1, { lease: 99 }), "LEASE_NOT_FOUND"],
  ["a cas that expects nothing", { type: "cas", key: "a", value: 1, expect: {} }, "BAD_REQUEST"],
  ["a sequence without a session", put("a", 1, { sequence: 1 }), "BAD_REQUEST"],
  ["an unknown session", put("a", 1, { session: 99, sequence: 1 }), "SESSION_EXPIRED"],
  ["a short TTL", { type: "lease-grant", ttlMs: 1 }, "BAD_REQUEST"],
  ["an unknown lease to revoke", { type: "lease-revoke", lease: 99 }, "LEASE_NOT_FOUND"],
  ["a lock without its lease", { type: "lock-acquire", name: "a", lease: 99 }, "LEASE_NOT_FOUND"],
  ["a compaction to come", { type: "compact", revision: 99 }, "FUTURE_REVISION"],
  ["a key put twice", { type: "transaction", then: [put("a"), put("a")] }, "DUPLICATE_KEY"],
  [
    "a key put and deleted in the branch that is not done",
    { type: "transaction", else: [{ type: "delete", prefix: "a" }, put("ab")] },
    "DUPLICATE_KEY",
  ],
  [
    "too many operations",
    {
      type: "transaction",
      then: Array.from({ length: TRANSACTION_OPERATIONS + 1 }, (_, i) => put(`${i}`)),
    },
    "TOO_LARGE",
  ],
  [
    "too many bytes",
    {
      type: "transaction",
      then: ["a", "b"].map((key) => put(key, "x".repeat(TRANSACTION_BYTES / 2))),
    },
    "TOO_LARGE",
  ],
  ["a compare of nothing", { type: "transaction", if: [{ key: "a" }] }, "BAD_REQUEST"],
];
for (const [what, command, code] of refused) {
  Deno.test(`a command is refused for ${what}`, () => assertEquals(new Told().fail(command), code));
}

Deno.test("the largest key and value that are allowed are taken", () => {
  const told = new Told();
  told.do(put("é".repeat(KEY_BYTES / 2), "x".repeat(VALUE_BYTES - 2)));
});

Deno.test("entries applied out of order are a bug, not an error", () => {
  const told = new Told();
  told.do(put("a"));
  assertThrows(() => told.state.apply(1, put("a")), InvariantError);
});

Deno.test("a compare-and-set looks at JSON, not at the order of its fields", () => {
  const told = new Told();
  told.do(put("a", { x: [1, null], y: "z" }));
  const cas = { type: "cas", key: "a", expect: { value: { y: "z", x: [1, null] } }, value: 2 };
  assertEquals(told.do(cas).succeeded, true);
  assertEquals(told.do(cas).entry.value, 2);
});

Deno.test("a transaction that reads too much is refused whole", () => {
  const told = new Told();
  told.do(put("a", "x".repeat(VALUE_BYTES / 2)));
  const get = { type: "get", key: "a" };
  assertEquals(
    told.fail({ type: "transaction", then: [put("b"), get, get, get, get] }),
    "TOO_LARGE",
  );
  assertEquals(told.keys(), ["a"]);
});

Deno.test("a list comes in pages that together are the whole, at one revision", () => {
  const told = new Told();
  const keys = Array.from(
    { length: LIST_ENTRIES * 2 + 7 },
    (_, i) => `k${String(i).padStart(5, "0")}`,
  );
  for (const key of keys) told.do(put(key));
  const { revision } = told.state;
  told.do({ type: "delete", prefix: "" });
  const seen: string[] = [];
  for (let after: string | undefined, more = true; more;) {
    const page = told.state.list("k", { revision, ...(after === undefined ? {} : { after }) });
    assert(page.ok);
    seen.push(...page.result.entries.map(({ key }) => key));
    after = seen.at(-1);
    more = page.result.more;
  }
  assertEquals(seen, keys);
});

Deno.test("a page is bounded by bytes, and one large entry is still given", () => {
  const told = new Told();
  for (const key of ["a", "b"]) told.do(put(key, "x".repeat(VALUE_BYTES - 2)));
  const page = told.state.list("");
  assertEquals(page.ok && [page.result.entries.length, page.result.more], [1, true]);
});

Deno.test("a retried command gets its first outcome and is not applied again", () => {
  const told = new Told();
  const { session } = told.do({ type: "session-open", ttlMs: 10_000 });
  const command = put("a", 1, { session, sequence: 1 });
  const first = told.tell(command);
  told.do(put("a", 2));
  const again = told.tell(command);
  assertEquals([again.outcome, again.isReplay, again.events], [first.outcome, true, []]);
  assertEquals(told.state.get("a").ok && told.state.revision, 3);
});

Deno.test("a remembered outcome survives a snapshot, errors too", () => {
  const told = new Told();
  const { session } = told.do({ type: "session-open", ttlMs: 10_000 });
  const commands = [
    put("a", 1, { session, sequence: 2 }),
    put("a", 1, { session, sequence: 1, lease: 9 }),
  ];
  const first = commands.map((command) => told.tell(command).outcome);
  const restored = State.restore(JSON.parse(JSON.stringify([...told.state.snapshot()])));
  const again = commands.map((command, i) => restored.apply(100 + i, command));
  assertEquals(again.map(({ outcome }) => outcome), first);
  assertEquals(again.map(({ isReplay }) => isReplay), [true, true]);
});

Deno.test("a sequence whose result is acknowledged or too old is refused, not applied", () => {
  const told = new Told();
  const { session } = told.do({ type: "session-open", ttlMs: 10_000 });
  told.do(put("a", 1, { session, sequence: 1 }));
  told.do(put("a", 1, { session, sequence: 3, acknowledged: 3 }));
  assertEquals(told.fail(put("a", 1, { session, sequence: 2 })), "STALE_SEQUENCE");
  const last = 3 + SESSION_RESULTS * 2;
  for (let sequence = 4; sequence <= last; sequence++) told.do(put("a", 1, { session, sequence }));
  assertEquals(told.fail(put("a", 1, { session, sequence: 4 })), "STALE_SEQUENCE");
  const kept = put("a", 1, { session, sequence: last - SESSION_RESULTS + 1 });
  assertEquals(told.tell(kept).isReplay, true);
});

Deno.test("leases and sessions have the ids that their commands name, or the log index", () => {
  const told = new Told();
  const drawn = 2 ** 53 - 1;
  const grant = { type: "lease-grant", ttlMs: 10_000, drawnId: drawn };
  assertEquals(told.do(grant).lease, drawn);
  assertEquals(told.fail(grant), "ID_TAKEN");
  const open = { type: "session-open", ttlMs: 10_000, drawnId: drawn };
  const { outcome, expiry } = told.tell(open);
  assert(outcome.ok);
  // Its counter is the log index all the same: an expiry is told from a later command by it.
  assertEquals(expiry, [{ type: "alive", kind: "session", id: drawn, ttlMs: 10_000, counter: 3 }]);
  assertEquals(told.fail(open), "ID_TAKEN");
  assertEquals(told.do({ type: "lease-grant", ttlMs: 10_000 }).lease, 5);
  assertEquals(told.do({ type: "session-open", ttlMs: 10_000 }).session, 6);
  for (const drawnId of [0, 1.5, 2 ** 53, "7", null]) {
    assertEquals(told.fail({ ...grant, drawnId }), "BAD_REQUEST");
  }
  const restored = State.restore(JSON.parse(JSON.stringify([...told.state.snapshot()])));
  assertEquals([restored.lease(drawn)?.lease, restored.hasSession(drawn)], [drawn, true]);
});

Deno.test("a taken id is drawn anew under the same sequence, and what it gave is remembered", () => {
  const told = new Told();
  const { session } = told.do({ type: "session-open", ttlMs: 10_000 });
  const grant = { type: "lease-grant", ttlMs: 10_000, session, sequence: 1 };
  told.do({ type: "lease-grant", ttlMs: 10_000, drawnId: 7 });
  assertEquals(told.fail({ ...grant, drawnId: 7 }), "ID_TAKEN");
  assertEquals(told.do({ ...grant, drawnId: 8 }).lease, 8);
  // Sent again it is stamped with another id, and still gets the first.
  assertEquals(told.do({ ...grant, drawnId: 9 }).lease, 8);
  assertEquals(told.state.lease(9), undefined);
});

Deno.test("a session's command after its end is an error and is not applied", () => {
  for (const end of ["close", "expire"]) {
    const told = new Told();
    const { session } = told.do({ type: "session-open", ttlMs: 10_000 });
    const { expiry } = told.tell(put("a", 1, { session, sequence: 1 }));
    const counter = expiry[0]?.type === "alive" ? expiry[0].counter : 0;
    told.do(
      end === "close"
        ? { type: "session-close", session }
        : { type: "expire", sessions: [{ id: session, counter }] },
    );
    assertEquals(told.fail(put("b", 1, { session, sequence: 2 })), "SESSION_EXPIRED");
  }
});

Deno.test("a session's expiry that one of its commands overtook is void", () => {
  const told = new Told();
  const { session } = told.do({ type: "session-open", ttlMs: 10_000 });
  told.do(put("a", 1, { session, sequence: 1 }));
  const expire = { type: "expire", sessions: [{ id: session, counter: session }] };
  assertEquals(told.do(expire).changed, false);
  assertEquals(told.state.hasSession(session), true);
});

Deno.test("the end of leases deletes their keys at one revision", () => {
  const told = new Told();
  const [one, two] = [told.lease(), told.lease()];
  told.do(put("b", 1, { lease: one }));
  told.do(put("a", 1, { lease: one }));
  told.do(put("c", 1, { lease: two }));
  told.do(put("moved", 1, { lease: one }));
  told.do(put("moved", 2));
  const leases = [{ id: one, counter: 1 }, { id: two, counter: 1 }, { id: 99, counter: 1 }];
  const { events } = told.tell({ type: "expire", leases });
  assertEquals(events.map(({ type, key, revision }) => [type, key, revision]), [
    ["delete", "a", told.state.revision],
    ["delete", "b", told.state.revision],
    ["delete", "c", told.state.revision],
  ]);
  assertEquals(told.keys(), ["moved"]);
});

Deno.test("a lease's expiry that a keep-alive overtook is void", () => {
  const told = new Told();
  const lease = told.lease();
  told.do(put("a", 1, { lease }));
  assertEquals(told.do({ type: "keep-alive", leases: [lease, 99] }).lost.leases, [99]);
  assertEquals(told.do({ type: "expire", leases: [{ id: lease, counter: 1 }] }).changed, false);
  assertEquals(told.keys(), ["a"]);
  assertEquals(told.do({ type: "expire", leases: [{ id: lease, counter: 2 }] }).changed, true);
  assertEquals(told.keys(), []);
});

Deno.test("a lock goes to its waiters in order, each with a larger fencing token", () => {
  const told = new Told();
  const leases = [told.lease(), told.lease(), told.lease(), told.lease()];
  const [a, b, c, d] = leases;
  const acquire = (lease: unknown, wait = true) =>
    told.do({ type: "lock-acquire", name: "n/1", lease, wait });
  const first = acquire(a);
  assertEquals([first.state, first.token, first.key], [
    "held",
    told.state.revision,
    `$lock/n/1/${a}`,
  ]);
  assertEquals([acquire(b).state, acquire(c).ahead], ["waiting", 2]);
  assertEquals(acquire(d, false), { ...acquire(d, false), state: "none", holder: a, ahead: 3 });
  assertEquals(acquire(a).token, first.token);
  assertEquals(told.keys("$lock/n/1/").length, 3);

  const released = told.tell({ type: "lock-release", name: "n/1", lease: a });
  assertEquals(released.events.map(({ type, key }) => [type, key]), [
    ["delete", `$lock/n/1/${a}`],
    ["put", `$lock/n/1/${b}`],
  ]);
  const second = acquire(b);
  assertEquals([second.state, second.token], ["held", released.events[1]?.revision]);
  assert(second.token > first.token);

  const restored = State.restore(told.state.snapshot());
  assertEquals(restored.lock("n/1"), [b, c]);
  told.do({ type: "lease-revoke", lease: b });
  const third = acquire(c);
  assertEquals([third.state, third.token], ["held", told.state.revision]);
  assertEquals(told.do({ type: "lock-release", name: "n/1", lease: a }).changed, false);
});

Deno.test("a lock whose holder and next waiter end together goes to the one after", () => {
  const told = new Told();
  const [a, b, c] = [told.lease(), told.lease(), told.lease()];
  for (const lease of [a, b, c]) told.do({ type: "lock-acquire", name: "l", lease, wait: true });
  const { events } = told.tell({
    type: "expire",
    leases: [b, a].map((id) => ({ id, counter: 1 })),
  });
  assertEquals(events.map(({ type }) => type), ["delete", "delete", "put"]);
  assertEquals(told.state.lock("l"), [c]);
});

Deno.test("deleting everything leaves the locks", () => {
  const told = new Told();
  told.do({ type: "lock-acquire", name: "l", lease: told.lease() });
  told.do(put("a"));
  assertEquals(told.do({ type: "delete", prefix: "" }).deleted, 1);
  assertEquals(told.keys().length, 1);
});

Deno.test("compaction hides what is below it, keeps what is at it, and gives the bytes back", () => {
  const told = new Told();
  for (let i = 0; i < 10; i++) told.do(put("a", i));
  told.do(put("gone"));
  told.do({ type: "delete", key: "gone" });
  const full = told.state.status().bytes;
  const at = told.state.revision;
  assertEquals(told.do({ type: "compact", revision: at }).changed, true);
  assertEquals(told.do({ type: "compact", revision: at - 1 }).changed, false);
  const old = told.state.get("a", { revision: at - 1 });
  assertEquals(!old.ok && [old.error.code, old.error.details], ["COMPACTED", { revision: at }]);
  assertEquals(told.state.get("a", { revision: at }).ok, true);
  assert(told.state.status().bytes < full / 4);
  // The deletion at the very revision can still be watched, and goes with the next compaction.
  assertEquals(told.state.history({ prefix: "" }, at, 9).events.map(({ type }) => type), [
    "delete",
  ]);
  assertEquals(told.state.history({ key: "gone" }, at, 9).events.length, 1);
  told.do(put("b"));
  told.do({ type: "compact", revision: at + 1 });
  const empty = new Told();
  empty.do(put("a", 9));
  empty.do(put("b"));
  assertEquals(told.state.status().bytes, empty.state.status().bytes);
});

Deno.test("compaction is proposed once there is more history than is kept", () => {
  const told = new Told();
  let proposed;
  while ((proposed = proposeCompaction(told.state)) === undefined) told.do(put("a"));
  assertEquals(proposed.revision, told.state.revision - HISTORY_REVISIONS);
  told.do(proposed);
  assertEquals(proposeCompaction(told.state), undefined);
});

Deno.test("large history is compacted to the half, however few the revisions", () => {
  const told = new Told();
  let proposed;
  while ((proposed = proposeCompaction(told.state)) === undefined) {
    told.do(put("a", "x".repeat(500_000)));
  }
  const { historyBytes } = told.state.status();
  told.do(proposed);
  assert(told.state.status().historyBytes <= historyBytes / 2);
  assert(told.state.status().historyBytes > historyBytes / 3);
});

Deno.test("a full state refuses puts, and takes them again after deleting and compacting", () => {
  const told = new Told();
  let keys = 0;
  while (told.tell(put(`${keys}`, "x".repeat(500_000))).outcome.ok) keys++;
  assertEquals(told.fail(put("a", "x".repeat(500_000))), "NO_SPACE");
  assertEquals(told.do({ type: "delete", prefix: "" }).deleted, keys);
  told.do({ type: "compact", revision: told.state.revision });
  told.do(put("a", "x".repeat(500_000)));
});

Deno.test("a watch that is too slow ends with the revision to resume from", () => {
  const told = new Told();
  const watches = new Watches(told.state);
  assertEquals(watches.add("w", { key: "a" }), { ok: true, nextRevision: 2, isReady: false });
  for (let i = 0; i < 3; i++) watches.feed(told.tell(put("a", i)).events);
  told.do({ type: "compact", revision: 4 });
  const news = watches.take("w");
  assertEquals(news?.ok === false && [news.error.code, news.error.details], ["COMPACTED", {
    revision: 4,
  }]);
  assertEquals([watches.take("w"), watches.size], [undefined, 0]);
  const late = watches.add("w", { key: "a", fromRevision: 3 });
  assertEquals(late.ok ? "" : late.error.code, "COMPACTED");
  assertEquals(watches.add("w", { key: "a", fromRevision: 4 }).ok, true);
});

Deno.test("a quiet watch outlives compaction, and a watch from the future waits", () => {
  const told = new Told();
  const watches = new Watches(told.state);
  watches.add("quiet", { prefix: "q" });
  watches.add("future", { prefix: "", fromRevision: 4 });
  watches.feed(told.tell(put("a")).events);
  watches.feed(told.tell(put("a")).events);
  told.do({ type: "compact", revision: 3 });
  assertEquals(watches.feed(told.tell(put("q")).events).sort(), ["future", "quiet"]);
  for (const id of ["quiet", "future"]) {
    const news = watches.take(id);
    assertEquals(news?.ok && [news.events.map(({ revision }) => revision), news.nextRevision], [
      [4],
      5,
    ]);
  }
});

Deno.test("a watch asked between a command and its feed loses nothing", () => {
  const told = new Told();
  const watches = new Watches(told.state);
  watches.add("w", { key: "a" });
  const { events } = told.tell(put("a"));
  watches.take("w");
  assertEquals(watches.feed(events), ["w"]);
  const news = watches.take("w");
  assertEquals(news?.ok && news.events, events);
});

Deno.test("watches go on over a state that a snapshot brought", () => {
  const told = new Told();
  const follower = new State();
  follower.apply(1, put("a"));
  told.do(put("a"));
  const watches = new Watches(follower);
  watches.add("w", { prefix: "" });
  told.do(put("b"));
  told.do(put("c"));
  const brought = State.restore(told.state.snapshot());
  assertEquals(watches.rebase(brought), ["w"]);
  const news = watches.take("w");
  assertEquals(news?.ok && news.events.map(({ key }) => key), ["b", "c"]);
});

Deno.test("removed watches are not woken", () => {
  const told = new Told();
  const watches = new Watches(told.state);
  watches.add("a", { prefix: "a" });
  watches.add("b", { prefix: "a" });
  assertEquals([watches.remove("a"), watches.remove("a")], [true, false]);
  assertEquals(watches.feed(told.tell(put("ab")).events), ["b"]);
});

Deno.test("a snapshot that is not whole or not one is refused", () => {
  const told = new Told();
  const lease = told.lease();
  told.do({ type: "session-open", ttlMs: 1_000 });
  for (let i = 0; i < 5; i++) told.do(put(`k${i}`, "x".repeat(100_000), { lease }));
  told.do({ type: "compact", revision: 4 });
  const chunks = [...told.state.snapshot()];
  assert(chunks.length > 5);
  for (const [i] of chunks.entries()) {
    assertThrows(() => State.restore(chunks.toSpliced(i, 1)), ClusterError, "snapshot");
  }
  for (const wrong of [[], [1], [{ type: "header" }], [...chunks, {}]]) {
    assertThrows(() => State.restore(wrong), ClusterError, "snapshot");
  }
  assertEquals(State.restore(chunks).digest(), told.state.digest());
});
