import type { Millis } from "../core/mod.ts";

/** What somebody has made this process parse: past its share of the time it has to wait. */
export class ParseBudget {
  readonly #share: number;
  readonly #burstMs: Millis;
  /** Milliseconds of parsing that its share of the time has not paid for. >= 0. */
  #debtMs: Millis = 0;
  #since: Millis = 0;

  /**
   * @param share of the time, above 0 and up to 1.
   * @param burstMs milliseconds that it may have beyond its share.
   */
  constructor(share: number, burstMs: Millis) {
    this.#share = share;
    this.#burstMs = burstMs;
  }

  /** So much was spent on parsing until `now`. */
  spent(ms: Millis, now: Millis): void {
    this.#debtMs = Math.max(0, this.#debtMs - (now - this.#since) * this.#share) + ms;
    this.#since = now;
  }

  /** Milliseconds that it has to wait, as of when it last spent some. */
  pauseMs(): Millis {
    return Math.max(0, (this.#debtMs - this.#burstMs) / this.#share);
  }
}
