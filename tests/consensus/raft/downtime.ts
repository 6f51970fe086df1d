import type { ConsensusMessage, Rules } from "../../../lib/consensus/raft/mod.ts";
import { type Random, randomBetween } from "../../../lib/core/mod.ts";
import { Cluster } from "./cluster.ts";

/** How long a cluster was without a leader, over many crashes. */
export interface Downtime {
  timeoutsMs: [number, number];
  trials: number;
  /** The medians of Ongaro and Ousterhout's figure 16, where it has them. */
  paperMedianMs: number | undefined;
  medianMs: number;
  meanMs: number;
  p99Ms: number;
  worstMs: number;
}

/** The three settings of the figure whose medians its text gives. */
export const FIGURE_16: { timeoutsMs: [number, number]; paperMedianMs: number }[] = [
  { timeoutsMs: [150, 155], paperMedianMs: 291 },
  { timeoutsMs: [150, 200], paperMedianMs: 149 },
  { timeoutsMs: [150, 300], paperMedianMs: 174 },
];

/** Raft as the paper measured it: neither pre-vote nor stickiness. */
const PLAIN: Partial<Rules> = { needsPreVote: () => false, isSticky: () => false };

/**
 * Crashes the leader of five (or `servers`) at an even chance within its heartbeat interval, and
 * measures until there is another (silent: nobody's link breaks). A request for a vote and its
 * answer take 15 ms on average, the figure's broadcast time; most of it is the voter's disk, as two
 * candidates collide only within the network's part of it.
 *
 * @param isPlain without pre-vote and stickiness, as the paper had it (default); else as we run it.
 */
export function electionDowntime(
  timeoutsMs: [number, number],
  {
    trials = 1_000,
    seed = 1,
    isPlain = true,
    servers = 5,
    paperMedianMs = undefined as number | undefined,
  } = {},
): Downtime {
  const samples: number[] = [];
  for (let trial = 0; trial < trials; trial++) {
    samples.push(oneDowntime(timeoutsMs, seed * 1_000_003 + trial, isPlain, servers));
  }
  samples.sort((a, b) => a - b);
  const at = (part: number) => samples[Math.min(samples.length - 1, Math.floor(part * trials))]!;
  return {
    timeoutsMs,
    trials,
    paperMedianMs,
    medianMs: at(0.5),
    meanMs: samples.reduce((sum, one) => sum + one, 0) / trials,
    p99Ms: at(0.99),
    worstMs: samples.at(-1)!,
  };
}

/** The whole table: our plain Raft beside the figure's medians. */
export function figure16(trials = 1_000): Downtime[] {
  return FIGURE_16.map(({ timeoutsMs, paperMedianMs }) =>
    electionDowntime(timeoutsMs, { trials, paperMedianMs })
  );
}

/** A fast network, and the answer to a request for a vote only after a disk write: 15 ms in all. */
function broadcastDelay(random: Random, message: ConsensusMessage | undefined): number {
  return message?.type === "vote" ? randomBetween(random, 8, 18) : randomBetween(random, 1, 3);
}

function oneDowntime(
  [low, high]: [number, number],
  seed: number,
  isPlain: boolean,
  servers: number,
): number {
  const cluster = new Cluster({
    voters: Array.from({ length: servers }, (_, at) => `n${at + 1}`),
    seed,
    timing: { electionTimeoutMs: low, electionJitterMs: high - low, heartbeatMs: low / 2 },
    delay: broadcastDelay,
    rules: isPlain ? PLAIN : {},
  });
  cluster.until(() => cluster.leader !== undefined);
  cluster.run(2_000 + randomBetween(cluster.random, 0, low / 2));
  cluster.until(() => cluster.leader !== undefined);
  const crashedAt = cluster.now;
  cluster.crash(cluster.leader!.id, false);
  cluster.until(() => cluster.leader !== undefined);
  return cluster.now - crashedAt;
}
