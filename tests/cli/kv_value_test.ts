import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { parseFlags } from "../../lib/cli/flags.ts";
import { readValue, showValue, VALUE_FLAGS, valueText } from "../../lib/cli/kv_value.ts";
import { UsageError } from "../../lib/cli/usage_error.ts";
import type { Json } from "../../lib/core/mod.ts";

const PLAIN = await parseFlags([], VALUE_FLAGS);
const TEXT = await parseFlags(["--text"], VALUE_FLAGS);
const JSON_VALUE = await parseFlags(["--json-value"], VALUE_FLAGS);

const CASES: readonly (readonly [typed: string, value: Json])[] = [
  ["blue", "blue"],
  ["", ""],
  ["two words", "two words"],
  ["42", 42],
  ["-1.5", -1.5],
  ["true", true],
  ["null", null],
  ["1.10", "1.10"],
  ["007", "007"],
  ["1e3", "1e3"],
  ["12345678901234567890", "12345678901234567890"],
  [" 42", " 42"],
  [`{"a": [1, 2]}`, { a: [1, 2] }],
  [`"quoted"`, "quoted"],
  ["[]", []],
];

Deno.test("a value is JSON only if it would be written the same again, or is a document", () => {
  for (const [typed, value] of CASES) assertEquals(readValue(typed, PLAIN), value, typed);
});

Deno.test("get prints every scalar as put was given it", () => {
  for (const [typed] of CASES) {
    if (/^[{["]/.test(typed)) continue;
    assertEquals(showValue(readValue(typed, PLAIN)), typed);
  }
});

Deno.test("what begins as JSON and is none is an error that names the way out", () => {
  for (const typed of ["{a:1}", "[draft] hello", '"open']) {
    const { message } = assertThrows(() => readValue(typed, PLAIN), UsageError);
    assertStringIncludes(message, "The value is not JSON");
    assertStringIncludes(message, "--text");
    assertEquals(readValue(typed, TEXT), typed);
  }
});

Deno.test("flags make every value text, or JSON", () => {
  assertEquals(readValue("42", TEXT), "42");
  assertEquals(readValue("1.10", JSON_VALUE), 1.1);
  assertThrows(() => readValue("blue", JSON_VALUE), UsageError);
});

Deno.test("a number that would be kept as another is an error that names it", () => {
  const lossy = ["9007199254740993", "1e400", "-1e400", "1e-400", "0.1000000000000000000001"];
  for (const number of lossy) {
    for (const json of [`[${number}]`, `{"a":{"b":${number}}}`, ` [1, ${number} ]`]) {
      const { message } = assertThrows(() => readValue(json, PLAIN), UsageError);
      assertStringIncludes(message, `The number ${number} `);
      assertStringIncludes(message, `"${number}"`);
    }
    assertThrows(() => readValue(number, JSON_VALUE), UsageError);
    // Alone it is no JSON number, for it would not be written the same again.
    assertEquals(readValue(number, PLAIN), number);
    assertEquals(readValue(`["${number}"]`, PLAIN), [number]);
    assertEquals(readValue(`{"${number}":"\\" ${number}"}`, PLAIN), { [number]: `" ${number}` });
  }
});

Deno.test("a number that is only written otherwise is kept", () => {
  const table: [typed: string, number: number][] = [
    ["0.1", 0.1],
    ["1.0", 1],
    ["-0", -0],
    ["-0.0e99", -0],
    ["1e3", 1_000],
    ["1E+3", 1_000],
    ["100e-2", 1],
    ["0.00000012", 1.2e-7],
    ["9007199254740992", 9_007_199_254_740_992],
    ["123456789012345680000", 123456789012345680000],
    ["1.7976931348623157e308", Number.MAX_VALUE],
    ["5e-324", Number.MIN_VALUE],
  ];
  for (const [typed, number] of table) {
    assertEquals(readValue(`[${typed}]`, PLAIN), [number], typed);
  }
});

Deno.test("a value is shown escaped on a terminal, and exactly elsewhere", () => {
  for (const value of ["two\nlines\t\x1b[31m\u202e", ["\u200b"], { a: "\x7f" }] as Json[]) {
    const exact = typeof value === "string" ? value : JSON.stringify(value);
    assertEquals(valueText(value, false), exact);
    assertEquals(valueText(value, true), showValue(value));
  }
});
