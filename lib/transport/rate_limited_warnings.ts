import { type Clock, RateLimit, REJECTED_PER_SECOND } from "../core/mod.ts";
import type { EventSink } from "../wire/mod.ts";

/**
 * What a node says of those whom it sent away: of the first few of a second each, of the rest how
 * many. Each costs a line of the log and a message to every watcher, and strangers come as often as
 * they like.
 */
export class RateLimitedWarnings {
  readonly #clock: Pick<Clock, "now">;
  readonly #events: EventSink;
  readonly #telling = new RateLimit(REJECTED_PER_SECOND, 1_000);
  /** Those of which nothing was said since the last of which something was. */
  #untold = 0;

  /** Nothing has been warned of yet. */
  constructor(clock: Pick<Clock, "now">, events: EventSink) {
    this.#clock = clock;
    this.#events = events;
  }

  /** Tells of one as a warning, unless that were too many. */
  warn(code: string, message: string): void {
    if (!this.#telling.take(this.#clock.now())) {
      this.#untold++;
      return;
    }
    const before = this.#untold === 0 ? "" : ` (${this.#untold} others before it were not shown)`;
    this.#untold = 0;
    this.#events.emit({ event: "warning", code, message: message + before });
  }
}
