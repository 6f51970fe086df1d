import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { VALUE_DEPTH } from "../../../lib/state/store/limits.ts";
import { jsonBytes } from "../../../lib/state/store/json_value.ts";

function written(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).length;
}

Deno.test("the bytes of any value are those that JSON.stringify writes", () => {
  const value = fc.jsonValue({ maxDepth: 6, stringUnit: "binary" });
  fc.assert(fc.property(value, (value) => assertEquals(jsonBytes(value), written(value))), {
    numRuns: 2_000,
  });
});

Deno.test("each colon, comma, bracket and escape counts", () => {
  const table: unknown[] = [
    {},
    [],
    { a: 1 },
    { a: 1, b: 2 },
    [1, 2, 3],
    [[], {}],
    { "é": "é\u{1F600}" },
    "\ud800",
    "\u{10FFFF}\udc00",
    '"\\/\b\t\n\v\f\r\u007f\u0080\u07ff\u0800\uffff',
    [true, false, null],
    [-0, 1e21, 1e-7, -1.5],
  ];
  for (const value of table) assertEquals(jsonBytes(value), written(value), JSON.stringify(value));
});

Deno.test("a value is measured to its allowed depth, and not one level beyond", () => {
  const nested = (depth: number) => JSON.parse("[".repeat(depth) + "]".repeat(depth));
  assertEquals(jsonBytes(nested(VALUE_DEPTH)), 2 * VALUE_DEPTH);
  assertEquals(jsonBytes(nested(VALUE_DEPTH + 1)), undefined);
  for (const stranger of [undefined, NaN, Infinity, 1n, () => {}, [undefined], { a: NaN }]) {
    assertEquals(jsonBytes(stranger), undefined);
  }
});
