import type { Millis, NodeId } from "../../core/mod.ts";
import { type Config, type Entry, hasFolder, type Index, type Term } from "./entry.ts";

/** Where a log ends. */
export interface LogEnd {
  /** The last index of its log. */
  lastIndex: Index;
  /** The term of that entry. */
  lastTerm: Term;
}

/**
 * The small decisions on which safety rests, apart from the machinery, so that each can be read
 * beside its section of the dissertation, and injected bugs can prove that the simulator would see
 * it broken.
 */
export interface Rules {
  /** Whether a candidate's log is at least as up to date as ours (§3.6.1). */
  isUpToDate(candidate: LogEnd, own: LogEnd): boolean;
  /** Whether the one vote of a term is still free for this candidate (§3.4). */
  mayVote(votedFor: NodeId | null, candidate: NodeId): boolean;
  /** Whether a voter still goes by its leader, and so refuses others (§4.2.3). */
  isSticky(sinceHeardMs: Millis, electionTimeoutMs: Millis): boolean;
  /** Whether an election needs a pre-vote first (§9.6). */
  needsPreVote(): boolean;
  /** Whether an entry may be committed by counting: only one of the leader's own term (§3.6.2). */
  mayCommit(entryTerm: Term, currentTerm: Term): boolean;
  /** Where an append's entries first contradict the log, or `undefined` (§3.5). */
  findConflict(entries: readonly Entry[], termAt: (index: Index) => Term | undefined):
    | Index
    | undefined;
  /** Whether a leader may append a configuration (§4.1 and the correction of 2015). */
  mayChangeConfig(hasCommittedInTerm: boolean, isPending: boolean): boolean;
  /** Whether a read is confirmed: a majority answered a round that began after it came (§6.4). */
  isReadConfirmed(readRound: number, majorityRound: number): boolean;
  /** Whether a leader's no-op has been committed, so that its commit index is not behind (§6.4). */
  mayRead(hasCommittedInTerm: boolean): boolean;
  /** Whether a single voter's commit index waits for a learner in step. */
  waitsForSecond(): boolean;
  /** Whether a leader that takes office counts the learners that it finds as in step. */
  isFoundInStep(): boolean;
  /** Whether a learner that is out of step keeps up. */
  isSteady(state: "probe" | "replicate" | "snapshot", match: Index, needed: Index): boolean;
  /** Whether a learner has all that it must have. */
  hasAll(match: Index, needed: Index): boolean;
  /** How many voters add nothing to the disks that an entry is on. */
  memoryVoters(config: Config): number;
}

/** Raft as it is meant. */
export const RULES: Rules = {
  isUpToDate: (candidate, own) =>
    candidate.lastTerm > own.lastTerm ||
    (candidate.lastTerm === own.lastTerm && candidate.lastIndex >= own.lastIndex),
  mayVote: (votedFor, candidate) => votedFor === null || votedFor === candidate,
  isSticky: (sinceHeardMs, electionTimeoutMs) => sinceHeardMs < electionTimeoutMs,
  needsPreVote: () => true,
  mayCommit: (entryTerm, currentTerm) => entryTerm === currentTerm,
  findConflict(entries, termAt) {
    // Entries that are here already stay, with whatever follows them: the append may be an old one.
    for (const entry of entries) {
      const term = termAt(entry.index);
      if (term !== undefined && term !== entry.term) return entry.index;
    }
    return undefined;
  },
  mayChangeConfig: (hasCommittedInTerm, isPending) => hasCommittedInTerm && !isPending,
  isReadConfirmed: (readRound, majorityRound) => majorityRound >= readRound,
  mayRead: (hasCommittedInTerm) => hasCommittedInTerm,
  waitsForSecond: () => true,
  isFoundInStep: () => true,
  isSteady: (state, match, needed) => state === "replicate" && match >= needed,
  hasAll: (match, needed) => match >= needed,
  memoryVoters: (config) => config.voters.filter((voter) => !hasFolder(config, voter)).length,
};
