import type { Millis, NodeId, Random } from "../../core/mod.ts";
import type { Restored } from "./entry.ts";
import type { Rules } from "./rules.ts";

/** How fast consensus moves; all nodes of a cluster use the same. */
export interface ConsensusTiming {
  /** The shortest time without a leader before an election, ms. */
  electionTimeoutMs: Millis;
  /**
   * The longest election timeout that a leader may take for voters that are far apart, ms (default:
   * none but the shortest).
   */
  electionTimeoutMostMs?: Millis;
  /** What is added to it at random, ms (default: as much again). */
  electionJitterMs?: Millis;
  /** How often a leader is heard at least, ms: a quarter of the election timeout or less. */
  heartbeatMs: Millis;
}

/** What a {@linkcode Consensus} is made of. */
export interface ConsensusOptions {
  /** Who this node is. */
  id: NodeId;
  /** Draws election timeouts. */
  random: Random;
  /** How long it waits for what. */
  timing: ConsensusTiming;
  /** The time of construction, on the clock that `handle` gets (default 0). */
  now?: Millis;
  /**
   * What tells this process from every other, also of the same node: a leader whose disk was put
   * back would lead terms again that it has led. Without it such terms are not told apart.
   */
  life?: string | undefined;
  /** What the disk held; without it the node is new. */
  restored?: Restored | undefined;
  /**
   * Founds a cluster: all its first voters give the same lists; `memory` are those that keep
   * nothing. Ignored by a node with `restored`.
   */
  bootstrap?: { voters: NodeId[]; memory?: NodeId[] } | undefined;
  /** Entries kept behind a snapshot for slow followers (default {@linkcode TRAILING_ENTRIES}). */
  trailingEntries?: number;
  /** Entries of one append at most (default {@linkcode APPEND_ENTRIES}). */
  appendEntries?: number;
  /** Replaces single decisions: for tests that inject bugs. */
  rules?: Partial<Rules>;
}
