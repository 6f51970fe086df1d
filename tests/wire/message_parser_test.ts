import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { BATCH_MESSAGES, MESSAGE_DEPTH, TYPE_CHARACTERS } from "../../lib/core/mod.ts";
import { parseMessages, WireError } from "../../lib/wire/mod.ts";

/** A message whose innermost array or object stands at the given level; the message is level 1. */
function nested(levels: number, open: string, close: string): string {
  return `{"type":"a","body":${open.repeat(levels - 1)}1${close.repeat(levels - 1)}}`;
}

const REJECTIONS: [what: string, text: string, reason: string][] = [
  ["what is not JSON", "hello", "A frame that is not JSON: hello"],
  ["an empty text", "", "A frame that is not JSON"],
  ["JSON that is cut", '{"type":', "A frame that is not JSON"],
  ["two messages in one frame", '{"type":"a"}{"type":"b"}', "A frame that is not JSON"],
  ["a byte order mark", '\ufeff{"type":"a"}', "A frame that is not JSON"],
  ["a number", "17", "A message is a JSON object, not 17"],
  ["a string", '"type"', "A message is a JSON object"],
  ["null", "null", "A message is a JSON object"],
  ["an object without a type", '{"a":1}', 'A message needs a "type"'],
  ["an empty type", '{"type":""}', 'A message needs a "type"'],
  ["a type that is no text", '{"type":["a"]}', 'A message needs a "type"'],
  [
    "a type that is too long",
    `{"type":"${"x".repeat(TYPE_CHARACTERS + 1)}"}`,
    "1 to 64 characters",
  ],
  ["half of a tutorial join", '{"source":{}}', 'A message needs a "type"'],
  ["a tutorial join of texts", '{"source":"a","dest":"b"}', 'A message needs a "type"'],
  ["arrays one level too deep", nested(MESSAGE_DEPTH + 1, "[", "]"), "deeper than 64 levels"],
  ["objects one level too deep", nested(MESSAGE_DEPTH + 1, '{"a":', "}"), "deeper than 64 levels"],
  ["100,000 levels", nested(100_000, "[", "]"), "deeper than 64 levels"],
  ["100,000 levels of objects", nested(100_000, '{"a":', "}"), "deeper than 64 levels"],
  ["__proto__ as a key", '{"type":"a","__proto__":{"b":1}}', 'A key named "__proto__"'],
  ["__proto__ further in", '{"type":"a","b":[{"__proto__":1}]}', 'A key named "__proto__"'],
  ["__proto__ in escapes", '{"type":"a","\\u005f_proto__":1}', 'A key named "__proto__"'],
  [
    "__proto__ in nothing but escapes",
    '{"type":"a","\\u005F\\u005F\\u0070\\u0072\\u006f\\u0074\\u006f\\u005f\\u005f":1}',
    'A key named "__proto__"',
  ],
];

for (const [what, text, reason] of REJECTIONS) {
  Deno.test(`${what} is rejected with the reason, in an array too`, () => {
    const error = assertThrows(() => parseMessages(text, true), WireError);
    assertEquals(error.code, "BAD_MESSAGE");
    assertStringIncludes(error.message, reason);
    assertThrows(() => parseMessages(`[{"type":"a"},${text}]`, true), WireError);
  });
}

Deno.test("a reason quotes no more than a line of what was sent", () => {
  const error = assertThrows(() => parseMessages("x".repeat(100_000), false), WireError);
  assertEquals(error.message.length < 120, true);
});

Deno.test("a message may be as deep as the limit, alone and in an array", () => {
  for (const [open, close] of [["[", "]"], ['{"a":', "}"]] as const) {
    const text = nested(MESSAGE_DEPTH, open, close);
    assertEquals(parseMessages(text, false), JSON.parse(text));
    assertEquals(parseMessages(`[${text},${text}]`, true), JSON.parse(`[${text},${text}]`));
  }
});

Deno.test("__proto__ is a text like any other where it is no key", () => {
  const text = '{"type":"__proto__","body":["__proto__","\\u005f_proto__"]}';
  assertEquals(parseMessages(text, false), JSON.parse(text));
});

Deno.test("an array needs both sides to have said batch, and holds 1 to the limit", () => {
  const array = (count: number) => `[${Array(count).fill('{"type":"a"}').join(",")}]`;
  const table: [count: number, mayBatch: boolean, reason: string | undefined][] = [
    [1, false, "An array of messages before both sides said batch"],
    [0, true, "An array of 0 messages; it holds 1 to 32"],
    [1, true, undefined],
    [BATCH_MESSAGES, true, undefined],
    [BATCH_MESSAGES + 1, true, "An array of 33 messages; it holds 1 to 32"],
  ];
  for (const [count, mayBatch, reason] of table) {
    if (reason === undefined) {
      assertEquals((parseMessages(array(count), mayBatch) as unknown[]).length, count);
    } else assertThrows(() => parseMessages(array(count), mayBatch), WireError, reason);
  }
});

Deno.test("the tutorial's join has no type and is known by its shape, in an array too", () => {
  const join = { source: { nodeId: 1 }, dest: {}, message: "x" };
  const expected = { ...join, type: "tutorial-join" };
  assertEquals(parseMessages(JSON.stringify(join), false), expected);
  assertEquals(parseMessages(JSON.stringify([join]), true), [expected]);
});
