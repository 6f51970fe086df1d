import type { Json } from "../core/mod.ts";

/**
 * What the log makes the same on every node: a part above consensus fills it, before the node
 * joins.
 *
 * It is told only what is committed, in the order of the log. Whatever a node is asked meanwhile it
 * answers from what it was told, so that two nodes that applied the same entries are the same.
 */
export interface ReplicatedMachine {
  /**
   * The tables that it knows beyond those that every node of protocol 1 knows: a command of one is
   * proposed only when every node has said that it knows it.
   */
  readonly tables: readonly string[];
  /**
   * Whether a command of a table was ever applied: whoever takes part has to know it from then on.
   */
  hasUsed(table: string): boolean;
  /**
   * Applies a committed command.
   *
   * @param index the command's place in the log, above that of every command before.
   * @param table the table that it is of, unless every node of protocol 1 knows that.
   * @returns what whoever proposed it is told.
   * @throws {ClusterError} `NEWER_CLUSTER` when it does not know the command: then the node must
   * stop.
   */
  apply(index: number, command: Json, table?: string): unknown;
  /** All of it as of now, chunk by chunk, whatever is applied while the chunks are read. */
  snapshot(): Iterable<Json>;
  /**
   * Reads the chunks of a snapshot; of none it reads an empty machine.
   *
   * @returns what puts it in the place of this one: nothing changes before.
   * @throws {ClusterError} `BAD_MESSAGE` when the snapshot is not whole, `NEWER_CLUSTER` when it
   * holds a table that it does not know.
   */
  restore(chunks: Iterable<Json>): () => void;
}
