import type { Clock, Timer } from "../../lib/core/mod.ts";

/** A clock that stands until it is told to go on. */
export class ManualClock implements Clock {
  time = 0;
  readonly #timers = new Set<{ at: number; callback: () => void }>();

  now(): number {
    return this.time;
  }

  wallTime(): number {
    return this.time;
  }

  setTimer(delay: number, callback: () => void): Timer {
    const timer = { at: this.time + delay, callback };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }

  /** When the timers that are set fire. */
  get due(): number[] {
    return [...this.#timers].map(({ at }) => at);
  }

  /** Sets the time and fires what is due by then; what is set meanwhile waits for the next time. */
  advance(to: number): void {
    this.time = to;
    for (const timer of [...this.#timers]) {
      if (timer.at > to) continue;
      this.#timers.delete(timer);
      timer.callback();
    }
  }
}
