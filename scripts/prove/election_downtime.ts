/**
 * How long a cluster of five is without a leader after its crash, by simulation, beside the Raft paper's
 * figure 16 (Ongaro and Ousterhout, USENIX ATC 2014: broadcast time 15 ms, nobody's link breaks):
 *
 *     deno run scripts/prove/election_downtime.ts [--trials 1000]
 *
 * The first rows are plain Raft as the paper measured it, the next the same timeouts with pre-vote and
 * sticky voters, as Muster runs.
 */
import {
  type Downtime,
  electionDowntime,
  figure16,
  FIGURE_16,
} from "../../tests/consensus/downtime.ts";
import { flagNumber } from "./table.ts";

function line(what: string, downtime: Downtime): string {
  const [low, high] = downtime.timeoutsMs;
  const { paperMedianMs, medianMs, meanMs, p99Ms, worstMs } = downtime;
  const figures = [medianMs, meanMs, p99Ms, worstMs].map((ms) => `${ms.toFixed(0)} ms`);
  const paper = paperMedianMs === undefined ? "" : `${paperMedianMs} ms`;
  return `| ${what} | ${low}–${high} ms | ${paper} | ${figures.join(" | ")} |`;
}

const trials = flagNumber("trials", 1_000);
console.log(`| ${trials} crashes each | timeouts | paper's median | median | mean | p99 | worst |`);
console.log("|---|---|---|---|---|---|---|");
for (const downtime of figure16(trials)) console.log(line("as the paper has it", downtime));
for (const { timeoutsMs } of FIGURE_16) {
  console.log(line("as we run it", electionDowntime(timeoutsMs, { trials, isPlain: false })));
}
