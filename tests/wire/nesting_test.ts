import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { FRAME_BYTES, MESSAGE_DEPTH } from "../../lib/core/mod.ts";
import { parseMessages, WireError } from "../../lib/wire/mod.ts";
import { isNestedDeeper } from "../../lib/wire/nesting.ts";

/** The depth of a value, itself counted, as a second way to tell it. */
function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

Deno.test("the depth told from the text is that of the value", () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 12 }), fc.integer({ min: 0, max: 14 }), (text, levels) => {
      assertEquals(isNestedDeeper(text, levels), depthOf(JSON.parse(text)) > levels);
    }),
  );
});

Deno.test("brackets in strings are no depth, whatever is escaped before them", () => {
  const brackets = "[{".repeat(100);
  const table: [text: string, isDeeper: boolean][] = [
    [JSON.stringify([brackets, { [brackets]: brackets }]), false],
    [JSON.stringify([`\\"${brackets}`, `${brackets}\\\\`, `"${brackets}"`]), false],
    [`["\\\\",${"[".repeat(70)}${"]".repeat(70)}]`, true],
    [`["${brackets}`, false],
    ["[]".repeat(1_000), false],
  ];
  for (const [text, isDeeper] of table) assertEquals(isNestedDeeper(text, 64), isDeeper, text);
});

Deno.test("what nests too deep is refused before it is parsed, at the very limit, alone and in company", () => {
  const nested = (levels: number) =>
    `{"type":"a","b":${"[".repeat(levels - 1)}${"]".repeat(levels - 1)}}`;
  for (const [wrap, mayBatch] of [["", false], ["", true], ["batch", true]] as const) {
    const frame = (levels: number) => wrap === "" ? nested(levels) : ` [${nested(levels)}]`;
    assert(parseMessages(frame(MESSAGE_DEPTH), mayBatch));
    assertThrows(() => parseMessages(frame(MESSAGE_DEPTH + 1), mayBatch), WireError, "64 levels");
  }
  // Neither is JSON: that it is not would be found by parsing it.
  for (const opening of ["[", '{"a":']) {
    const text = opening.repeat(FRAME_BYTES / opening.length);
    assertThrows(() => parseMessages(text, false), WireError, "64 levels");
  }
});
