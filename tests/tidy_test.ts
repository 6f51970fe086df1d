import { assertEquals } from "@std/assert";
import { circularFiles, COMPOSITION_ROOTS } from "./tidy/layers.ts";
import rules from "./tidy/lint_plugin.ts";
import {
  doorFaults,
  doorTableFaults,
  lengthFaults,
  LONG_FILES,
  MAX_LINES,
  nameFaults,
  topLevelFaults,
  wordFaults,
} from "./tidy/prose.ts";
import { importsOf, readTree, type SourceFile } from "./tidy/source.ts";

const TOP = new URL("../", import.meta.url);
const TREE = readTree(TOP, [
  ".ci",
  "README.md",
  "deno.json",
  "lib",
  "main.ts",
  "scripts",
  "tests",
]);
const PROGRAM = TREE.filter(({ path }) =>
  path.endsWith(".ts") && (path === "main.ts" || path.startsWith("lib/"))
);
const OUR_CODE = TREE.filter(({ path }) => path.endsWith(".ts") && !path.startsWith("lib/std/"));

/** A file that a person might plant. */
function plant(path: string, text: string): SourceFile {
  return { path, text };
}

function plantImport(path: string, specifier: string): SourceFile {
  return plant(path, `import { thing } from "${specifier}";\n`);
}

/** What the linter says of a file by our own rules: the rule, and its message. */
function lintFaults({ path, text }: SourceFile): string[] {
  return Deno.lint.runPlugin(rules, path, text)
    .map(({ id, message }) => `${path}: ${id.replace("muster/", "")}: ${message}`);
}

Deno.test("the tree is there to be read", () => {
  assertEquals(PROGRAM.some(({ path }) => path === "lib/core/limits.ts"), true);
});

Deno.test("each file keeps the linter's rules of the tree, with no exception", () => {
  const ours = OUR_CODE.filter(({ path }) => !path.startsWith("lib/std/"));
  assertEquals(ours.flatMap(lintFaults), []);
});

Deno.test("no file imports itself, by however many steps", () => {
  const ours = PROGRAM.filter(({ path }) => !path.startsWith("lib/std/"));
  assertEquals(circularFiles(ours), []);
});

Deno.test("files are named in snake_case after an idea", () => {
  assertEquals(TREE.map(({ path }) => path).flatMap(nameFaults), []);
});

Deno.test("no file of the program or its scripts is too long, and no exception is stale", () => {
  const bounded = OUR_CODE.filter(({ path }) => !path.startsWith("tests/"));
  assertEquals(bounded.flatMap((file) => lengthFaults(file)), []);
  const long = new Set(
    bounded.filter((file) => lengthFaults(file, {}).length > 0).map((f) => f.path),
  );
  assertEquals(Object.keys(LONG_FILES).filter((path) => !long.has(path)), []);
});

Deno.test("nothing is unfinished by its own words, tied to one machine or to one registry", () => {
  assertEquals(TREE.flatMap(wordFaults), []);
});

Deno.test("every folder has a door that says what is behind it", () => {
  assertEquals(doorFaults(PROGRAM), []);
});

Deno.test("an export without a doc is found, and overloads share one", () => {
  const planted = [
    "/** Says hello. */",
    "export function greet(name: string): void;",
    "export function greet(): void {}",
    "",
    "export const silent = 1;",
  ].join("\n");
  assertEquals(lintFaults(plant("lib/core/greet.ts", planted)), [
    "lib/core/greet.ts: export-docs: silent has no doc",
  ]);
});

Deno.test("the top of the tree holds only what belongs there", () => {
  const names = [...Deno.readDirSync(TOP)].map(({ name }) => name);
  assertEquals(topLevelFaults(names, Deno.readTextFileSync(new URL(".gitignore", TOP))), []);
});

Deno.test("an import against the direction is found", async (t) => {
  const broken: [from: string, specifier: string][] = [
    ["lib/core/a.ts", "../wire/mod.ts"],
    ["lib/wire/a.ts", "../transport/mod.ts"],
    ["lib/transport/a.ts", "../rpc/mod.ts"],
    ["lib/rpc/a.ts", "../membership/mod.ts"],
    ["lib/membership/a.ts", "../consensus/mod.ts"],
    ["lib/membership/swim/a.ts", "../mod.ts"],
    ["lib/consensus/a.ts", "../state/mod.ts"],
    ["lib/consensus/raft/a.ts", "../../membership/swim/mod.ts"],
    ["lib/state/a.ts", "../services/mod.ts"],
    ["lib/bootstrap/a.ts", "../services/mod.ts"],
    ["lib/services/a.ts", "../io/mod.ts"],
    ["lib/client/a.ts", "../membership/mod.ts"],
    ["lib/rehearsal/a.ts", "../consensus/mod.ts"],
    ["lib/io/a.ts", "../transport/mod.ts"],
    ["lib/io/a.ts", "../node/mod.ts"],
    ["lib/node/a.ts", "../io/mod.ts"],
    ["lib/node/a.ts", "../cli/mod.ts"],
    ["lib/cli/a.ts", "../io/mod.ts"],
    ["lib/cli/a.ts", "../consensus/mod.ts"],
    ["lib/cli/a.ts", "../../main.ts"],
    ["lib/mod.ts", "./cli/mod.ts"],
    ["lib/node/a.ts", "../core/ids.ts"],
    ["lib/consensus/a.ts", "./raft/log.ts"],
    ["lib/cli/a.ts", "./terminal/table.ts"],
    ["lib/cli/commands/a.ts", "../terminal/table.ts"],
    ["lib/state/store/a.ts", "node:crypto"],
    ["lib/rpc/pending_calls.ts", "node:crypto"],
    ["lib/wire/a.ts", "npm:hono"],
    ["lib/membership/swim/a.ts", "@std/uuid/v7"],
    ["lib/elsewhere/a.ts", "../core/mod.ts"],
  ];
  for (const [from, specifier] of broken) {
    await t.step(`${from} imports ${specifier}`, () => {
      assertEquals(lintFaults(plantImport(from, specifier)).length, 1);
    });
  }
});

