/**
 * The benchmark: calls between two node processes beside a bare framer that does nothing else, interleaved in one run,
 * and what a node costs at its start and at rest. Ratios carry over from machine to machine, rates do not.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { Contender } from "./contender.ts";
import { type IdleSample, measureIdleMemory, measureStart } from "./idle.ts";
import { quantile, type Sample } from "./measure.ts";
import { type CallResult, callTable, idleTable } from "./table.ts";

const HELP =
  `Measures Muster beside a bare framer: calls between two processes, start-up, idle memory.

Usage: deno task bench [--seconds N] [--rounds N] [--json]

  --seconds N   how long each measurement of calls counts (default: 1)
  --rounds N    how often each is repeated, in turn with the other's; medians are printed (default: 5)
  --json        one JSON document instead of tables
  -h, --help    this text`;

const OUTSTANDING = [1, 64, 1_024];
const BODY_BYTES = [100, 10_000];

function median(values: readonly number[]): number {
  return quantile(values.toSorted((a, b) => a - b), 0.5);
}

function medianSample(samples: readonly Sample[]): Sample {
  return {
    callsPerSecond: median(samples.map((sample) => sample.callsPerSecond)),
    p50Us: median(samples.map((sample) => sample.p50Us)),
    p99Us: median(samples.map((sample) => sample.p99Us)),
  };
}

async function measureCalls(seconds: number, rounds: number): Promise<CallResult[]> {
  await using bare = await Contender.start("bare framer", "scripts/bench/bare_framer.ts");
  await using muster = await Contender.start("muster", "scripts/bench/muster_node.ts");
  const samples = new Map<string, Sample[]>();
  for (let round = 1; round <= rounds; round++) {
    console.error(`calls: round ${round} of ${rounds}`);
    // Whoever goes first finds the processor cooler: they take turns at that too.
    const order = round % 2 === 1 ? [bare, muster] : [muster, bare];
    for (const bodyBytes of BODY_BYTES) {
      for (const outstanding of OUTSTANDING) {
        for (const contender of order) {
          const sample = await contender.measure({
            outstanding,
            bodyBytes,
            durationMs: seconds * 1_000,
          });
          const key = `${contender.name} ${outstanding} ${bodyBytes}`;
          samples.set(key, [...samples.get(key) ?? [], sample]);
        }
      }
    }
  }
  return BODY_BYTES.flatMap((bodyBytes) =>
    OUTSTANDING.map((outstanding) => {
      const of = (contender: Contender): Sample =>
        medianSample(samples.get(`${contender.name} ${outstanding} ${bodyBytes}`) ?? []);
      const [ours, theirs] = [of(muster), of(bare)];
      return {
        outstanding,
        bodyBytes,
        muster: ours,
        bare: theirs,
        rateRatio: ours.callsPerSecond / theirs.callsPerSecond,
        p50Ratio: ours.p50Us / theirs.p50Us,
      };
    })
  );
}

async function measureIdle(rounds: number): Promise<{ muster: IdleSample; bare: IdleSample }> {
  const muster = ["main.ts", "--myport", "0", "--makeMasterOnError"];
  const bare = ["scripts/bench/bare_listener.ts"];
  // The first start of a program compiles it: what counts is every later one.
  for (const program of [muster, bare]) await measureStart(program);
  const starts = { muster: [] as number[], bare: [] as number[] };
  for (let round = 1; round <= rounds; round++) {
    console.error(`start: round ${round} of ${rounds}`);
    starts.bare.push(await measureStart(bare));
    starts.muster.push(await measureStart(muster));
  }
  console.error("idle memory");
  return {
    muster: {
      startMs: median(starts.muster),
      residentBytes: await measureIdleMemory(muster),
    },
    bare: { startMs: median(starts.bare), residentBytes: await measureIdleMemory(bare) },
  };
}

/** Reads a number of a flag that is more than zero. */
function positive(text: string, flag: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) {
    console.error(`${flag} ${text}: a number above 0 is meant`);
    Deno.exit(2);
  }
  return value;
}

async function main(args: readonly string[]): Promise<void> {
  const flags = parseArgs(args, {
    boolean: ["json", "help"],
    string: ["seconds", "rounds"],
    alias: { h: "help" },
    default: { seconds: "1", rounds: "5" },
    unknown: (arg) => {
      console.error(`Unknown argument ${arg} (--help lists what there is)`);
      Deno.exit(2);
    },
  });
  if (flags["help"] === true) return console.log(HELP);
  const seconds = positive(String(flags["seconds"]), "--seconds");
  const rounds = Math.ceil(positive(String(flags["rounds"]), "--rounds"));
  const calls = await measureCalls(seconds, rounds);
  const idle = await measureIdle(rounds);
  if (flags["json"] === true) {
    console.log(JSON.stringify({ seconds, rounds, calls, idle }, undefined, 2));
  } else {
    console.log(`${callTable(calls)}\n\n${idleTable(idle)}`);
  }
}

if (import.meta.main) await main(Deno.args);
