import { type Clock, type Millis, RateLimit } from "../core/mod.ts";
import { OUT_OF_FILES_TOLD_MS } from "./limits.ts";
import type { EventSink } from "../wire/mod.ts";

const OUT_OF_FILES =
  "This process has no file left for another connection: those that wait are accepted when others " +
  "have closed. Close some, or start it with a higher limit (ulimit -n)";

/** What a node says of having no file left for a connection: it finds so many times a second. */
export class OutOfFiles {
  readonly #clock: Pick<Clock, "now">;
  readonly #events: EventSink;
  #lastAt: Millis = -Infinity;
  readonly #telling = new RateLimit(1, OUT_OF_FILES_TOLD_MS);

  /** Nothing has been refused yet. */
  constructor(clock: Pick<Clock, "now">, events: EventSink) {
    this.#clock = clock;
    this.#events = events;
  }

  /** It was so just now: a warning, at most one a minute. */
  met(): void {
    this.#lastAt = this.#clock.now();
    if (!this.#telling.take(this.#lastAt)) return;
    this.#events.emit({ event: "warning", code: "OVERLOADED", message: OUT_OF_FILES });
  }

  /** For `status`: what was so within the last minute. */
  notes(): string[] {
    const isPast = this.#clock.now() - this.#lastAt >= OUT_OF_FILES_TOLD_MS;
    return isPast ? [] : [OUT_OF_FILES];
  }
}
