import { assert, assertEquals } from "@std/assert";
import { SNAPSHOT_CHUNK_BYTES } from "../../../lib/state/store/limits.ts";
import { jsonBytes, jsonEquals } from "../../../lib/state/store/json_value.ts";
import { State, Watches } from "../../../lib/state/store/mod.ts";

/** A state after some commands. */
function stateOf(...commands: unknown[]): State {
  const state = new State();
  commands.forEach((command, at) => {
    const { outcome } = state.apply(at + 1, command);
    assert(outcome.ok, JSON.stringify(outcome));
  });
  return state;
}

const put = (key: string, value: unknown = 1, more = {}) => ({ type: "put", key, value, ...more });

Deno.test("a put with a lease that can be none is refused, and with one that is not there too", () => {
  const table: [lease: unknown, code: string][] = [
    ...["5", 0, -1, 0.5, null, true, [1], {}, 2 ** 53].map((lease) =>
      [lease, "BAD_REQUEST"] as [unknown, string]
    ),
    [9, "LEASE_NOT_FOUND"],
  ];
  for (const [lease, code] of table) {
    const { outcome } = new State().apply(1, put("a", 1, { lease }));
    assertEquals(outcome.ok ? "ok" : outcome.error.code, code, JSON.stringify(lease));
  }
});

Deno.test("a list goes on behind the key that it is told, also when that is the prefix itself", () => {
  const state = stateOf(put("a"), put("ab"), put("ac"), put("b"));
  const keysAfter = (after?: string) => {
    const page = state.list("a", after === undefined ? {} : { after });
    assert(page.ok);
    return page.result.entries.map(({ key }) => key);
  };
  assertEquals(keysAfter(), ["a", "ab", "ac"]);
  assertEquals(keysAfter("a"), ["ab", "ac"]);
  assertEquals(keysAfter("aa"), ["ab", "ac"]);
  assertEquals(keysAfter("ab"), ["ac"]);
  assertEquals(keysAfter("ac"), []);
  // A key before all of the prefix passes none of them over.
  assertEquals(keysAfter("A"), ["a", "ab", "ac"]);
});

Deno.test("a removed watch of one key is not woken, and leaves the others of its key", () => {
  const state = stateOf(put("a"));
  const watches = new Watches(state);
  watches.add("x", { key: "b" });
  watches.add("y", { key: "b" });
  watches.add("z", { prefix: "" });
  assertEquals(watches.remove("x"), true);
  const { events } = state.apply(2, put("b"));
  assertEquals(watches.feed(events).toSorted(), ["y", "z"]);
  assertEquals([watches.remove("y"), watches.remove("z")], [true, true]);
  assertEquals(watches.feed(state.apply(3, put("b")).events), []);
});

Deno.test("a snapshot is cut into chunks of their size, and its digest is the same in every version", () => {
  const values = Array.from({ length: 40 }, (_, at) => put(`k${at}`, "x".repeat(50_000)));
  const state = stateOf(...values);
  const chunks = [...state.snapshot()].filter(({ type }) => type !== "header" && type !== "end");
  assert(chunks.length >= 40 * 50_000 / SNAPSHOT_CHUNK_BYTES, `${chunks.length} chunks`);
  for (const chunk of chunks) {
    assert(JSON.stringify(chunk).length < SNAPSHOT_CHUNK_BYTES * 1.1);
    assert("items" in chunk && Array.isArray(chunk.items) && chunk.items.length > 0);
  }
  // Every replica that applied the same has it, of whatever version.
  const small = stateOf(put("a", { n: 1 }), { type: "lease-grant", ttlMs: 5_000 }, put("b", "é"));
  assertEquals(small.digest(), "f6d229db120f19e2");
});

Deno.test("every character has the bytes that JSON.stringify gives it, wherever it stands", () => {
  const written = (value: unknown) => new TextEncoder().encode(JSON.stringify(value)).length;
  for (let unit = 0; unit < 0x1_0000; unit++) {
    const sign = String.fromCharCode(unit);
    const isEdge = unit < 0x80 || (unit & 0xff) === 0 || (unit & 0xff) === 0xff;
    if (isEdge && jsonBytes(sign) !== written(sign)) assertEquals(sign, undefined);
  }
  for (const high of [0xd7ff, 0xd800, 0xdbff, 0xdc00]) {
    for (const low of [0xdbff, 0xdc00, 0xdfff, 0xe000, 0x61]) {
      const text = String.fromCharCode(high, low);
      assertEquals(jsonBytes(text), written(text), `${high.toString(16)} ${low.toString(16)}`);
    }
  }
});

Deno.test("two values are the same JSON when their fields are, in whatever order", () => {
  const same: [unknown, unknown][] = [
    [{ a: 1, b: [2] }, { b: [2], a: 1 }],
    [[], []],
    [null, null],
    [[{ a: null }], [{ a: null }]],
  ];
  const other: [unknown, unknown][] = [
    [{ a: 1 }, { a: 1, b: 1 }],
    [{ a: 1, b: 1 }, { a: 1 }],
    [{ a: 1 }, { b: 1 }],
    [{ a: 1 }, { a: 2 }],
    [[1, 2], [2, 1]],
    [[1], [1, 2]],
    [[1], [2]],
    [[], {}],
    [{}, []],
    [[1], { 0: 1 }],
    [null, {}],
    [{}, null],
    [1, "1"],
    [{ toString: 1 }, { valueOf: 1 }],
    [{ toString: 1 }, { a: 1 }],
  ];
  for (const [isSame, pairs] of [[true, same], [false, other]] as const) {
    for (const [left, right] of pairs) {
      const told = [
        jsonEquals(left as never, right as never),
        jsonEquals(right as never, left as never),
      ];
      assertEquals(told, [isSame, isSame], JSON.stringify([left, right]));
    }
  }
});
