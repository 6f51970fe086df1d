/**
 * Who cannot reach whom: partitions, and single directions. What is cut is silent, as when a cable
 * is pulled, or it refuses, as a firewall does that answers for the host behind it: dials are
 * refused, and links reset.
 */
export class Cuts<Id extends number | string = number> {
  /** The part of each member, while there is a partition; a member of none reaches everybody. */
  readonly #parts = new Map<Id, number>();
  /** Directions that are cut one by one, as `from>to`. */
  readonly #ways = new Set<string>();
  /** Those of them that refuse. */
  readonly #refusing = new Set<string>();
  #isPartitionRefusing = false;

  /** Whether what `from` sends arrives at `to`. */
  reaches(from: Id, to: Id): boolean {
    if (this.#ways.size > 0 && this.#ways.has(`${from}>${to}`)) return false;
    if (this.#parts.size === 0) return true;
    const part = this.#parts.get(from);
    const other = this.#parts.get(to);
    return part === undefined || other === undefined || part === other;
  }

  /** Whether what `from` sends to `to` is refused, where it does not reach it. */
  refuses(from: Id, to: Id): boolean {
    if (this.reaches(from, to)) return false;
    return this.#isPartitionRefusing || this.#refusing.has(`${from}>${to}`);
  }

  /**
   * Cuts the network into parts; an earlier partition is over.
   *
   * @param isRefusing whether each part refuses what the others send.
   */
  partition(parts: readonly (readonly Id[])[], isRefusing = false): void {
    this.#parts.clear();
    this.#isPartitionRefusing = isRefusing;
    parts.forEach((members, part) => members.forEach((member) => this.#parts.set(member, part)));
  }

  /** Cuts one direction; what is sent is lost. */
  cut(from: Id, to: Id): void {
    this.#ways.add(`${from}>${to}`);
  }

  /** Cuts one direction; what is sent is refused. */
  refuse(from: Id, to: Id): void {
    this.cut(from, to);
    this.#refusing.add(`${from}>${to}`);
  }

  /** Mends one direction. */
  mend(from: Id, to: Id): void {
    this.#ways.delete(`${from}>${to}`);
    this.#refusing.delete(`${from}>${to}`);
  }

  /** Ends the partition; directions that were cut one by one stay so. */
  unite(): void {
    this.#parts.clear();
    this.#isPartitionRefusing = false;
  }

  /** Mends everything. */
  heal(): void {
    this.unite();
    this.#ways.clear();
    this.#refusing.clear();
  }
}
