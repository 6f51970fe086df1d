import type { Millis } from "./machine.ts";

/** So many in a time at most: of what could be said or done at every occasion. */
export class RateLimit {
  readonly #most: number;
  readonly #windowMs: Millis;
  #since: Millis = -Infinity;
  #count = 0;

  /**
   * Lets nothing more through than that, from now on.
   *
   * @param most how many there may be in `windowMs`, which begins with the first of them.
   */
  constructor(most: number, windowMs: Millis) {
    this.#most = most;
    this.#windowMs = windowMs;
  }

  /** Whether one more may be now; it is counted then. */
  take(now: Millis): boolean {
    if (now - this.#since >= this.#windowMs) [this.#since, this.#count] = [now, 0];
    if (this.#count >= this.#most) return false;
    this.#count++;
    return true;
  }
}
