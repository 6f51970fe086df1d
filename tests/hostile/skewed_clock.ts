import type { Clock, Millis, Timer } from "../../lib/core/mod.ts";

interface Waiting {
  readonly due: Millis;
  readonly callback: () => void;
  readonly id: ReturnType<typeof setTimeout>;
}

/** The machine's clock, which a test can wind forward: what is due by then happens at once. */
export class SkewedClock implements Clock {
  readonly #waiting = new Set<Waiting>();
  #ahead = 0;

  now(): Millis {
    return performance.now() + this.#ahead;
  }

  wallTime(): number {
    return Date.now() + this.#ahead;
  }

  setTimer(delay: Millis, callback: () => void): Timer {
    const waiting: Waiting = {
      due: this.now() + delay,
      callback,
      id: setTimeout(() => this.#fire(waiting), Math.max(0, delay)),
    };
    this.#waiting.add(waiting);
    return {
      cancel: () => {
        clearTimeout(waiting.id);
        this.#waiting.delete(waiting);
      },
    };
  }

  /** Winds forward: the timers that are due by then fire, the earliest first. */
  wind(by: Millis): void {
    this.#ahead += by;
    const due = [...this.#waiting].filter((each) => each.due <= this.now());
    for (const each of due.toSorted((a, b) => a.due - b.due)) {
      if (this.#waiting.has(each)) this.#fire(each);
    }
  }

  #fire(waiting: Waiting): void {
    clearTimeout(waiting.id);
    this.#waiting.delete(waiting);
    waiting.callback();
  }
}
