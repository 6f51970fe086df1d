import { parseArgs } from "@std/cli/parse-args";
import { AGREEMENT_SCENARIOS, playAgreement } from "./agreement_scenarios.ts";
import { play, SCENARIOS } from "./scenarios.ts";

const NAMES = [...Object.keys(SCENARIOS), ...Object.keys(AGREEMENT_SCENARIOS)];

const USAGE = `Real nodes in a simulated world: one seed is one run.

  deno run -A tests/sim/main.ts [--seeds N] [--seed S] [--nodes N] [--scenario NAME]

  --seeds N        seeds to run, from --seed on (20)
  --seed S         the first seed (1)
  --nodes N        members of each cluster (5)
  --scenario NAME  one of: ${NAMES.join(", ")}`;

const flags = parseArgs(Deno.args, {
  string: ["seeds", "seed", "nodes", "scenario"],
  boolean: ["help"],
  default: { seeds: "20", seed: "1", nodes: "5" },
});
if (flags.help) {
  console.log(USAGE);
  Deno.exit(0);
}
const [seeds, first, nodes] = [flags.seeds, flags.seed, flags.nodes].map(Number) as [
  number,
  number,
  number,
];
const scenario = flags["scenario"] as string | undefined;
const names = scenario === undefined ? NAMES : [scenario];
const isSensible = [seeds, first, nodes].every((each) => Number.isInteger(each) && each >= 1) &&
  nodes >= 3 && nodes <= 200 && names.every((name) => NAMES.includes(name));
if (!isSensible) {
  console.error(USAGE);
  Deno.exit(2);
}

const failures: string[] = [];
const startedAt = performance.now();
let simulatedMs = 0;
let runs = 0;
for (let seed = first; seed < first + seeds; seed++) {
  for (const name of names) {
    if (Deno.stdout.isTerminal()) {
      const line = `\rseed ${seed} of ${first + seeds - 1}, ${name}, ${failures.length} failed`;
      Deno.stdout.writeSync(new TextEncoder().encode(line.padEnd(70)));
    }
    runs++;
    try {
      const run = Object.hasOwn(SCENARIOS, name) ? play : playAgreement;
      simulatedMs += (await run(name, seed, nodes)).world.now;
    } catch (error) {
      const what = error instanceof Error ? error.message : String(error);
      failures.push(name);
      console.log(`\r${name}, seed ${seed}: ${what}`);
      console.log(
        `  deno run -A tests/sim/main.ts --seeds 1 --seed ${seed} --nodes ${nodes} --scenario "${name}"`,
      );
    }
    // The world runs on microtasks alone: let the process breathe between two runs.
    await new Promise((resolve) => setTimeout(resolve));
  }
}
const tookSeconds = (performance.now() - startedAt) / 1_000;
console.log(
  `\r${runs} runs, ${failures.length} failed; ${
    (simulatedMs / 1_000).toFixed(0)
  } simulated seconds ` +
    `in ${tookSeconds.toFixed(1)} s (${(simulatedMs / 1_000 / tookSeconds).toFixed(0)} a second)`,
);
Deno.exit(failures.length > 0 ? 1 : 0);
