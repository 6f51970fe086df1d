import type { Millis, NodeId } from "../core/mod.ts";
import { MASTER_CHANGES } from "./limits.ts";

/** A change of who leads, as this node came to know of it. */
export interface MasterChange {
  /** When, on the node's clock. */
  readonly at: Millis;
  /** `undefined`: there was none from then on. */
  readonly master: NodeId | undefined;
  /** The newest term that was known then. */
  readonly term: number;
  /** Why, as a fragment of a sentence. */
  readonly reason: string;
}

/** The last changes of who leads: what `why master` tells. */
export class LeaderHistory {
  /** At most `MASTER_CHANGES`, the oldest first; no two in a row say the same. */
  readonly #changes: MasterChange[] = [];

  /**
   * Records a change.
   *
   * @returns whether it is news: that there is still no master, in a later term, is none.
   */
  record(change: MasterChange): boolean {
    const last = this.#changes.at(-1);
    const { master, term } = change;
    if (last !== undefined && last.master === master) {
      if (master === undefined || last.term === term) return false;
    }
    this.#changes.push(change);
    if (this.#changes.length > MASTER_CHANGES) this.#changes.shift();
    return true;
  }

  /** What is recorded, the oldest first. */
  get changes(): readonly MasterChange[] {
    return this.#changes;
  }

  /**
   * Who led before the present master, or before there was none; `undefined` when nobody is
   * recorded.
   */
  predecessorOf(present: NodeId | undefined): NodeId | undefined {
    return this.#changes.findLast(({ master }) => master !== undefined && master !== present)
      ?.master;
  }
}
