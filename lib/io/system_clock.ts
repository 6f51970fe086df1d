import type { Clock, Millis, Timer } from "../core/mod.ts";

/** The machine's own clocks. */
export class SystemClock implements Clock {
  now(): Millis {
    return performance.now();
  }

  wallTime(): number {
    return Date.now();
  }

  setTimer(delay: Millis, callback: () => void): Timer {
    // A timeout of 1.9 ms fires after one: never early is the promise.
    const id = setTimeout(callback, Math.max(0, Math.ceil(delay)));
    return { cancel: () => clearTimeout(id) };
  }
}
