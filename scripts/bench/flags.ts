import { parseArgs } from "@std/cli/parse-args";

/** What the benchmark can measure, in the order in which it does. */
export const SECTIONS = ["calls", "start", "idle", "writes"] as const;

/** One thing that it can measure. */
export type Section = typeof SECTIONS[number];

/** What is to be measured, and how. */
export interface BenchFlags {
  sections: ReadonlySet<Section>;
  /** How long one measurement counts, in seconds. */
  seconds: number;
  /** How often each measurement is made. */
  rounds: number;
  /** Whether the nodes that take writes have no data folders. */
  memory: boolean;
  json: boolean;
  help: boolean;
}

/** What `--help` prints. */
export const HELP =
  `Measures Muster beside others, in turns and in one run: ratios carry over from machine to machine, rates do not.

Usage: deno task bench [--only SECTION[,SECTION]] [--seconds N] [--rounds N] [--memory] [--json]

  calls    calls between two processes, beside a bare framer that does nothing else
  start    from starting a process to its listening, beside a program that only listens
  idle     memory of a node that has nothing to do, beside the same
  writes   durable writes of 1, 64 and 1,000 clients to three members, beside etcd where it is installed

  --only SECTION  only these; several with commas, or several times (default: all)
  --seconds N     how long each measurement counts (default: 1)
  --rounds N      how often each is repeated, in turn with the other's; medians are printed (default: 5)
  --memory        writes to nodes without data folders (and without etcd, which always has one)
  --json          one JSON document instead of tables
  -h, --help      this text`;

/**
 * Reads the arguments of the benchmark.
 *
 * @returns what is wrong with them, for a person, when something is.
 */
export function readFlags(args: readonly string[]): BenchFlags | string {
  const faults: string[] = [];
  const given = parseArgs(args, {
    boolean: ["json", "help", "memory"],
    string: ["seconds", "rounds", "only"],
    collect: ["only"],
    alias: { h: "help" },
    default: { seconds: "1", rounds: "5" },
    unknown: (arg) => {
      faults.push(`Unknown argument ${arg} (--help lists what there is)`);
      return false;
    },
  });
  const positive = (flag: "seconds" | "rounds"): number => {
    const value = Number(given[flag]);
    if (!(value > 0) || !Number.isFinite(value)) {
      faults.push(`--${flag} ${given[flag]}: a number above 0 is meant`);
    }
    return value;
  };
  const named = (given["only"] as string[]).flatMap((names) => names.split(","));
  for (const name of named) {
    if (!isSection(name)) faults.push(`--only ${name}: one of ${SECTIONS.join(", ")} is meant`);
  }
  const flags = {
    sections: new Set(named.length === 0 ? SECTIONS : named.filter(isSection)),
    seconds: positive("seconds"),
    rounds: Math.ceil(positive("rounds")),
    memory: given["memory"] === true,
    json: given["json"] === true,
    help: given["help"] === true,
  };
  return faults[0] ?? flags;
}

function isSection(name: string): name is Section {
  return (SECTIONS as readonly string[]).includes(name);
}
