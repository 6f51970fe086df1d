import type { Millis } from "../core/mod.ts";

/** Something that sleeps until a time: one object serves for all of its wakings. */
export interface Sleeper {
  /**
   * Its time has come.
   *
   * @param at the time that it was woken for.
   * @returns whether anything happened: it may have been put off, or be gone.
   */
  wake(at: Millis): boolean;
}

/** What happens at its time. */
export type SimEvent = (() => void) | Sleeper;

/** Simulated time. */
export interface Scheduler {
  /** Simulated milliseconds. */
  readonly now: Millis;
  /** Lets something happen at a time; one that has passed is now. */
  at(time: Millis, event: SimEvent): void;
  /** Lets something happen after a while. */
  after(delay: Millis, event: SimEvent): void;
}

/** The one timer of a machine: it rings when the machine's earliest deadline is due. */
export class Alarm implements Sleeper {
  readonly #scheduler: Scheduler;
  readonly #ring: () => void;
  #due: Millis = Infinity;

  /**
   * Stands still until it is set.
   *
   * @param ring told when the time has come.
   */
  constructor(scheduler: Scheduler, ring: () => void) {
    this.#scheduler = scheduler;
    this.#ring = ring;
  }

  /** Rings at that time, unless it rings earlier anyway: whoever is woken early looks again. */
  set(at: Millis): void {
    const due = Math.max(at, this.#scheduler.now);
    if (due >= this.#due) return;
    this.#due = due;
    this.#scheduler.at(due, this);
  }

  /** Does not ring before it is set again. */
  clear(): void {
    this.#due = Infinity;
  }

  wake(at: Millis): boolean {
    // It was set for an earlier time since, or cleared.
    if (this.#due !== at) return false;
    this.#due = Infinity;
    this.#ring();
    return true;
  }
}
