import type { Millis } from "../core/mod.ts";

/** A monotonic clock with a zero and a speed of its own. */
export class DriftingClock {
  #offset: Millis;
  readonly #rate: number;

  /**
   * Sets the clock.
   *
   * @param offset what it shows at 0 of the simulation.
   * @param rate its milliseconds for each one of the simulation.
   */
  constructor(offset: Millis, rate: number) {
    this.#offset = offset;
    this.#rate = rate;
  }

  /** What it shows at a time of the simulation. */
  localTime(simulated: Millis): Millis {
    return this.#offset + simulated * this.#rate;
  }

  /** When it will show `local`, in time of the simulation. */
  simulatedTime(local: Millis): Millis {
    return (local - this.#offset) / this.#rate;
  }

  /** Leaps forward: a virtual machine was moved, a lid was closed. */
  jump(byMs: Millis): void {
    this.#offset += byMs;
  }
}