Deno.test("an import along the direction is let through", async (t) => {
  const sound: [from: string, specifier: string][] = [
    ["lib/core/a.ts", "./b.ts"],
    ["lib/wire/a.ts", "../core/mod.ts"],
    ["lib/membership/a.ts", "./swim/mod.ts"],
    ["lib/membership/swim/a.ts", "../../core/mod.ts"],
    ["lib/consensus/a.ts", "../membership/mod.ts"],
    ["lib/state/a.ts", "../consensus/mod.ts"],
    ["lib/services/a.ts", "../state/mod.ts"],
    ["lib/rehearsal/a.ts", "../membership/swim/mod.ts"],
    ["lib/io/a.ts", "../wire/mod.ts"],
    ["lib/io/a.ts", "node:net"],
    ["lib/node/a.ts", "../bootstrap/mod.ts"],
    ["lib/cli/commands/a.ts", "../flags.ts"],
    ["lib/cli/a.ts", "@std/cli/parse-args"],
    ...[...COMPOSITION_ROOTS].map((root): [string, string] => [
      root,
      `${root === "main.ts" ? "./lib" : root === "lib/mod.ts" ? "." : ".."}/io/mod.ts`,
    ]),
  ];
  for (const [from, specifier] of sound) {
    await t.step(`${from} imports ${specifier}`, () => {
      assertEquals(lintFaults(plantImport(from, specifier)), []);
    });
  }
});

Deno.test("files in a circle are found, and not those that lead to it or away from it", () => {
  const planted = [
    plantImport("lib/core/a.ts", "./b.ts"),
    plantImport("lib/core/b.ts", "./c.ts"),
    plantImport("lib/core/c.ts", "./b.ts"),
    plantImport("lib/core/d.ts", "./c.ts"),
    plant("lib/core/e.ts", ""),
  ];
  planted[2] = plant(
    "lib/core/c.ts",
    'import type { B } from "./b.ts";\nexport * from "./e.ts";\n',
  );
  assertEquals(circularFiles(planted), ["lib/core/b.ts", "lib/core/c.ts"]);
});

Deno.test("every form of import is read, and none that stands in a comment or a string", () => {
  const text = [
    'import a from "./a.ts";',
    'import type { B } from "./b.ts";',
    "import {\n  c,\n} from './c.ts';",
    'import "./d.ts";',
    'export * from "./e.ts";',
    'export { f } from "./f.ts";',
    'const g = () => import("./g.ts");',
    '// import h from "./h.ts";',
    '/* import i from "./i.ts"; */',
    'const j = `import j from "./j.ts"`;',
  ].join("\n");
  assertEquals(
    importsOf(plant("lib/core/x.ts", text)),
    ["a", "b", "c", "d", "e", "f", "g"].map((name) => `./${name}.ts`),
  );
});

Deno.test("a pure folder that reaches for the world is found", async (t) => {
  const broken = [
    "const a = Date.now();",
    "const a = Math.random();",
    "const a = Deno.pid;",
    "const a = performance.now();",
    "const a = crypto.randomUUID();",
    "setTimeout(() => {}, 1);",
    "setInterval(() => {}, 1);",
    "queueMicrotask(() => {});",
    "const a = globalThis;",
    "const a = process.env;",
    'fetch("x");',
    'console.log("x");',
    "async function a() {}",
    "const a = `${Date.now()}`;",
    "const a = true ? Date : undefined;",
    "const a = { Date };",
    "let a: Promise<void>;",
    "const a = async () => {};",
    "class A { async b() {} }",
  ];
  for (const text of broken) {
    await t.step(text, () => {
      assertEquals(lintFaults(plant("lib/state/store/a.ts", text)).length, 1);
    });
  }
});

