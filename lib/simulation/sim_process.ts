import type { Millis } from "../core/mod.ts";
import type { Scheduler } from "./scheduler.ts";

/**
 * - `running`;
 * - `paused`: it does nothing, and what is sent to it waits in its machine (SIGSTOP, a long pause);
 * - `killed`: its machine says so: links break, dials are refused;
 * - `silent`: its machine is off, or cut from everything: nothing answers.
 */
export type ProcessState = "running" | "paused" | "killed" | "silent";

/** Something that happened to a process and that it has not noticed. */
interface Waiting {
  readonly at: Millis;
  readonly run: () => void;
}

/** One life of one process: whether it runs, and what waits until it does. */
export class SimProcess {
  /** Where it runs: 1 for the first machine. */
  readonly number: number;
  /** 0 for the first process at its place; each restart counts up. */
  readonly generation: number;
  /** What happens to it, or each message to it, waits evenly 0 to this: a slow machine. */
  slowMs: Millis = 0;
  /** Until when it waits in a call of its system; nothing happens to it meanwhile. */
  protected blockedUntil: Millis = -Infinity;
  readonly #scheduler: Scheduler;
  #state: ProcessState = "running";
  #diedAt: Millis = Infinity;
  /** What happens to it keeps its order: nothing happens before this. */
  #busyUntil: Millis = -Infinity;
  /** What happened to it and it has not noticed, in order. */
  #inbox: Waiting[] = [];

  /** Starts one life. */
  constructor(scheduler: Scheduler, number: number, generation: number) {
    this.#scheduler = scheduler;
    this.number = number;
    this.generation = generation;
  }

  /** How it is. */
  get state(): ProcessState {
    return this.#state;
  }

  /** Whether it runs. */
  get isRunning(): boolean {
    return this.#state === "running";
  }

  /** Whether it is over. */
  get isDead(): boolean {
    return this.#state === "killed" || this.#state === "silent";
  }

  /** Whether its machine answers at all. */
  get isPowered(): boolean {
    return this.#state !== "silent";
  }

  /** When it was killed or lost its power; `Infinity` while it lives. */
  get diedAt(): Millis {
    return this.#diedAt;
  }

  /**
   * Lets something happen to it: now, when it goes on, or never any more.
   *
   * @param delayMs how much later than all before it.
   */
  perform(run: () => void, delayMs: Millis = 0): void {
    if (this.isDead) return;
    const { now } = this.#scheduler;
    if (delayMs > 0) this.#busyUntil = Math.max(this.#busyUntil, now + delayMs);
    const at = Math.max(this.#busyUntil, this.blockedUntil);
    if (this.#state === "running" && at <= now && this.#inbox.length === 0) return run();
    this.#inbox.push({ at, run });
    if (at > now) this.#scheduler.at(at, () => this.goOn());
  }

  /** SIGSTOP. */
  pause(): void {
    if (this.#state === "running") this.#state = "paused";
  }

  /** SIGCONT: what came in the meantime is there. */
  resume(): void {
    if (this.#state !== "paused") return;
    this.#state = "running";
    this.goOn();
  }

  /** Ends it: by `kill -9`, or by the power of its machine; says whether it lived. */
  end(how: "killed" | "silent"): boolean {
    const lived = !this.isDead;
    // The machine of a process that is over may lose its power, too.
    if (lived || how === "silent") this.#state = how;
    if (!lived) return false;
    this.#diedAt = this.#scheduler.now;
    this.#inbox = [];
    return true;
  }

  /** What waits for its turn, and whose time has come, happens. */
  protected goOn(): void {
    const { now } = this.#scheduler;
    while (this.#state === "running" && this.blockedUntil <= now) {
      const next = this.#inbox[0];
      if (next === undefined || next.at > now) return;
      this.#inbox.shift();
      next.run();
    }
  }
}
