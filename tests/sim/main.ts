import { parseArgs } from "@std/cli/parse-args";
import { runSeed } from "../consensus/raft/simulation.ts";
import { AGREEMENT_SCENARIOS, playAgreement } from "./agreement_scenarios.ts";
import { MACHINE_SCENARIOS, playMachines } from "./machine_scenarios.ts";
import { play, SCENARIOS } from "./scenarios.ts";

/** Members of real nodes at the most: each keeps its links to many others. */
const MOST_NODES = 200;
/** Members of the membership machine alone at the most. */
const MOST_MACHINES = 1_000;

/** Milliseconds that one run simulated. */
type Play = (name: string, seed: number, nodes: number) => Promise<number>;

const PLAYS = new Map<string, Play>();
for (const name of Object.keys(SCENARIOS)) {
  PLAYS.set(name, async (...run) => (await play(...run)).world.now);
}
for (const name of Object.keys(AGREEMENT_SCENARIOS)) {
  PLAYS.set(name, async (...run) => (await playAgreement(...run)).world.now);
}
for (const name of Object.keys(MACHINE_SCENARIOS)) {
  PLAYS.set(name, (...run) => Promise.resolve(playMachines(...run).now));
}

/** Raft without a node round it. */
const CONSENSUS = "machines: consensus";
PLAYS.set(CONSENSUS, (_name, seed) => {
  const { violation, simulatedMs } = runSeed({ seed });
  return violation === undefined ? Promise.resolve(simulatedMs) : Promise.reject(violation);
});

const USAGE = `Real nodes in a simulated world: one seed is one run.

  deno task sim [--seeds N] [--seed S] [--nodes N] [--scenario NAME]

  --seeds N        seeds to run, from --seed on (20)
  --seed S         the first seed (1)
  --nodes N        members of each cluster (5): 3 to ${MOST_NODES}, of "machines: …" to ${MOST_MACHINES}
  --scenario NAME  one of those below; all by default

  Membership:  ${Object.keys(SCENARIOS).join(", ")}
  Agreement:   ${Object.keys(AGREEMENT_SCENARIOS).join(", ")}
  Membership's machine alone:  ${Object.keys(MACHINE_SCENARIOS).join(", ")}
  Consensus' machine alone, as many members as the seed says:  ${CONSENSUS}`;

/** What to run. */
interface Campaign {
  first: number;
  seeds: number;
  nodes: number;
  names: string[];
}

function readCampaign(args: string[]): Campaign {
  const unknown: string[] = [];
  const flags = parseArgs(args, {
    string: ["seeds", "seed", "nodes", "scenario"],
    boolean: ["help"],
    alias: { help: "h" },
    default: { seeds: "20", seed: "1", nodes: "5" },
    unknown: (argument) => void unknown.push(argument),
  });
  if (flags.help) {
    console.log(USAGE);
    Deno.exit(0);
  }
  if (unknown.length > 0) fail(`There is no ${unknown.join(", ")}`);
  const scenario = flags["scenario"] as string | undefined;
  if (scenario !== undefined && !PLAYS.has(scenario)) fail(`There is no scenario "${scenario}"`);
  const names = scenario === undefined ? [...PLAYS.keys()] : [scenario];
  const most = names.every((name) => Object.hasOwn(MACHINE_SCENARIOS, name))
    ? MOST_MACHINES
    : MOST_NODES;
  return {
    first: whole("seed", String(flags.seed), 0),
    seeds: whole("seeds", String(flags.seeds), 1),
    nodes: whole("nodes", String(flags.nodes), 3, most),
    names,
  };
}

function whole(flag: string, text: string, low: number, high = Number.MAX_SAFE_INTEGER): number {
  const value = Number(text);
  if (text !== "" && Number.isSafeInteger(value) && value >= low && value <= high) return value;
  const range = high === Number.MAX_SAFE_INTEGER ? `from ${low} on` : `from ${low} to ${high}`;
  return fail(`--${flag} is a whole number ${range}, not "${text}"`);
}

function fail(what: string): never {
  console.error(`${what}\n(--help says what there is)`);
  Deno.exit(2);
}

function show(line: string): void {
  if (Deno.stdout.isTerminal()) {
    Deno.stdout.writeSync(new TextEncoder().encode(`\r${line.padEnd(78)}\r`));
  }
}

/** Runs them all; says how many failed. */
async function run({ first, seeds, nodes, names }: Campaign): Promise<number> {
  const startedAt = performance.now();
  let [runs, failed, simulatedMs] = [0, 0, 0];
  for (let seed = first; seed < first + seeds; seed++) {
    for (const name of names) {
      show(`seed ${seed} of ${first + seeds - 1}, ${name}, ${failed} failed`);
      runs++;
      try {
        simulatedMs += await (PLAYS.get(name) as Play)(name, seed, nodes);
      } catch (error) {
        failed++;
        show("");
        console.log(`${name}, seed ${seed}: ${error instanceof Error ? error.message : error}`);
        const flags = `--seeds 1 --seed ${seed} --nodes ${nodes} --scenario "${name}"`;
        console.log(`  deno task sim ${flags}`);
      }
      // The world runs on microtasks alone: let the process breathe between two runs.
      await new Promise((resolve) => setTimeout(resolve));
    }
  }
  const tookSeconds = (performance.now() - startedAt) / 1_000;
  const simulated = simulatedMs / 1_000;
  show("");
  console.log(
    `${runs} runs, ${failed} failed; ` +
      `${simulated.toFixed(0)} simulated seconds in ${tookSeconds.toFixed(1)} s ` +
      `(${(simulated / tookSeconds).toFixed(0)} a second)`,
  );
  return failed;
}

if (import.meta.main) Deno.exit(await run(readCampaign(Deno.args)) > 0 ? 1 : 0);
