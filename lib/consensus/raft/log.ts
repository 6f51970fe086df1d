import { invariant } from "../../core/mod.ts";
import type { Entry, Index, Term } from "./entry.ts";

/** Bytes that an entry takes on the wire beside its data. */
const ENTRY_OVERHEAD_BYTES = 56;

/**
 * The log behind a base: entries up to the base are gone, only the base's own term is still known.
 *
 * Invariant: indexes are consecutive from `baseIndex + 1`, terms never decrease.
 */
export class RaftLog {
  #baseIndex: Index;
  #baseTerm: Term;
  #entries: Entry[] = [];
  /** The bytes of each entry of `#entries`, beside it. */
  #bytes: number[] = [];

  constructor(baseIndex: Index = 0, baseTerm: Term = 0, entries: readonly Entry[] = []) {
    this.#baseIndex = baseIndex;
    this.#baseTerm = baseTerm;
    this.append(entries);
  }

  /** The first entry that is still here (or will be). */
  get firstIndex(): Index {
    return this.#baseIndex + 1;
  }

  get lastIndex(): Index {
    return this.#baseIndex + this.#entries.length;
  }

  get lastTerm(): Term {
    return this.#entries.at(-1)?.term ?? this.#baseTerm;
  }

  /** The term of an entry; `undefined` when it is compacted or not there yet. */
  termAt(index: Index): Term | undefined {
    if (index === this.#baseIndex) return this.#baseTerm;
    return this.#entries[index - this.#baseIndex - 1]?.term;
  }

  /** The bytes of an entry on the wire, about; 0 when it is not here. */
  bytesAt(index: Index): number {
    return this.#bytes[index - this.#baseIndex - 1] ?? 0;
  }

  /** The bytes of the entries from one index through another, about; what is not here counts 0. */
  bytesBetween(from: Index, through: Index): number {
    let bytes = 0;
    for (let index = from; index <= through; index++) bytes += this.bytesAt(index);
    return bytes;
  }

  /** Adds entries at the end. */
  append(entries: readonly Entry[]): void {
    for (const entry of entries) {
      invariant(entry.index === this.lastIndex + 1, "a log has no gaps");
      invariant(entry.term >= this.lastTerm, "terms in a log never decrease");
      this.#entries.push(entry);
      this.#bytes.push(ENTRY_OVERHEAD_BYTES + (JSON.stringify(entry.data)?.length ?? 0));
    }
  }

  /** Removes the entry at `index` and all behind it. */
  truncateFrom(index: Index): void {
    invariant(index > this.#baseIndex, "what is compacted cannot be truncated");
    this.#entries.length = Math.min(this.#entries.length, index - this.#baseIndex - 1);
    this.#bytes.length = this.#entries.length;
  }

  /** Removes everything up to and including `index`, which is in the log. */
  compactThrough(index: Index): void {
    if (index <= this.#baseIndex) return;
    const term = this.termAt(index);
    invariant(term !== undefined, "only what is in the log can be compacted");
    this.#entries = this.#entries.slice(index - this.#baseIndex);
    this.#bytes = this.#bytes.slice(index - this.#baseIndex);
    this.#baseIndex = index;
    this.#baseTerm = term;
  }

  /** Forgets everything: the log starts behind a snapshot. */
  reset(baseIndex: Index, baseTerm: Term): void {
    this.#baseIndex = baseIndex;
    this.#baseTerm = baseTerm;
    this.#entries = [];
    this.#bytes = [];
  }

  /**
   * Entries from `from` on.
   *
   * @param bounds the last index, and how many entries and bytes at most (but one entry always).
   */
  slice(from: Index, bounds: { through?: Index; entries?: number; bytes?: number } = {}): Entry[] {
    const start = from - this.#baseIndex - 1;
    invariant(start >= 0, "what is compacted cannot be read");
    const { through = this.lastIndex, entries = Infinity, bytes = Infinity } = bounds;
    const limit = Math.min(through - this.#baseIndex, start + entries, this.#entries.length);
    let end = start;
    let total = 0;
    while (end < limit) {
      total += this.#bytes[end] as number;
      if (total > bytes && end > start) break;
      end++;
    }
    return this.#entries.slice(start, end);
  }

  /**
   * Where a tail of the entries up to `index` begins that has at most so many of them, and bytes.
   */
  startOfTail(index: Index, bounds: { entries: number; bytes: number }): Index {
    const first = Math.max(this.firstIndex, index - bounds.entries + 1);
    let start = index + 1;
    for (let bytes = this.bytesAt(index); start > first && bytes <= bounds.bytes;) {
      start--;
      bytes += this.bytesAt(start - 1);
    }
    return start;
  }

  /**
   * The last index up to `index` whose term is at most `term`: where two logs can agree at the
   * latest, given that one of them has `term` at `index` (skips a whole term at a time, D §3.5).
   */
  findAtMost(index: Index, term: Term): Index {
    let low = this.#baseIndex;
    let high = Math.min(index, this.lastIndex);
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.termAt(middle) as Term) <= term) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
