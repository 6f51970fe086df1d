import { ClusterError } from "../core/mod.ts";
import type { Restored } from "./raft/mod.ts";

/**
 * Whether a copy of the state is one that the cluster had, if perhaps some time ago, and so may be
 * read without asking anybody.
 *
 * A log says what was written, not what of it was agreed on: how far that is, is noted beside it
 * and applied at the restart. Where nobody noted it, what is applied may lack anything that the log
 * holds, and an answer from it would deny what was acknowledged.
 */
export class Readiness {
  readonly #entries: number;
  #isReady: boolean;

  /**
   * Ready at once when there is nothing to catch up with.
   *
   * @param restored what the store had, unless the node is new.
   */
  constructor(restored: Restored | undefined) {
    const { snapshot, commit = 0, entries = [] } = restored ?? {};
    this.#entries = entries.length;
    const hasState = (snapshot?.index ?? 0) > 0;
    this.#isReady = commit > 0 || (hasState && entries.length === 0);
  }

  /** Whether the copy may be read as it is. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /**
   * Something was applied, or a snapshot took the state's place: a leader, or the note, said so.
   */
  told(): void {
    this.#isReady = true;
  }

  /**
   * Fails while the copy may not be read.
   *
   * @throws {ClusterError} `NOT_READY`, saying why.
   */
  check(): void {
    if (this.#isReady) return;
    const why = this.#entries === 0
      ? "its copy of the state has not come yet"
      : `it has restarted, and no master has told it yet which of the ${this.#entries} entries of its log ` +
        "were agreed on; start the other voters again";
    throw new ClusterError("NOT_READY", `This node cannot be read without a majority: ${why}`);
  }
}
