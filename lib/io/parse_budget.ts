import { PARSE_BURST_MS, PARSE_SHARE } from "./tcp_limits.ts";
import type { Millis } from "../core/mod.ts";

/** What one link has made this process parse: past its share of the time the link is read later. */
export class ParseBudget {
  /** Milliseconds of parsing that its share of the time has not paid for. >= 0. */
  #debtMs: Millis = 0;
  #since: Millis = 0;

  /** So much was spent on parsing until `now`. */
  spent(ms: Millis, now: Millis): void {
    this.#debtMs = Math.max(0, this.#debtMs - (now - this.#since) * PARSE_SHARE) + ms;
    this.#since = now;
  }

  /** Milliseconds for which the link is not to be read. */
  pauseMs(): Millis {
    return Math.max(0, (this.#debtMs - PARSE_BURST_MS) / PARSE_SHARE);
  }
}
