import {
  type Address,
  ClusterError,
  formatAddress,
  type LinkFailure,
  type NodeId,
  type UnreachableKind,
} from "../core/mod.ts";

/** What it says of a member that dialling it failed so. */
export function unreachableKind(
  node: NodeId,
  failure: LinkFailure,
  refusal: ClusterError | undefined,
): UnreachableKind {
  if (refusal !== undefined) {
    // A member that is still joining refuses with its own id: it is there, only not ready.
    if (refusal.details?.["node"] === node) return "timeout";
    if (refusal.code === "OTHER_CLUSTER") return "other-cluster";
    return ["NOT_A_MEMBER", "SELF"].includes(refusal.code) ? "other-node" : "unreachable";
  }
  if (failure.kind === "refused" || failure.kind === "unreachable") return failure.kind;
  if (failure.kind === "rejected") return "not-muster";
  return failure.kind === "timeout" ? "timeout" : "unreachable";
}

/** A failed link as an error for whoever wanted something of that address. */
export function unreachable(address: Address | string, failure: LinkFailure): ClusterError {
  const where = typeof address === "string" ? address : formatAddress(address);
  return new ClusterError("UNREACHABLE", `Cannot reach ${where}: ${failure.message}`);
}
