import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { isMeantAsJson, jsonFaultAt, parseBody } from "../../lib/cli/json_body.ts";
import { readCallRequest } from "../../lib/cli/commands/call_command.ts";
import { UsageError } from "../../lib/cli/usage_error.ts";

Deno.test("the place of a fault is the first character that cannot stand there", () => {
  const table: [text: string, at: number][] = [
    ["", 0],
    ["{a:1}", 1],
    ['{"a":1', 6],
    ['{"a" 1}', 5],
    ['{"a":1,}', 7],
    ["[1,]", 3],
    ["[1 2]", 3],
    ["hello", 0],
    ["1 1", 2],
    ["01", 1],
    ['"open', 5],
    ['"a\\"', 4],
    ['"bad \\x"', 5],
    ["{'a':1}", 1],
    ["[}", 1],
    ["nul", 0],
  ];
  for (const [text, at] of table) assertEquals(jsonFaultAt(text), at, text);
});

Deno.test("no fault is found before the end of what is JSON", () => {
  fc.assert(
    fc.property(fc.json(), (text) => jsonFaultAt(text) === text.length),
    { numRuns: 300 },
  );
});

Deno.test("what the engine refuses has its fault within the text, or at its end", () => {
  fc.assert(
    fc.property(
      fc.json(),
      fc.nat(),
      fc.constantFrom("", "}", "x", ",", '"'),
      (json, where, odd) => {
        const at = where % (json.length + 1);
        const text = json.slice(0, at) + odd + json.slice(at + 1);
        let isJson = true;
        try {
          JSON.parse(text);
        } catch {
          isJson = false;
        }
        const fault = jsonFaultAt(text);
        assert(fault >= 0 && fault <= text.length);
        if (isJson) assertEquals(fault, text.length);
      },
    ),
    { numRuns: 500 },
  );
});

Deno.test("a bad body is shown with a mark under its fault", () => {
  const error = assertThrows(() => parseBody('{"name": Ada}'), UsageError);
  assertEquals(
    error.message.split("\n").slice(0, 3),
    ['The body is not JSON: unexpected "A" at character 10', '  {"name": Ada}', "           ^"],
  );
  const late = assertThrows(() => parseBody('{\n  "a": 1,\n  b: 2\n}'), UsageError);
  assertEquals(late.message.split("\n").slice(0, 3), [
    'The body is not JSON: unexpected "b" at line 3, character 3',
    "    b: 2",
    "    ^",
  ]);
  assertThrows(() => parseBody("[1,"), UsageError, "it ends too early");
});

Deno.test("a long bad body is shown around its fault only", () => {
  const error = assertThrows(() => parseBody(`["${"x".repeat(500)}" "y"]`), UsageError);
  const [, excerpt = ""] = error.message.split("\n");
  assert(excerpt.length < 80 && excerpt.trim().startsWith("…"));
});

Deno.test("two arguments of call are SERVICE and JSON when the second is meant as JSON", () => {
  const table: [
    typed: string[],
    isAny: boolean,
    node: string | undefined,
    service: string,
    body?: string,
  ][] = [
    [["greet"], false, undefined, "greet"],
    [["greet", '{"a":1}'], false, undefined, "greet", '{"a":1}'],
    [["greet", "{broken"], false, undefined, "greet", "{broken"],
    [["greet", "5"], false, undefined, "greet", "5"],
    [["greet", "-"], false, undefined, "greet", "-"],
    [["node2", "greet"], false, "node2", "greet"],
    [["node2", "greet", "5"], false, "node2", "greet", "5"],
    [["node2", "greet", "nonsense"], false, "node2", "greet", "nonsense"],
    [["greet", "nonsense"], true, undefined, "greet", "nonsense"],
  ];
  for (const [typed, isAny, node, service, body] of table) {
    assertEquals(readCallRequest(typed, isAny), { node, service, body });
  }
  assertThrows(() => readCallRequest(["a", "b", "1"], true), UsageError, "no NODE is given");
  assertEquals(["true", "null", "[", "greet", "2fa"].map(isMeantAsJson), [
    true,
    true,
    true,
    false,
    false,
  ]);
});
