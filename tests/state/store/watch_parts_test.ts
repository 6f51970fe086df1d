import { assert, assertEquals } from "@std/assert";
import { FRAME_BYTES } from "../../../lib/core/mod.ts";
import { type KeyEvent, State, Watches, type WatchRequest } from "../../../lib/state/store/mod.ts";

/** Room for what is around the events in a reply. */
const ENVELOPE_BYTES = 1_024;

/** All that a watch gives, asked anew for each part as over a link: each part must fit a frame. */
function read(state: State, request: WatchRequest): { events: KeyEvent[]; parts: number } {
  const all: KeyEvent[] = [];
  let asked = request;
  for (let parts = 1;; parts++) {
    const watches = new Watches(state);
    const added = watches.add("w", asked);
    assert(added.ok);
    if (!added.isReady) return { events: all, parts: parts - 1 };
    const news = watches.take("w");
    assert(news?.ok);
    const { events, nextRevision, skip } = news;
    const bytes = new TextEncoder().encode(JSON.stringify(events)).length;
    assert(bytes <= FRAME_BYTES - ENVELOPE_BYTES, `a part has ${bytes} bytes`);
    const before = all.at(-1)?.revision ?? 0;
    // What is left of a revision never comes together with others before it.
    if (events.some(({ revision }) => revision > before)) {
      assert(skip === 0 || events.every(({ revision }) => revision === nextRevision));
    }
    all.push(...events);
    asked = { ...request, fromRevision: nextRevision, skip };
  }
}

Deno.test("large values come in answers that fit a frame each", () => {
  const state = new State();
  const value = "x".repeat(400_000);
  for (let index = 1; index <= 5; index++) state.apply(index, { type: "put", key: "a", value });
  const { events, parts } = read(state, { key: "a", fromRevision: 2 });
  assertEquals(events.map(({ revision }) => revision), [2, 3, 4, 5, 6]);
  assertEquals(parts, 5);
});

Deno.test("a revision too large for one answer comes in parts, without a gap or a repetition", () => {
  const state = new State();
  // The control character takes six bytes as JSON.
  const keys = Array.from({ length: 3_000 }, (_, i) => `${"\u0001".repeat(200)}/${1_000 + i}`);
  keys.forEach((key, i) => state.apply(i + 1, { type: "put", key, value: i }));
  const before = state.revision;
  state.apply(keys.length + 1, { type: "delete", prefix: "" });
  state.apply(keys.length + 2, { type: "put", key: "after", value: 1 });
  const { events, parts } = read(state, { prefix: "", fromRevision: before });
  assertEquals(events.map(({ key }) => key), [keys.at(-1) as string, ...keys, "after"]);
  assert(parts > 5);
  const restored = State.restore(JSON.parse(JSON.stringify([...state.snapshot()])));
  assertEquals(read(restored, { prefix: "", fromRevision: before }).events, events);
});

Deno.test("a replica that is behind keeps how much of a revision was told", () => {
  const state = new State();
  const watches = new Watches(state);
  assert(watches.add("w", { prefix: "", fromRevision: 2, skip: 1 }).ok);
  // It answers before the revision has come, as a new master may, and is asked again with what it
  // said.
  assertEquals(watches.take("w"), {
    ok: true,
    events: [],
    nextRevision: 2,
    skip: 1,
    isReady: false,
  });
  const operations = ["a", "b"].map((key) => ({ type: "put" as const, key, value: 1 }));
  const applied = state.apply(1, { type: "transaction", if: [], then: operations });
  assertEquals(watches.feed(applied.events), ["w"]);
  const news = watches.take("w");
  assert(news?.ok);
  assertEquals(news.events.map(({ key }) => key), ["b"]);
});
