import type { Entry, Index, Term } from "./entry.ts";

/** Asks for a vote, or (`pre`) whether one would be given (dissertation §3.4, §9.6). */
export interface VoteRequest {
  /** Which message it is: asks for a vote (§5.2). */
  type: "vote-request";
  /** The term to lead; for a pre-vote the one that the sender has not entered yet. */
  term: Term;
  /** Whether it only asks who would vote, with no new term (§9.6). */
  pre: boolean;
  /** The last index of the candidate's log. */
  lastIndex: Index;
  /** The term of that entry (§5.4.1). */
  lastTerm: Term;
  /** The leader itself asked for this election (§3.10): a healthy leader is no reason to refuse. */
  transfer: boolean;
}

/** Answers a {@linkcode VoteRequest}. */
export interface Vote {
  /** Which message it is: the answer to `vote-request`. */
  type: "vote";
  /** The request's term when granted, else the voter's own. */
  term: Term;
  /** Whether it answers a question that counts for nothing yet. */
  pre: boolean;
  /** Whether the vote is given. */
  granted: boolean;
}

/** Replicates entries; without entries a heartbeat, or news of the commit index (§3.5). */
export interface Append {
  /** Which message it is: entries, or a sign of life (§5.3). */
  type: "append";
  /** The leader's term. */
  term: Term;
  /** The index before the first entry. */
  previousIndex: Index;
  /** The term of that entry: the follower has it, or refuses. */
  previousTerm: Term;
  /** What follows it; none in a sign of life. */
  entries: Entry[];
  /** Up to where the leader has committed. */
  commit: Index;
  /** The leader's life, which the no-op that began its term has too. */
  life?: string;
  /** What the leader knows that the receiver has acknowledged to it. */
  held?: Index;
  /** Which confirmation round this belongs to; 0: no answer is wanted when it fits. */
  round: number;
  /**
   * The leader's own clock when it sent this: it comes back with the answer, and means nothing
   * here.
   */
  sentAt: number;
  /** The leader's election timeout, when it is longer than usual: the voters are far apart. */
  electionTimeoutMs?: number;
}

/** Answers an {@linkcode Append}, and a snapshot that arrived. */
export interface Appended {
  /** Which message it is: the answer to `append`. */
  type: "appended";
  /** The follower's term. */
  term: Term;
  /** Whether the log agreed at `previousIndex`. */
  ok: boolean;
  /** When ok, the last index known to agree; else the `previousIndex` that did not. */
  index: Index;
  /** When not ok: the best place to try next, and this node's term there (0 when ok). */
  hintIndex: Index;
  /** The term of the entry at the hint. */
  hintTerm: Term;
  /** The number of the round that it answers. */
  round: number;
  /** When that was sent, on the leader's clock. */
  sentAt: number;
  /**
   * The further tables of the state that this node knows, beyond those of protocol 1: said once a
   * round, and not at all when there is none.
   */
  tables?: readonly string[];
}

/** Tells the target of a leadership transfer to start its election now (§3.10). */
export interface TimeoutNow {
  /** Which message it is: the receiver is to stand for election at once (§3.10). */
  type: "timeout-now";
  /** The leader's term. */
  term: Term;
}

/** A follower asks its leader for a read index (§6.4). */
export interface ReadRequest {
  /** Which message it is: asks the leader from which index on a read is linearizable (§6.4). */
  type: "read-request";
  /** The asker's term. */
  term: Term;
  /** The asker's number for this batch of reads. */
  read: number;
}

/** Answers a {@linkcode ReadRequest}. */
export interface ReadReply {
  /** Which message it is: the answer to `read-request`. */
  type: "read-reply";
  /** The leader's term. */
  term: Term;
  /** The number of the question. */
  read: number;
  /** Whether leadership was confirmed. */
  ok: boolean;
  /** State at least as new as this entry may be read; 0 when not ok. */
  index: Index;
}

/** Everything that consensus says on the wire. */
export type ConsensusMessage =
  | VoteRequest
  | Vote
  | Append
  | Appended
  | TimeoutNow
  | ReadRequest
  | ReadReply;

/** The `type`s of {@linkcode ConsensusMessage}, for routing. */
export const CONSENSUS_MESSAGE_TYPES: readonly ConsensusMessage["type"][] = [
  "vote-request",
  "vote",
  "append",
  "appended",
  "timeout-now",
  "read-request",
  "read-reply",
];
