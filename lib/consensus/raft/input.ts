import type { Json, Message, NodeId } from "../../core/mod.ts";
import type { Index, SnapshotMeta, Term } from "./entry.ts";

/** The shell's number for something that it wants an answer to; never used twice by one process. */
export type RequestId = number;

/** One command that wants to be in the log. */
export interface Proposal {
  /** The number by which the outcome is told. */
  request: RequestId;
  /** What the machine is to apply. */
  data: Json;
  /** Of a command of a further table of the state: which one. */
  table?: string | undefined;
  /**
   * Whether a command of that table was applied here: then every node has to know it anyway.
   * Default: none was.
   */
  isTableUsed?: boolean;
}

/** One step from a configuration to the next (dissertation §4.1). */
export interface Change {
  /**
   * - `add-learner`: the node receives the log from now on;
   * - `promote`: a learner that has caught up becomes a voter;
   * - `demote`: a voter becomes a learner;
   * - `remove`: the node is out;
   * - `mark`: the configuration did not know rightly whether the node keeps anything.
   */
  type: "add-learner" | "promote" | "demote" | "remove" | "mark";
  /** Whom it is about. */
  node: NodeId;
  /** Of `add-learner` and `mark`: whether the node keeps nothing (default: it has a folder). */
  memory?: boolean;
  /** Of `remove`: the place of this voter is for a learner that is promoted next. */
  vacates?: boolean;
}

/** What the shell tells the machine. */
export type ConsensusInput =
  /** The time of `nextDeadline()` has come (harmless at any other time). */
  | { type: "tick" }
  /** A message of the wire, not validated yet; `from` is who the link belongs to. */
  | { type: "message"; from: NodeId; message: Message }
  /** The link to a node ended by itself: a crash, most likely. */
  | { type: "link-broken"; node: NodeId }
  /** Membership holds a node for dead, or it has left: nobody waits for it. */
  | { type: "node-gone"; node: NodeId }
  /** There is a (new) link to a node. */
  | { type: "link-made"; node: NodeId }
  /** Commands for the log; all of them go out in one append per follower. */
  | { type: "propose"; proposals: Proposal[] }
  /** A step of configuration, from an operator or the autopilot. */
  | { type: "change"; request: RequestId; change: Change }
  /** Wants to read state that is at least as new as now (linearizable). */
  | { type: "read"; request: RequestId }
  /** Hands leadership over; without `to`, to the voter that has most of the log. */
  | { type: "transfer"; request: RequestId; to?: NodeId }
  /**
   * The shell has made (durable) a snapshot of the state as of `index`, applied now or a while ago.
   */
  | { type: "snapshot-taken"; index: Index }
  /** The whole snapshot that `send-snapshot` asked for is over there. */
  | { type: "snapshot-sent"; to: NodeId; index: Index }
  /** It could not be sent. */
  | { type: "snapshot-failed"; to: NodeId }
  /** A leader's whole snapshot is here, held beside the state, not yet in its place. */
  | { type: "snapshot-received"; from: NodeId; term: Term; snapshot: SnapshotMeta }
  /** Many inputs of one turn; their effects share one persist and one append per follower. */
  | { type: "batch"; inputs: Exclude<ConsensusInput, { type: "batch" }>[] };
