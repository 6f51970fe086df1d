import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { parseFlags } from "../../lib/cli/flags.ts";
import { readValue, showValue, VALUE_FLAGS } from "../../lib/cli/kv_value.ts";
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
