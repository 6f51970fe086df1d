/**
 * How an attempt to reach a member failed. `refused`, `other-node`, `other-cluster` (a node of
 * another cluster listens there) and `not-muster` (another kind of server does) are hard evidence.
 */
export type UnreachableKind = HardEvidence | "timeout" | "unreachable";

/** What proves that a member is not at its address. */
export type HardEvidence = "refused" | "other-node" | "other-cluster" | "not-muster";

/** Whether it proves that the member is not there. */
export function isHardEvidence(kind: UnreachableKind): kind is HardEvidence {
  return kind !== "timeout" && kind !== "unreachable";
}
