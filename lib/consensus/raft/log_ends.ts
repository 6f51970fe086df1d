import type { Millis } from "../../core/mod.ts";
import type { Index } from "./entry.ts";

/** Into how many parts the time is cut for which the ends of a log are remembered. */
const PARTS = 16;

/**
 * Where a log ended, for a while back. What was added within a sixteenth of that while counts as
 * added at its beginning: at most so much early.
 */
export class LogEnds {
  readonly #forMs: Millis;
  /** Where the log ended from that moment on; both increase. */
  readonly #marks: { at: Millis; index: Index }[] = [];

  /** @param forMs how far back it is asked. */
  constructor(forMs: Millis) {
    this.#forMs = forMs;
  }

  /** The log ends there now. */
  note(now: Millis, index: Index): void {
    const last = this.#marks.at(-1);
    if (last !== undefined && last.index >= index) return;
    if (last !== undefined && now - last.at < this.#forMs / PARTS) last.index = index;
    else this.#marks.push({ at: now, index });
    const kept = this.#marks.findLastIndex(({ at }) => at + this.#forMs <= now);
    if (kept > 0) this.#marks.splice(0, kept);
  }

  /** Where the log ended so long ago; 0 when that is not known. */
  endBefore(now: Millis, agoMs: Millis): Index {
    return this.#marks.findLast(({ at }) => at + agoMs <= now)?.index ?? 0;
  }

  /** When the log grew past `index`; infinite when it has not. */
  passed(index: Index): Millis {
    return this.#marks.find((mark) => mark.index > index)?.at ?? Infinity;
  }
}
