import type { Millis, NodeId } from "../../core/mod.ts";
import type { Counts } from "./second_copy.ts";
import type { Role } from "./effect.ts";
import type { Config, Index, SnapshotMeta, Term } from "./entry.ts";

/** How a leader feeds one other node. */
export interface ProgressStatus {
  /**
   * `probe`: looking for where the logs agree; `replicate`: streaming; `snapshot`: too far behind.
   */
  state: "probe" | "replicate" | "snapshot";
  /** The last index known to agree. */
  match: Index;
  /** The next index to send. */
  next: Index;
  /** Entries that the node does not have yet, as far as known. */
  lag: number;
  /** When its last answer came, on this node's monotonic clock; `undefined`: not in this term. */
  lastHeard: Millis | undefined;
  /** When the latest thing that it answered in this term was *sent*; `undefined`: none yet. */
  answeredAt: Millis | undefined;
  /** Of a learner with a folder: whether the commit index of a single voter waits for it. */
  isInStep: boolean;
}

/** What a node knows of the consensus, at one moment. */
export interface ConsensusStatus {
  /** Who it is. */
  id: NodeId;
  /** What it is in its term. */
  role: Role;
  /** The newest term that it has seen. */
  term: Term;
  /** Whom it follows, perhaps itself; `undefined`: nobody. */
  leader: NodeId | undefined;
  /** Whom it voted for in that term; `null`: nobody. */
  votedFor: NodeId | null;
  /** The first index of its log that it still holds. */
  firstIndex: Index;
  /** The last index of its log. */
  lastIndex: Index;
  /** Up to where it knows that a majority has it. */
  commitIndex: Index;
  /** Up to where its machine has come. */
  appliedIndex: Index;
  /** What its log begins behind; `undefined`: with the first entry. */
  snapshot: SnapshotMeta | undefined;
  /** The configuration in force: the latest of the log. */
  config: Config;
  /** The latest configuration known to be committed. */
  committedConfig: Config;
  /** Whether a leader may propose a configuration change now. */
  canChange: boolean;
  /** Whether this node leads or follows a leader that it hears. */
  hasQuorum: boolean;
  /** The voters that did not answer lately, when there is no quorum (a leader: always). */
  missingVoters: NodeId[];
  /** Only at the leader: every other node of the configuration. */
  progress: Record<NodeId, ProgressStatus>;
  /** The election timeout of now: longer than usual when the voters are far apart. */
  electionTimeoutMs: Millis;
  /** Only at the leader: in how many places, and on how many disks, an acknowledged entry is. */
  counts: Counts | undefined;
  /** The node that leadership is being handed to. */
  transferTarget: NodeId | undefined;
}
