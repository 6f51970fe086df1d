import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { FRAME_BYTES } from "../../lib/core/mod.ts";
import { parseMessages, PiecewiseMessages, WireError } from "../../lib/wire/mod.ts";
import { isCostlyJson, PiecewiseJson } from "../../lib/wire/piecewise_json.ts";

/** What a text means, piece by piece; `undefined` when it is no JSON. */
function inPieces(text: string, parts: number): [unknown] | undefined {
  const json = new PiecewiseJson(text, () => {}, parts);
  try {
    for (let steps = 0; steps <= text.length; steps++) {
      const parsed = json.step();
      if (parsed !== undefined) return parsed;
    }
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  throw new Error("It never ends");
}

function atOnce(text: string): [unknown] | undefined {
  try {
    return [JSON.parse(text)];
  } catch {
    return undefined;
  }
}

/** In one text, so that the order of keys counts as well. */
function assertSame(text: string, parts: number): void {
  const [pieces, whole] = [inPieces(text, parts), atOnce(text)];
  assertEquals(JSON.stringify(pieces), JSON.stringify(whole), `${text} in pieces of ${parts}`);
}

const signs = fc.constantFrom(
  ...'[]{},:" \n\\',
  "1",
  "[[",
  "]]",
  '"a"',
  '"b":',
  '"b":[',
  '{"a":',
  "},",
  "],",
  "null",
  '"\\""',
  '"[,"',
);

Deno.test("a text in pieces means what it means at once", () => {
  fc.assert(
    fc.property(
      fc.json({ maxDepth: 6 }),
      fc.constantFrom(undefined, 1, "\t"),
      fc.integer({ min: 1, max: 6 }),
      (json, space, parts) => assertSame(JSON.stringify(JSON.parse(json), null, space), parts),
    ),
    { numRuns: 500 },
  );
});

Deno.test("what is no JSON is none in pieces, wherever it is wrong", () => {
  fc.assert(
    fc.property(
      fc.json({ maxDepth: 5 }),
      fc.nat(),
      fc.nat({ max: 2 }),
      signs,
      fc.integer({ min: 1, max: 4 }),
      (json, at, cut, sign, parts) => {
        const from = at % (json.length + 1);
        assertSame(json.slice(0, from) + sign + json.slice(from + cut), parts);
      },
    ),
    { numRuns: 2_000 },
  );
  fc.assert(
    fc.property(
      fc.array(signs, { maxLength: 14 }),
      fc.integer({ min: 1, max: 3 }),
      (parts, size) => assertSame(parts.join(""), size),
    ),
    { numRuns: 2_000 },
  );
});

Deno.test("the edges of pieces: empty ones, keys that come again, brackets of another kind", () => {
  const texts = [
    "",
    " ",
    ",",
    "1",
    "1,2",
    "[]",
    "[,]",
    "[1,]",
    "[,1]",
    "[1,,2]",
    '{"a":1,}',
    '{"a":1[]}',
    '{"a":1[1,2]}',
    "[1[1,2]]",
    "[[1,2]3]",
    "[[1,2] [1,2]]",
    '{"a":[1,2]"b":1}',
    "[1,2}",
    "[[1,2},1]",
    '{"a":{"x":1,"y":2],"b":1}',
    "[1,2]]",
    "[1,2],[3]",
    "[[1,2],]",
    "[[1,2],[3,4]]",
    '["a":1,2]',
    '{"a":[1,2],"a":{"b":1,"c":2},"b":1,"a":3}',
    '{"2":1,"1":[1,2],"a":1}',
    '{"[,":[1,"],"],"b,":1}',
    '{1,"a":2}',
    '{"a"}',
    "{[1,2]:1}",
    "[1,2",
    '["a,',
    '{"a":1,"b":[',
    "[1\f,2]",
    "[\u00a0[1,2]]",
  ];
  for (const text of texts) for (let parts = 1; parts < 5; parts++) assertSame(text, parts);
});

/** A message of nearly a mebibyte, of one unit again and again. */
function filled(unit: string): string {
  const [open, close] = ['{"type":"a","b":[', "0]}"];
  const times = Math.floor((FRAME_BYTES - open.length - close.length) / unit.length);
  return open + unit.repeat(times) + close;
}

function messagesInPieces(text: string): { message: unknown; steps: number } {
  const messages = new PiecewiseMessages(text, false);
  for (let steps = 1;; steps++) {
    const message = messages.step();
    if (message !== undefined) return { message, steps };
  }
}

Deno.test("what takes long to parse is known before, and taken in many pieces", () => {
  for (const unit of ["[],", "{},", "1,", `${"[".repeat(60)}${"]".repeat(60)},`, '{"a":[1]},']) {
    const text = filled(unit);
    assert(isCostlyJson(text), unit);
    const { message, steps } = messagesInPieces(text);
    assert(steps >= 10, `${unit}: ${steps} pieces`);
    assertEquals(JSON.stringify(message), JSON.stringify(parseMessages(text, false)));
  }
  const cheap = [filled(`"${"x".repeat(1_000)}",`), `["${",[{".repeat(10_000)}`.slice(0, 60_000)];
  for (const text of cheap) assert(!isCostlyJson(text));
});

Deno.test("in pieces the same is refused, in the same words", () => {
  const refused = [
    filled("[],").replace("[],[],0]}", "[],[],0]"),
    filled('{"\\u005f_proto__":1},'),
    filled("[],").replace(/[^]$/, ',"__proto__":[]}'),
    filled("[],").replace('"type"', '"kind"'),
    filled("[".repeat(80) + "]".repeat(80) + ","),
    filled("[],").replace(/^/, "[") + "]",
  ];
  for (const text of refused) {
    const { message } = assertThrows(() => parseMessages(text, false), WireError);
    assertThrows(() => messagesInPieces(text), WireError, message);
  }
});
