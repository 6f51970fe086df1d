import { assertEquals } from "@std/assert";
import { type MutateFlags, readFlags } from "../../scripts/mutate/flags.ts";

const DEFAULTS: MutateFlags = {
  seed: 1,
  mutants: 100,
  least: 8,
  jobs: 2,
  only: [],
  quick: false,
  list: false,
  json: false,
  help: false,
};

Deno.test("without flags a hundred slips of all folders are planted", () => {
  assertEquals(readFlags([]), DEFAULTS);
});

Deno.test("paths are named with commas, or one by one", () => {
  const some = { ...DEFAULTS, only: ["lib/wire", "lib/state/store/command.ts"], quick: true };
  assertEquals(readFlags(["--only", "lib/wire,lib/state/store/command.ts", "--quick"]), some);
  assertEquals(
    readFlags(["--only=lib/wire", "--only=lib/state/store/command.ts", "--quick"]),
    some,
  );
});

Deno.test("what makes no sense is told in one line", () => {
  const table: [args: string[], fault: string][] = [
    [["--only", "tests"], "--only tests: a path that begins with lib/ is meant"],
    [["--mutants", "0"], "--mutants 0: a whole number of 1 or more is meant"],
    [["--seed", "1.5"], "--seed 1.5: a whole number of 0 or more is meant"],
    [["--jobs="], "--jobs : a whole number of 1 or more is meant"],
    [["wire"], "Unknown argument wire (--help lists what there is)"],
  ];
  for (const [args, fault] of table) assertEquals(readFlags(args), fault);
});
