import { assertEquals } from "@std/assert";
import { mutantsOf, withMutant } from "../../scripts/mutate/mutants.ts";

/** Every slip of a text, as the text that it leads to. */
function slipsOf(text: string): string[] {
  return mutantsOf("lib/core/a.ts", text).map((mutant) => withMutant(text, mutant)).toSorted();
}

Deno.test("each operator becomes the one it is mistaken for", () => {
  const table: [text: string, slip: string][] = [
    ["f = a < b;", "f = a <= b;"],
    ["f = a >= b;", "f = a > b;"],
    ["f = a === b;", "f = a !== b;"],
    ["f = a && b;", "f = a || b;"],
    ["f = a - b;", "f = a + b;"],
    ["a += b;", "a -= b;"],
    ["f = !a;", "f = a;"],
    ["f = true;", "f = false;"],
    ["f = Math.min(a, b);", "f = Math.max(a, b);"],
    ["f = a.some(b);", "f = a.every(b);"],
    ["f = 65_535;", "f = 65536;"],
  ];
  for (const [text, slip] of table) assertEquals(slipsOf(text), [";", slip].toSorted(), text);
});

Deno.test("a condition always holds, or never does", () => {
  assertEquals(slipsOf("if (a) return;"), ["if (false) return;", "if (true) return;"]);
  assertEquals(slipsOf("let f = a ? b : c;").length, 0, "a constant of the file is a setting");
  assertEquals(slipsOf("function f() { return a ? b : c; }"), [
    "function f() { return false ? b : c; }",
    "function f() { return true ? b : c; }",
  ]);
});

Deno.test("a statement is left out, but not what a class cannot begin without", () => {
  assertEquals(slipsOf("send(a);"), [";"]);
  assertEquals(slipsOf("await send(a);"), [";"]);
  assertEquals(slipsOf("count++;"), [";"]);
  assertEquals(slipsOf("class A extends B { constructor() { super(); } }"), []);
});

Deno.test("types, texts, imports and settings are left alone", () => {
  const untouched = [
    'import { a } from "./a.ts";',
    "type A = 1 | true;",
    "const RETRY_MS = 200;",
    "export const STEPS = [1, 2];",
    'function f() { return "a" + b; }',
    "function f() { return `a` + (b + `c`); }",
    "function f(a: 1 | 2) {}",
  ];
  for (const text of untouched) assertEquals(slipsOf(text), [], text);
});

Deno.test("a slip knows its line and where it stands", () => {
  const [mutant] = mutantsOf("lib/core/a.ts", "\nfunction f() {\n  return a < b;\n}\n");
  assertEquals(mutant, { path: "lib/core/a.ts", line: 3, start: 27, end: 28, replacement: "<=" });
});
