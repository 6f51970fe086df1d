/** What the cluster believes of a member. */
export type MemberState = "alive" | "suspect" | "dead" | "left";

/** Whether a member in that state is counted, probed and gossiped to. */
export function isLive(state: string): boolean {
  return state === "alive" || state === "suspect";
}
