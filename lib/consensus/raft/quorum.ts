import type { Index } from "./entry.ts";

/** How many of `voters` voters decide: more than half. */
export function majority(voters: number): number {
  return Math.floor(voters / 2) + 1;
}

/**
 * The greatest value that a majority of the voters has reached: the commit index of their match
 * indexes, the round that is confirmed, the moment since which a quorum has answered.
 *
 * @param values one for each voter.
 * @returns `-Infinity` for no voters: nobody can decide anything.
 */
export function majorityValue(values: readonly Index[]): number {
  if (values.length === 0) return -Infinity;
  const descending = values.toSorted((a, b) => b - a);
  return descending[majority(values.length) - 1] as number;
}
