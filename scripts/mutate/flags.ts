import { parseArgs } from "@std/cli/parse-args";

/** What is to be mutated, and how. */
export interface MutateFlags {
  seed: number;
  /** About how many slips. */
  mutants: number;
  /** How many of each folder at least. */
  least: number;
  /** How many are tried at once. */
  jobs: number;
  /** Only files whose paths begin so; all without. */
  only: readonly string[];
  /** Only the tests of its folder, without the others for what they do not see. */
  quick: boolean;
  /** Only list the slips that were drawn. */
  list: boolean;
  json: boolean;
  help: boolean;
}

/** What `--help` prints. */
export const HELP =
  `Plants slips of one point in lines drawn by chance, and tells which the tests do not see.

Usage: deno task mutate [--seed N] [--mutants N] [--only PATH[,PATH]] [--jobs N] [--quick] [--list] [--json]

Each slip is planted in a copy of the tree; the tests of its folder run first, then all others that
import its file, by however many steps, or start programs. Before the first they run without a slip.
With one they may take three times as long as that, for each that is tried at once (and a folder's at
least three minutes): what takes longer counts as seen, and is marked "timed out".

  --seed N      another draw; the same seed draws the same slips from the same tree (default: 1)
  --mutants N   about how many, shared out over the folders by their size (default: 100)
  --least N     how many of each folder at least (default: 8)
  --only PATH   only files whose paths begin so (lib/wire, lib/state/store/command.ts); several with commas
  --jobs N      how many are tried at once, each in a copy of its own (default: 2)
  --quick       only the tests of its folder
  --list        only list what was drawn
  --json        one JSON document instead of tables
  -h, --help    this text

Exit code 1 when a folder falls short of what is promised: 85 % of the slips in a pure folder, 75 % elsewhere; 2 when
the tests fail without any slip.`;

/**
 * Reads the arguments.
 *
 * @returns what is wrong with them, for a person, when something is.
 */
export function readFlags(args: readonly string[]): MutateFlags | string {
  const faults: string[] = [];
  const given = parseArgs(args, {
    boolean: ["quick", "list", "json", "help"],
    string: ["seed", "mutants", "least", "jobs", "only"],
    collect: ["only"],
    alias: { h: "help" },
    default: { seed: "1", mutants: "100", least: "8", jobs: "2" },
    unknown: (arg) => {
      faults.push(`Unknown argument ${arg} (--help lists what there is)`);
      return false;
    },
  });
  const whole = (flag: "seed" | "mutants" | "least" | "jobs", smallest: number): number => {
    const value = Number(given[flag]);
    if (given[flag] === "" || !Number.isInteger(value) || value < smallest) {
      faults.push(`--${flag} ${given[flag]}: a whole number of ${smallest} or more is meant`);
    }
    return value;
  };
  const only = (given["only"] as string[]).flatMap((paths) => paths.split(","));
  for (const path of only) {
    if (!path.startsWith("lib/")) {
      faults.push(`--only ${path}: a path that begins with lib/ is meant`);
    }
  }
  const flags: MutateFlags = {
    seed: whole("seed", 0),
    mutants: whole("mutants", 1),
    least: whole("least", 0),
    jobs: whole("jobs", 1),
    only,
    quick: given["quick"] === true,
    list: given["list"] === true,
    json: given["json"] === true,
    help: given["help"] === true,
  };
  return faults[0] ?? flags;
}
