import { type Clock, type Millis, SWEPT_CALLS_PER_MS, type Timer } from "../core/mod.ts";

/** The calls of one link in one direction. */
export interface Swept {
  /** How many there are. */
  readonly size: number;
}

/** Looks for calls whose deadline has come, over all links with one timer. */
export class DeadlineSweep<T extends Swept> {
  readonly #clock: Clock;
  readonly #expire: (calls: T, now: Millis) => Millis;
  readonly #watched = new Set<T>();
  #timer: Timer | undefined;
  #armedFor: Millis = Infinity;
  /** No sweep comes before this: looking at many calls for the sake of one must stay rare. */
  #notBefore: Millis = -Infinity;

  /**
   * Sweeps nothing until somebody is added.
   *
   * @param expire ends the calls of a link that are due, and returns the next deadline there.
   */
  constructor(clock: Clock, expire: (calls: T, now: Millis) => Millis) {
    this.#clock = clock;
    this.#expire = expire;
  }

  /** Each link that has calls; one whose last call ended a moment ago may still be there. */
  get watched(): Iterable<T> {
    return this.#watched;
  }

  /** A call with that deadline is among these. */
  watch(calls: T, deadline: Millis): void {
    this.#watched.add(calls);
    const due = Math.max(deadline, this.#notBefore);
    if (due >= this.#armedFor) return;
    this.#timer?.cancel();
    this.#armedFor = due;
    this.#timer = this.#clock.setTimer(due - this.#clock.now(), () => this.#sweep());
  }

  /** That link is over. */
  forget(calls: T): void {
    this.#watched.delete(calls);
  }

  /** Sets no more timers. */
  stop(): void {
    this.#timer?.cancel();
    this.#armedFor = -Infinity;
  }

  #sweep(): void {
    const now = this.#clock.now();
    this.#armedFor = Infinity;
    let looked = 0;
    for (const { size } of this.#watched) looked += size;
    this.#notBefore = now + looked / SWEPT_CALLS_PER_MS;
    for (const calls of this.#watched) {
      const earliest = this.#expire(calls, now);
      if (earliest < Infinity) this.watch(calls, earliest);
      else this.#watched.delete(calls);
    }
  }
}
