import type { JsonObject } from "../../core/mod.ts";
import type { CommandError } from "./command_error.ts";
import type { CommandExecutor } from "./command_executor.ts";
import type { SnapshotContents, SnapshotSection } from "./snapshot_chunk.ts";
import type { Tables } from "./tables.ts";

/** What is known of a kind of command before it is in the log. */
export interface CommandRule {
  /** Who may propose it: any client, or only the leader by itself. Default: `leader`. */
  readonly proposedBy?: "clients" | "leader";
  /** Whether it is harmless when repeated, and so takes no sequence. Default: it is not. */
  readonly isRepeatable?: true;
  /** Whether the leader draws an id, `drawnId`, when it proposes it. Default: it does not. */
  readonly drawsId?: true;
  /** What is wrong with such a command: the same answer on every replica, whatever the data. */
  parse(data: JsonObject): CommandError | undefined;
}

/** A kind of replicated table: the commands that are its own, and how one is made. */
export interface TableKind {
  /**
   * Its name. But for the first four it is what nodes tell each other that they know, and how the
   * types of its commands begin: `NAME-…`.
   */
  readonly name: string;
  /** The types of its items in a snapshot, in the order in which they stand there. */
  readonly sections: readonly string[];
  /** Its commands, by their `type`. */
  readonly commands: Readonly<Record<string, CommandRule>>;
  /** An empty one, of a state whose first tables are these. */
  make(tables: Tables): ReplicatedTable;
}

/**
 * A table of the replicated state: it changes by committed commands alone, and alike on every
 * replica.
 */
export interface ReplicatedTable {
  /** What it counts against `STATE_BYTES`. Default: nothing. */
  readonly bytes?: number;
  /**
   * Does a command of its own that was parsed: all of it, or an error and nothing. Draws nothing
   * and asks no clock.
   *
   * @returns the result, which is JSON, its `type` telling it apart.
   */
  apply(command: { readonly type: string }, executor: CommandExecutor): object | CommandError;
  /**
   * What a snapshot of this moment holds of it, by `sections`: gathered now, whatever is applied
   * while it is read.
   */
  snapshot(): readonly SnapshotSection[];
  /**
   * Fills it, empty as it was made; the tables that were registered before it have been filled.
   *
   * @throws {ClusterError} `BAD_MESSAGE` when that is not what `snapshot` gave.
   */
  restore(contents: SnapshotContents): void;
}
