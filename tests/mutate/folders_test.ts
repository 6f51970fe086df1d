import { assert, assertEquals } from "@std/assert";
import { drawMutants, folderOf } from "../../scripts/mutate/folders.ts";

const LARGE = { path: "lib/node/a.ts", text: "if (a < b) send();\n".repeat(100) };
const SMALL = { path: "lib/wire/b.ts", text: "if (a < b) send();\n".repeat(5) };

function draw(seed: number) {
  return drawMutants([LARGE, SMALL], { seed, count: 40, least: 8 });
}

Deno.test("a folder gets its share, and a small one no fewer than the least", () => {
  const drawn = draw(1).map(({ path }) => path);
  assertEquals(drawn.filter((path) => path === LARGE.path).length, 38);
  assertEquals(drawn.filter((path) => path === SMALL.path).length, 8);
});

Deno.test("one seed draws the same slips, and another draws others", () => {
  assertEquals(draw(1), draw(1));
  assert(JSON.stringify(draw(1)) !== JSON.stringify(draw(2)));
});

Deno.test("what is no code of ours is not mutated", () => {
  const table: [path: string, folder: string | undefined][] = [
    ["lib/rpc/rpc_server.ts", "rpc"],
    ["lib/cli/commands/kv_command.ts", "cli"],
    ["lib/state/store/key_space.ts", "state/store"],
    ["lib/wire/mod.ts", undefined],
    ["lib/mod.ts", undefined],
    ["lib/std/cli/parse_args.ts", undefined],
    ["lib/wire/PROTOCOL.md", undefined],
    ["tests/wire/a.ts", undefined],
  ];
  for (const [path, folder] of table) assertEquals(folderOf(path), folder, path);
});
