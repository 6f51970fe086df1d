import type { NodeId } from "../../core/mod.ts";
import type { Config, Entry, Index, SnapshotMeta, Term } from "./entry.ts";
import type { RequestId } from "./input.ts";
import type { ConsensusMessage } from "./messages.ts";

/** What a node is in its term. */
export type Role = "learner" | "follower" | "pre-candidate" | "candidate" | "leader";

/** Why something was refused, as codes of `ClusterError`. */
export type RefusalCode = "NOT_MASTER" | "NO_QUORUM" | "NOT_READY" | "OVERLOADED" | "BAD_REQUEST";

/** Makes term, vote and log durable, in one transaction. */
export interface PersistEffect {
  /** Which effect it is: it comes before the messages that promise it. */
  type: "persist";
  /** The term and vote, when they changed. */
  vote?: { term: Term; votedFor: NodeId | null };
  /**
   * A first snapshot of index 0 (only when a cluster is founded): the configuration to start from.
   */
  snapshot?: SnapshotMeta;
  /** Removes every entry at this index and after it, before `entries` are added. */
  truncateFrom?: Index;
  /** Entries to add at the end. */
  entries?: Entry[];
}

/** What the machine wants done, in order. */
export type ConsensusEffect =
  | PersistEffect
  | { type: "send"; to: NodeId; message: ConsensusMessage }
  /** Committed entries, each exactly once and in order; no-ops and configurations too. */
  | { type: "apply"; entries: Entry[] }
  /**
   * Puts the snapshot given by `snapshot-received` in the state's place, durably, and removes the
   * whole log from disk: the log now starts behind it.
   */
  | { type: "install"; snapshot: SnapshotMeta }
  /** A received snapshot is of no use (old, or overtaken): forget it. */
  | { type: "discard-snapshot"; snapshot: SnapshotMeta }
  /** Entries up to `through` may be removed from disk; the snapshot covers them. */
  | { type: "compact"; through: Index; snapshot: SnapshotMeta }
  /** Sends the latest snapshot (at least this new) to a node, with the term, over the data link. */
  | { type: "send-snapshot"; to: NodeId; term: Term; snapshot: SnapshotMeta }
  /**
   * The proposal or change is in this node's log; `apply` of the same index *and term* completes
   * it.
   */
  | { type: "accepted"; request: RequestId; index: Index; term: Term }
  /** The proposal, change or transfer never entered the log: trying elsewhere or later is safe. */
  | {
    type: "refused";
    request: RequestId;
    code: RefusalCode;
    reason: string;
    leader: NodeId | undefined;
    /**
     * Voters that do not answer (for `NO_QUORUM`), or nodes that do not know the table (for
     * `NOT_READY`).
     */
    missing: NodeId[];
  }
  /**
   * An accepted proposal has left this node's log: another entry took its place, or a snapshot that
   * may hold it. What becomes of it is unknown: as long as nothing is committed in its place,
   * another node that still has it may come to lead (D §3.6.2) and commit it.
   */
  | { type: "failed"; request: RequestId; index: Index; term: Term }
  /** The state as this node has applied it (at least to `index`) may be read now. */
  | { type: "read-ready"; request: RequestId; index: Index }
  /** The read could not be confirmed. */
  | {
    type: "read-failed";
    request: RequestId;
    code: RefusalCode;
    leader: NodeId | undefined;
    missing: NodeId[];
  }
  /**
   * The transfer is over: the target was told and this node leads no more (`ok`), or it came to
   * nothing.
   */
  | { type: "transferred"; request: RequestId; to: NodeId; ok: boolean }
  /** Role, term or leader changed: what `watch` and `why master` tell. */
  | { type: "role"; role: Role; term: Term; leader: NodeId | undefined; reason: string }
  /** The configuration in force changed (it may still be uncommitted, or have been undone). */
  | { type: "config"; config: Config; index: Index }
  /**
   * In how many places an acknowledged entry is from here on: a leader says so before it
   * acknowledges anything that is in fewer, and when it has made sure that all is in more.
   */
  | { type: "copies"; copies: number; disks: number }
  /**
   * What this node holds and what another node of its cluster holds cannot both be right: the
   * folder of one of them was put back to what it was some time ago. Nothing mends that here: the
   * node has to stop.
   *
   * - `other-entry`: the leader has another entry at `index`, which is committed here;
   * - `lost-entries`: this node has acknowledged entries up to `index` to the leader, and its log
   *   ends before;
   * - `leader-behind`: this node leads, and a follower has committed entries up to `index`, which
   *   it has not.
   */
  | {
    type: "contradicted";
    by: NodeId;
    index: Index;
    how: "other-entry" | "lost-entries" | "leader-behind";
  }
  /** A message was not what the protocol says. */
  | { type: "reject"; from: NodeId; reason: string };
