import type { Millis, Random } from "../core/mod.ts";
import { CALM, type Conditions, transit } from "./conditions.ts";
import { Cuts } from "./cuts.ts";
import { EventQueue } from "./event_queue.ts";
import type { Scheduler, SimEvent } from "./scheduler.ts";

/** Time, chance, and the ways between machines. One seed is one run. */
export class SimWorld implements Scheduler {
  /** The one source of all that is left to chance. */
  readonly random: Random;
  /** How the network behaves; it may be changed while the world runs. */
  readonly conditions: Conditions;
  /** Who cannot reach whom, by the numbers of the processes. */
  readonly cuts: Cuts = new Cuts();
  readonly #queue = new EventQueue<SimEvent>();
  #now: Millis;
  #events = 0;

  /**
   * Begins where nothing is to come yet.
   *
   * @param random seeded: one seed is one run.
   * @param conditions where the network is not {@linkcode CALM}.
   * @param startsAt what time it is at the beginning.
   */
  constructor(random: Random, conditions: Partial<Conditions> = {}, startsAt: Millis = 0) {
    this.random = random;
    this.conditions = { ...CALM, ...conditions };
    this.#now = startsAt;
  }

  /** Simulated milliseconds. */
  get now(): Millis {
    return this.#now;
  }

  /** Events that have happened. */
  get events(): number {
    return this.#events;
  }

  /** Lets something happen at a time; one that has passed is now. */
  at(time: Millis, event: SimEvent): void {
    this.#queue.add(Math.max(time, this.#now), event);
  }

  /** Lets something happen after a while. */
  after(delay: Millis, event: SimEvent): void {
    this.at(this.#now + delay, event);
  }

  /**
   * One transmission between two processes: how long it takes, or `undefined` when it does not
   * arrive.
   */
  transit(from: number, to: number): Millis | undefined {
    return this.cuts.reaches(from, to) ? transit(this.random, this.conditions) : undefined;
  }

  /** Something that TCP itself says, or a datagram: it arrives, or is lost, once. */
  signal(from: number, to: number, arrive: () => void): void {
    const transitMs = this.transit(from, to);
    if (transitMs !== undefined) this.after(transitMs, arrive);
  }

  /**
   * Lets the next event happen, if it is due by then; otherwise it is `end` afterwards.
   *
   * @returns whether anything happened.
   */
  step(end: Millis): boolean {
    while (this.#queue.nextAt <= end) {
      const { at, event } = this.#queue.take() as { at: Millis; event: SimEvent };
      this.#now = at;
      if (typeof event === "function") event();
      else if (!event.wake(at)) continue;
      this.#events++;
      return true;
    }
    this.#now = end;
    return false;
  }

  /** Lets time pass. */
  advance(durationMs: Millis): void {
    const end = this.#now + durationMs;
    while (this.step(end));
  }

  /**
   * Lets time pass until `isDone`, looked at after each event; says how long it took, if it was in
   * time.
   */
  advanceUntil(isDone: () => boolean, withinMs: Millis): Millis | undefined {
    const start = this.#now;
    const end = start + withinMs;
    if (isDone()) return 0;
    while (this.step(end)) if (isDone()) return this.#now - start;
    return undefined;
  }
}
