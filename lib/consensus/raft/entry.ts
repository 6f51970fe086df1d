import type { Json, NodeId } from "../../core/mod.ts";

/** A period with at most one leader, counted from 1; 0 before the first election. */
export type Term = number;

/** A place in the log, counted from 1; 0 stands for "before the first entry". */
export type Index = number;

/** Who takes part: voters decide, learners only receive the log. The two never overlap. */
export interface Config {
  /** Who votes and counts for the majority. */
  voters: NodeId[];
  /** Who gets the log, and has no vote. */
  learners: NodeId[];
  /**
   * Those of them that keep nothing: once dead, they never come back under their id. A node that is
   * not named here has a folder; without the field (as versions before it write it) all have one.
   */
  memory?: NodeId[];
  /**
   * A dead voter was taken out for a learner that is promoted next: until some node is, no other
   * voter is taken out as surplus.
   */
  vacant?: true;
}

/** What a log entry is for: the first of a term, a command of the state, or a new configuration. */
export type EntryType = "noop" | "command" | "config";

/** One entry of the log. */
export interface Entry {
  /** Its place in the log, from 1. */
  index: Index;
  /** The term of the leader that appended it. */
  term: Term;
  /** What it does. */
  type: EntryType;
  /** The command; for `config` a {@linkcode Config}; for `noop` the leader's life, or `null`. */
  data: Json;
  /**
   * The table of the state that the command is of, unless it is one that every node of protocol 1
   * knows. It stands here because no client can write it: what an earlier version let through as a
   * command it never had.
   */
  table?: string;
}

/** What a snapshot of the state stands for: all entries up to and including `index`. */
export interface SnapshotMeta {
  /** The last entry that it covers. */
  index: Index;
  /** The term of the entry at `index`. */
  term: Term;
  /** The configuration in force at `index`. */
  config: Config;
}

/** What a node must find again after a restart, exactly as the `persist` effects left it. */
export interface Restored {
  /** The newest term that this node has seen. */
  term: Term;
  /** Whom it voted for in that term; `null`: nobody. */
  votedFor: NodeId | null;
  /** The latest snapshot (also the one of index 0 that a bootstrap persists). */
  snapshot?: SnapshotMeta;
  /** How far the log is known to be committed, if that is known. */
  commit?: Index;
  /** Consecutive entries in order; those that the snapshot covers are ignored. */
  entries: Entry[];
}

/** A configuration without anybody: what a node that has not been told yet goes by. */
export const NO_CONFIG: Config = Object.freeze({ voters: [], learners: [] });

/** The configuration that a `config` entry carries. */
export function configOf(entry: Entry): Config {
  return entry.data as unknown as Config;
}

/** Whether a node of a configuration finds its log again after a restart. */
export function hasFolder(config: Config, node: NodeId): boolean {
  return config.memory?.includes(node) !== true;
}
