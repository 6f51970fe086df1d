import type { Json } from "../core/mod.ts";

/**
 * What the log makes the same on every node: a part above consensus fills it, before the node joins.
 *
 * It is told only what is committed, in the order of the log. Whatever a node is asked meanwhile it answers
 * from what it was told, so that two nodes that applied the same entries are the same.
 */
export interface ReplicatedMachine {
  /**
   * Applies a committed command.
   *
   * @param index the command's place in the log, above that of every command before.
   * @returns what whoever proposed it is told.
   */
  apply(index: number, command: Json): unknown;
  /** All of it as of now, chunk by chunk, whatever is applied while the chunks are read. */
  snapshot(): Iterable<Json>;
  /**
   * Reads the chunks of a snapshot; of none it reads an empty machine.
   *
   * @returns what puts it in the place of this one: nothing changes before.
   * @throws {ClusterError} `BAD_MESSAGE` when the snapshot is not whole.
   */
  restore(chunks: Iterable<Json>): () => void;
}
