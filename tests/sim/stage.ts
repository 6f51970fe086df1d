import { type Random, sample } from "../../lib/core/mod.ts";
import type { AgreementCluster } from "./agreement_cluster.ts";
import type { RunOptions, SimMember } from "./sim_cluster.ts";
import { promise } from "./violation.ts";

/** What a scenario plays with. */
export interface Stage {
  seed: number;
  nodes: number;
  /** Draws who is hit and when; another source than the world's. */
  random: Random;
  /** What its cluster is made with. */
  making: RunOptions;
}

/** Who leads. */
export function masterOf(cluster: AgreementCluster): SimMember {
  const { master } = cluster;
  promise(master !== undefined, `nobody leads: ${cluster.standing()}`);
  return master;
}

/** All others that run. */
export function othersOf(cluster: AgreementCluster, member: SimMember): SimMember[] {
  return cluster.members.running.filter((other) => other !== member);
}

/** One of those that run. */
export function survivor(cluster: AgreementCluster, random: Random): SimMember {
  return sample(random, cluster.members.running, 1)[0] as SimMember;
}
