import { assertEquals } from "@std/assert";
import { TestReach } from "../../scripts/mutate/test_reach.ts";

const FILES: Readonly<Record<string, string>> = {
  "lib/wire/frame.ts": "export const frame = 1;",
  "lib/wire/codec.ts": 'import { frame } from "./frame.ts";\nexport const codec = frame;',
  "lib/wire/mod.ts": 'export * from "./codec.ts";\nexport * from "./frame.ts";',
  "lib/wire/lone.ts": "export const lone = 1;",
  "tests/wire/all_test.ts": 'import { codec } from "../../lib/wire/mod.ts";',
  "tests/wire/codec_test.ts":
    'import { codec } from "../../lib/wire/mod.ts";\nimport "../support/feed.ts";',
  "tests/wire/direct_test.ts":
    'import type { A } from "../support/feed.ts";\nimport { codec } from "../../lib/wire/codec.ts";',
  "tests/wire/frame_test.ts": 'import { frame } from "../../lib/wire/frame.ts";',
  "tests/wire/lazy_test.ts": 'const { frame } = await import("../../lib/wire/mod.ts");',
  "tests/io/tcp_test.ts": 'import { codec } from "../../lib/wire/mod.ts";',
  "tests/wire/program_test.ts": 'import { start } from "../support/start.ts";',
  "tests/support/feed.ts": "export type A = 1;",
  "tests/support/start.ts": "export const start = () => new Deno.Command(Deno.execPath());",
};
const TESTS = Object.keys(FILES).filter((path) => path.endsWith("_test.ts"));

function reachOf(files: Readonly<Record<string, string>>): TestReach {
  return new TestReach(Object.entries(files).map(([path, text]) => ({ path, text })));
}

Deno.test("a test sees the files that it imports, by however many steps", () => {
  const reach = reachOf(FILES);
  const table: [test: string, path: string, sees: boolean][] = [
    ["tests/wire/frame_test.ts", "lib/wire/frame.ts", true],
    ["tests/wire/frame_test.ts", "lib/wire/codec.ts", false],
    ["tests/wire/direct_test.ts", "lib/wire/frame.ts", true],
    ["tests/wire/lazy_test.ts", "lib/wire/codec.ts", true],
    ["tests/io/tcp_test.ts", "lib/wire/frame.ts", true],
    ["tests/io/tcp_test.ts", "lib/wire/lone.ts", false],
  ];
  for (const [test, path, sees] of table) {
    assertEquals(reach.sees(test, path), sees, `${test} ${path}`);
  }
});

Deno.test("a test that starts programs may see everything", () => {
  assertEquals(reachOf(FILES).sees("tests/wire/program_test.ts", "lib/wire/lone.ts"), true);
});

Deno.test("files that import each other are no trouble", () => {
  const reach = reachOf({
    "lib/wire/a.ts": 'import "./b.ts";',
    "lib/wire/b.ts": 'import "./a.ts";',
    "tests/wire/a_test.ts": 'import "../../lib/wire/a.ts";',
  });
  assertEquals(reach.near("lib/wire/b.ts", ["tests/wire/a_test.ts"]), ["tests/wire/a_test.ts"]);
});

Deno.test("of a folder's tests the one of the name runs first, then who imports the file, then the smallest", () => {
  assertEquals(reachOf(FILES).near("lib/wire/codec.ts", TESTS), [
    "tests/wire/codec_test.ts",
    "tests/wire/direct_test.ts",
    "tests/wire/program_test.ts",
    "tests/wire/all_test.ts",
    "tests/wire/lazy_test.ts",
  ]);
});
