import { assertEquals } from "@std/assert";
import { isInteger, isJsonObject, isNonEmptyString, nestingFault } from "../../lib/core/mod.ts";

Deno.test("an object of JSON is neither null nor a list", () => {
  for (const value of [{}, { a: 1 }]) assertEquals(isJsonObject(value), true);
  for (const value of [null, [], "x", 1, true, undefined]) assertEquals(isJsonObject(value), false);
});

Deno.test("a text is neither empty nor longer than it may be", () => {
  const table: [value: unknown, isText: boolean][] = [
    ["a", true],
    ["abc", true],
    ["abcd", false],
    ["", false],
    [3, false],
    [null, false],
    [["a"], false],
  ];
  for (const [value, expected] of table) {
    assertEquals(isNonEmptyString(value, 3), expected, `${value}`);
  }
});

Deno.test("a whole number lies between its bounds, both counted in", () => {
  const table: [value: unknown, isWhole: boolean][] = [
    [2, true],
    [4, true],
    [1, false],
    [5, false],
    [2.5, false],
    [NaN, false],
    ["3", false],
  ];
  for (const [value, expected] of table) assertEquals(isInteger(value, 2, 4), expected, `${value}`);
  for (const value of [0, Number.MAX_SAFE_INTEGER]) assertEquals(isInteger(value), true);
  for (const value of [-1, Number.MAX_SAFE_INTEGER + 1, Infinity]) {
    assertEquals(isInteger(value), false);
  }
});

Deno.test("nesting is allowed to its level, in lists, in objects and in both", () => {
  const shapes: [what: string, nested: (depth: number) => unknown][] = [
    ["lists", (depth) => JSON.parse("[".repeat(depth) + "]".repeat(depth))],
    ["objects", (depth) => JSON.parse('{"a":'.repeat(depth) + "1" + "}".repeat(depth))],
    ["both", (depth) => JSON.parse('[1,{"a":'.repeat(depth / 2) + "1" + "}]".repeat(depth / 2))],
  ];
  for (const [what, nested] of shapes) {
    assertEquals(nestingFault(nested(6), 6), undefined, what);
    assertEquals(nestingFault(nested(8), 7), "too-deep", what);
    assertEquals(nestingFault([1, nested(6)], 6), "too-deep", what);
    assertEquals(nestingFault({ b: 1, a: nested(6) }, 6), "too-deep", what);
  }
  for (const value of [1, "x", null, true]) assertEquals(nestingFault(value, 0), undefined);
  assertEquals(nestingFault([], 0), "too-deep");
  assertEquals(nestingFault({}, 0), "too-deep");
});

Deno.test("a key that would become a prototype is found wherever it stands", () => {
  for (const text of ['{"__proto__":1}', '[{"a":{"__proto__":{}}}]', '{"b":1,"__proto__":null}']) {
    assertEquals(nestingFault(JSON.parse(text), 8), "prototype-key", text);
  }
  assertEquals(nestingFault(JSON.parse('{"constructor":"__proto__"}'), 8), undefined);
});