Deno.test("a pure folder may speak of the world, and a shell may use it", () => {
  const spoken = '// Date.now() and async\nconst a = "Deno.pid";\nthis.process(a);\n' +
    "b.performance = 1;\nconst c = { Date: 1, fetch() {} };\nfunction d(process: number) {}";
  assertEquals(lintFaults(plant("lib/state/store/a.ts", spoken)), []);
  assertEquals(lintFaults(plant("lib/io/a.ts", "const a = Date.now();")), []);
});

Deno.test("a name of a file or an export that breaks the rule is found", () => {
  for (
    const path of ["lib/core/camelCase.ts", "lib/core/kebab-case.ts", "lib/core/string_utils.ts"]
  ) {
    assertEquals(nameFaults(path).length, 1, path);
  }
  assertEquals(nameFaults("lib/helpers/a.ts").length, 1);
  assertEquals(nameFaults("lib/core/frame_decoder.ts"), []);
  assertEquals(lintFaults(plant("tests/a.ts", "export class LinkManager {}")).length, 1);
  assertEquals(lintFaults(plant("tests/a.ts", "export class LinkOwner {}")), []);
});

Deno.test("a comment past a hundred columns is found, unless it is a table or a diagram", () => {
  const wide = "a ".repeat(50);
  const found: [text: string, faults: number][] = [
    [`// ${wide}`, 1],
    [`/** ${wide} */`, 1],
    [`/**\n * ${wide}\n * ${wide}\n */`, 2],
    [`const a = 1; // ${wide}`, 1],
    [`const a = \`// ${wide}\`;`, 0],
    [`/**\n * | ${wide}\n */`, 0],
    [`/**\n *     ${wide}\n */`, 0],
    [`// ${"a".repeat(97)}`, 0],
  ];
  for (const [text, faults] of found) {
    assertEquals(lintFaults(plant("tests/a.ts", text)).length, faults, text);
  }
});

Deno.test("a file one line past the limit is found, unless it is an exception", () => {
  const path = "lib/core/a.ts";
  assertEquals(lengthFaults(plant(path, "\n".repeat(MAX_LINES)), {}), []);
  assertEquals(lengthFaults(plant(path, "\n".repeat(MAX_LINES + 1)), {}).length, 1);
  assertEquals(lengthFaults(plant(path, "\n".repeat(MAX_LINES + 1)), { [path]: "a table" }), []);
});

Deno.test("unfinished work, a machine's path and a registry's host are found", () => {
  const broken = [
    `// ${"TO" + "DO"}: later`,
    `// ${"FIX" + "ME"}`,
    `cd /${"home"}/ada/x`,
    `${"registry"}.npmjs.org`,
  ];
  for (const text of broken) assertEquals(wordFaults(plant("README.md", text)).length, 1, text);
  assertEquals(wordFaults(plant("README.md", `the path a/${"work"}/b, a mastodon`)), []);
});

Deno.test("a folder without a door, or with a door that says nothing, is found", () => {
  assertEquals(doorFaults([plant("lib/wire/frame.ts", "")]), ["lib/wire: has no mod.ts"]);
  assertEquals(doorFaults([plant("lib/wire/mod.ts", 'export * from "./frame.ts";')]).length, 1);
  assertEquals(
    doorFaults([plant("lib/wire/mod.ts", "/**\n * Frames.\n *\n * @module\n */\n")]),
    [],
  );
});

Deno.test("a stray file at the top of the tree is found", () => {
  const names = ["lib", "dist", "notes.md"];
  assertEquals(topLevelFaults(names, "/dist/\n"), [
    "notes.md: does not belong at the top of the tree",
  ]);
});

Deno.test("the map names every folder of the program, and only files that there are", () => {
  const map = Deno.readTextFileSync(new URL("lib/README.md", TOP));
  const folders = new Set(
    PROGRAM.map(({ path }) => /^lib\/([^/]+)\//.exec(path)?.[1]).filter((name) => name !== "std"),
  );
  const isNamed = (name: string | undefined) => name === undefined || map.includes(`\`${name}\``);
  assertEquals([...folders].filter((name) => !isNamed(name)), []);
  const named = [...map.matchAll(/`((?:[a-z_]+\/)+[a-z_]+\.(?:ts|md))`/g)].map(([, path]) => path);
  const there = new Set([...OUR_CODE.map(({ path }) => path), "lib/README.md"]);
  assertEquals(named.filter((path) => !there.has(`lib/${path}`) && !there.has(`${path}`)), []);
});

Deno.test("doors name the files that there are, and all of them where they say who owns what", () => {
  assertEquals(doorTableFaults(PROGRAM), []);
});

Deno.test("a door that names no file, or leaves one out, is found", () => {
  const doc =
    "/**\n * Frames.\n *\n * | owns | file |\n * | a | `gone.ts` |\n *\n * @module\n */\n";
  const planted = [plant("lib/wire/mod.ts", doc), plant("lib/wire/frame.ts", "")];
  assertEquals(doorTableFaults(planted), [
    "lib/wire/mod.ts: there is no gone.ts",
    "lib/wire/mod.ts: does not say what lib/wire/frame.ts is for",
  ]);
});
