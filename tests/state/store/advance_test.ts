import { assert, assertEquals } from "@std/assert";
import { REGAINED_REVISIONS } from "../../../lib/core/mod.ts";
import { REGAINED_TERMS } from "../../../lib/bootstrap/limits.ts";
import { HIGHEST_REVISION, State, Watches } from "../../../lib/state/store/mod.ts";

const ADVANCE = { type: "advance", revisions: REGAINED_REVISIONS };

/** A state in which a key was written, one deleted, and one lock is held by one of two. */
function written(): { state: State; tell(command: unknown): ReturnType<State["apply"]> } {
  const state = new State();
  let index = 0;
  const tell = (command: unknown) => state.apply(++index, command);
  tell({ type: "put", key: "a", value: 1 });
  tell({ type: "put", key: "a", value: 2 });
  tell({ type: "put", key: "gone", value: 1 });
  tell({ type: "delete", key: "gone" });
  for (const drawnId of [7, 8]) {
    tell({ type: "lease-grant", ttlMs: 10_000, drawnId });
    tell({ type: "lock-acquire", name: "job", lease: drawnId, wait: true });
  }
  return { state, tell };
}

Deno.test("an advance goes on a billion revisions higher, and forgets all history", () => {
  const { state, tell } = written();
  const before = state.revision;
  const { outcome, hasAdvanced, events } = tell(ADVANCE);
  const after = before + REGAINED_REVISIONS;
  assertEquals([outcome.ok, outcome.revision, hasAdvanced, events], [true, after, true, []]);
  assertEquals([state.revision, state.compactedRevision], [after, after]);
  // The keys are as they were, and still known by the revisions that wrote them.
  const read = state.get("a");
  assertEquals(read.ok && [read.result.entry?.value, read.result.entry?.modRevision], [2, 3]);
  for (const revision of [3, before, after - 1]) {
    const old = state.get("a", { revision });
    assertEquals(old.ok || [old.error.code, old.error.details], ["COMPACTED", { revision: after }]);
  }
  assertEquals(state.history({ prefix: "" }, after, 100).events, []);
  const put = tell({ type: "cas", key: "a", expect: { revision: 3 }, value: 3 });
  assertEquals([put.outcome.revision, put.events[0]?.revision], [after + 1, after + 1]);
});

Deno.test("tokens after an advance are larger than all that may have been given before", () => {
  const { state, tell } = written();
  const before = state.revision;
  tell(ADVANCE);
  const { events } = tell({ type: "lease-revoke", lease: 7 });
  assertEquals(state.lock("job"), [8]);
  const { outcome } = tell({ type: "lock-acquire", name: "job", lease: 8 });
  assert(outcome.ok && outcome.result.type === "lock");
  assertEquals(outcome.result.token, before + REGAINED_REVISIONS + 1);
  assertEquals(events.at(-1)?.revision, outcome.result.token);
});

Deno.test("a snapshot after an advance is whole, and counts what the state counts", () => {
  const { state, tell } = written();
  tell(ADVANCE);
  const restored = State.restore(JSON.parse(JSON.stringify([...state.snapshot()])));
  assertEquals([restored.digest(), restored.status()], [state.digest(), state.status()]);
  tell({ type: "put", key: "b", value: 1 });
  tell(ADVANCE);
  const again = State.restore(JSON.parse(JSON.stringify([...state.snapshot()])));
  assertEquals(again.status(), state.status());
  assert(again.revision > 2 * REGAINED_REVISIONS);
});

Deno.test("watches from before an advance are compacted, and those from behind it go on", () => {
  const { state, tell } = written();
  const watches = new Watches(state);
  const before = state.revision;
  const after = before + REGAINED_REVISIONS;
  // One that waits; one that was told more than this replica has; one that was told of the advance
  // elsewhere.
  watches.add("waits", { key: "a" });
  watches.add("is ahead", { prefix: "", fromRevision: before + 9 });
  watches.add("knows", { key: "a", fromRevision: after + 1 });
  assert(tell(ADVANCE).hasAdvanced);
  assertEquals(watches.rebase(state).sort(), ["is ahead", "waits"]);
  for (const id of ["waits", "is ahead"]) {
    const news = watches.take(id);
    assertEquals(news?.ok === false && [news.error.code, news.error.details], [
      "COMPACTED",
      { revision: after },
    ]);
  }
  const late = watches.add("late", { key: "a", fromRevision: before + 1 });
  assertEquals(late.ok || late.error.code, "COMPACTED");
  const { events } = tell({ type: "put", key: "a", value: 9 });
  assertEquals(watches.feed(events), ["knows"]);
  const news = watches.take("knows");
  assertEquals(news?.ok && news.events.map(({ revision }) => revision), [after + 1]);
});

Deno.test("a watch over a snapshot from behind an advance is compacted too", () => {
  const ahead = written();
  ahead.tell(ADVANCE);
  ahead.tell({ type: "put", key: "a", value: 9 });
  const { state } = written();
  const watches = new Watches(state);
  watches.add("w", { key: "a" });
  const restored = State.restore(JSON.parse(JSON.stringify([...ahead.state.snapshot()])));
  assertEquals(watches.rebase(restored), ["w"]);
  const news = watches.take("w");
  assertEquals(news?.ok === false && news.error.code, "COMPACTED");
});

Deno.test("revisions stay exact: nine million advances fit, and one past that is refused", () => {
  assert(Math.floor(Number.MAX_SAFE_INTEGER / REGAINED_REVISIONS) > 9_000_000);
  assert(Math.floor(Number.MAX_SAFE_INTEGER / REGAINED_TERMS) > 9_000_000_000);
  const at = (revision: number) =>
    State.restore([
      { type: "header", format: 1, index: 1, revision, compactedRevision: revision },
      { type: "end", items: 0 },
    ]);
  const last = at(HIGHEST_REVISION - REGAINED_REVISIONS);
  const { outcome } = last.apply(2, ADVANCE);
  assertEquals([outcome.ok, last.revision], [true, HIGHEST_REVISION]);
  const past = at(HIGHEST_REVISION - REGAINED_REVISIONS + 1);
  const refused = past.apply(2, ADVANCE);
  assertEquals([refused.outcome.ok, refused.hasAdvanced], [false, false]);
  assertEquals(past.revision, HIGHEST_REVISION - REGAINED_REVISIONS + 1);
  // There is room for as many writes as ever went before.
  assert(Number.isSafeInteger(last.revision + REGAINED_REVISIONS));
});

Deno.test("an advance is by a bounded number of revisions, and takes no sequence", () => {
  const { state, tell } = written();
  const { revision } = state;
  for (const revisions of [0, -1, 1.5, REGAINED_REVISIONS + 1, "9", undefined]) {
    assertEquals(tell({ type: "advance", revisions }).outcome.ok, false);
  }
  assertEquals(tell({ ...ADVANCE, session: 1, sequence: 1 }).outcome.ok, false);
  assertEquals(state.revision, revision);
});
