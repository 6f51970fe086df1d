import type { Clock, Millis, Ports, Random, Timer } from "../../lib/core/mod.ts";
import type { SimLink } from "./sim_link.ts";
import { type Accept, SimNetwork } from "./sim_network.ts";
import type { SimWorld } from "./sim_world.ts";

/** Over the due time, so that rounding never makes a timer fire before its delay has passed. */
const TIMER_MARGIN_MS = 1e-6;
/** Milliseconds since 1970 at which simulated time begins. */
const WALL_EPOCH_MS = 1_790_000_000_000;

/** One life of one process: everything that it sees of the world. */
export class SimProcess {
  readonly world: SimWorld;
  readonly number: number;
  readonly host: string;
  readonly life: number;
  readonly ports: Ports;
  readonly clock: SimClock;
  readonly listeners = new Map<number, Accept>();
  /** The ends of links that it holds. */
  readonly links = new Set<SimLink>();
  state: "running" | "paused" | "killed" | "silent" = "running";
  /** Everything that happens to it happens this much later at most: a slow machine. */
  slowMs: Millis = 0;
  #busyUntil: Millis = 0;
  #deferred: Array<() => void> = [];

  constructor(
    world: SimWorld,
    identity: { number: number; host: string; life: number },
    random: Random,
    clock: { offset: Millis; rate: number },
  ) {
    this.world = world;
    this.number = identity.number;
    this.host = identity.host;
    this.life = identity.life;
    this.clock = new SimClock(this, clock.offset, clock.rate);
    this.ports = {
      clock: this.clock,
      random,
      ids: { next: () => world.nextId() },
      network: new SimNetwork(this),
    };
  }

  /** Whether its machine answers at all. */
  get isPowered(): boolean {
    return this.state !== "silent";
  }

  get isRunning(): boolean {
    return this.state === "running";
  }

  /** Lets something happen to it: now, when it goes on, or never any more. */
  perform(run: () => void): void {
    if (this.state === "paused") this.#deferred.push(run);
    else if (this.state !== "running") return;
    else if (this.slowMs === 0 && this.#busyUntil <= this.world.now) run();
    else {
      const delay = this.slowMs * this.world.random.next();
      this.#busyUntil = Math.max(this.#busyUntil, this.world.now + delay);
      this.world.after(this.#busyUntil - this.world.now, () => this.#now(run));
    }
  }

  /** SIGSTOP. */
  pause(): void {
    if (this.state === "running") this.state = "paused";
  }

  /** SIGCONT. */
  resume(): void {
    if (this.state !== "paused") return;
    this.state = "running";
    const deferred = this.#deferred;
    this.#deferred = [];
    for (const run of deferred) this.#now(run);
  }

  /** kill -9: the system closes its links and listeners. */
  kill(): void {
    if (!this.isPowered || this.state === "killed") return;
    this.state = "killed";
    this.listeners.clear();
    for (const link of this.links) link.crash();
    this.links.clear();
  }

  /** Its machine loses power. */
  silence(): void {
    this.state = "silent";
    this.listeners.clear();
  }

  #now(run: () => void): void {
    if (this.state === "paused") this.#deferred.push(run);
    else if (this.state === "running") run();
  }
}

/** The clock of one process: it may run fast or slow, and jump. */
class SimClock implements Clock {
  readonly #process: SimProcess;
  readonly #rate: number;
  #offset: Millis;
  #wallOffset = 0;

  constructor(process: SimProcess, offset: Millis, rate: number) {
    this.#process = process;
    this.#offset = offset;
    this.#rate = rate;
  }

  now(): Millis {
    return this.#offset + this.#process.world.now * this.#rate;
  }

  wallTime(): number {
    return WALL_EPOCH_MS + this.#process.world.now + this.#wallOffset;
  }

  setTimer(delay: Millis, callback: () => void): Timer {
    let isCancelled = false;
    const run = () => {
      if (!isCancelled) callback();
    };
    const { world } = this.#process;
    world.after(Math.max(0, delay) / this.#rate + TIMER_MARGIN_MS, () => {
      if (!isCancelled) this.#process.perform(run);
    });
    return { cancel: () => void (isCancelled = true) };
  }

  /** The monotonic clock leaps forward, as after a suspended machine wakes. */
  jump(byMs: Millis): void {
    this.#offset += byMs;
  }

  /** Somebody sets the date. */
  setWall(byMs: number): void {
    this.#wallOffset += byMs;
  }
}
