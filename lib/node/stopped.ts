import type { ClusterError } from "../core/mod.ts";

/** Why a node is a member no more. */
export interface Stopped {
  /** Why, as a fragment of a sentence. */
  reason: string;
  /** Set when it was not its own wish. */
  error?: ClusterError;
}
