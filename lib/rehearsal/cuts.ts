/** Who cannot reach whom: partitions, and single directions. */
export class Cuts {
  /** The part of each member, while there is a partition; a member of none reaches everybody. */
  readonly #parts = new Map<number, number>();
  /** Directions that are cut one by one, as `from>to`. */
  readonly #ways = new Set<string>();

  /** Whether what `from` sends arrives at `to`. */
  reaches(from: number, to: number): boolean {
    if (this.#ways.size > 0 && this.#ways.has(`${from}>${to}`)) return false;
    if (this.#parts.size === 0) return true;
    const part = this.#parts.get(from);
    const other = this.#parts.get(to);
    return part === undefined || other === undefined || part === other;
  }

  /** Cuts the network into parts; an earlier partition is over. */
  partition(parts: readonly (readonly number[])[]): void {
    this.#parts.clear();
    parts.forEach((members, part) => members.forEach((member) => this.#parts.set(member, part)));
  }

  /** Cuts one direction. */
  cut(from: number, to: number): void {
    this.#ways.add(`${from}>${to}`);
  }

  /** Mends one direction. */
  mend(from: number, to: number): void {
    this.#ways.delete(`${from}>${to}`);
  }

  /** Ends the partition; directions that were cut one by one stay so. */
  unite(): void {
    this.#parts.clear();
  }

  /** Mends everything. */
  heal(): void {
    this.#parts.clear();
    this.#ways.clear();
  }
}
