import type { Clock, Millis, Ports, Random, Timer } from "../../lib/core/mod.ts";
import type { SimLink } from "./sim_link.ts";
import { type Backlog, SimNetwork } from "./sim_network.ts";
import type { SimWorld } from "./sim_world.ts";

/** Over the due time, so that rounding never makes a timer fire before its delay has passed. */
const TIMER_MARGIN_MS = 1e-6;
/** Milliseconds since 1970 at which simulated time begins. */
const WALL_EPOCH_MS = 1_790_000_000_000;

/** Something that waits for its time. */
interface Waiting {
  readonly at: Millis;
  readonly run: () => void;
}

/**
 * One life of one process: everything that it sees of the world.
 *
 * While it waits for its disk it is blocked, as by any system call: what happens to it waits, and what it
 * does to the world behind the sync happens when the sync has returned, or never, if it dies before.
 */
export class SimProcess {
  readonly world: SimWorld;
  readonly number: number;
  readonly host: string;
  readonly life: number;
  readonly ports: Ports;
  readonly clock: SimClock;
  readonly listeners = new Map<number, Backlog>();
  /** The ends of links that it holds. */
  readonly links = new Set<SimLink>();
  /** Everything that happens to it happens this much later at most: a slow machine. */
  slowMs: Millis = 0;
  /** When it was killed or lost its power. */
  diedAt: Millis = Infinity;
  /** Resolves when it dies. */
  readonly died: Promise<void>;
  #state: "running" | "paused" | "killed" | "silent" = "running";
  #busyUntil: Millis = 0;
  /** When the last sync that it asked for has returned. */
  #syncedAt: Millis = 0;
  #diskBusyUntil: Millis = 0;
  /** What happened to it and it has not noticed, in order. */
  #inbox: Waiting[] = [];
  /** What it has done behind a sync that has not returned, in order. */
  #outbox: Waiting[] = [];
  #dieInSync: (() => void) | undefined;
  readonly #death = Promise.withResolvers<void>();

  constructor(
    world: SimWorld,
    identity: { number: number; host: string; life: number },
    random: Random,
    clock: { offset: Millis; rate: number },
  ) {
    this.world = world;
    this.number = identity.number;
    this.died = this.#death.promise;
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

  get state(): "running" | "paused" | "killed" | "silent" {
    return this.#state;
  }

  /** Whether its machine answers at all. */
  get isPowered(): boolean {
    return this.#state !== "silent";
  }

  get isRunning(): boolean {
    return this.#state === "running";
  }

  /** Whether it is over. */
  get isDead(): boolean {
    return this.#state === "killed" || this.#state === "silent";
  }

  /** Whether it waits for its disk. */
  get isSyncing(): boolean {
    return this.#syncedAt > this.world.now;
  }

  /** What time it is for its code: behind a sync the sync has taken its time. */
  get time(): Millis {
    return Math.max(this.world.now, this.#syncedAt);
  }

  /** Lets something happen to it: now, when it goes on, or never any more. */
  perform(run: () => void): void {
    if (this.isDead) return;
    const { now, random } = this.world;
    const delay = this.slowMs === 0 ? 0 : this.slowMs * random.next();
    if (delay > 0) this.#busyUntil = Math.max(this.#busyUntil, now + delay);
    const at = Math.max(this.#busyUntil, this.#syncedAt);
    if (this.isRunning && at <= now && this.#inbox.length === 0) return run();
    this.#inbox.push({ at, run });
    if (at > now) this.world.after(at - now, () => this.#goOn());
  }

  /** Whether what it does to the world happens now. */
  get mayEmit(): boolean {
    return !this.isDead && !this.isSyncing && this.#outbox.length === 0;
  }

  /** Lets it do something to the world: now, or when the sync before it has returned. */
  emit(run: () => void): void {
    if (this.mayEmit) run();
    else if (!this.isDead) this.#outbox.push({ at: this.#syncedAt, run });
  }

  /**
   * Syncs its disk, and waits for that, as it should.
   *
   * @returns when the sync begins and ends: several of one turn follow each other.
   */
  sync(durationMs: Millis, isAwaited = true): { from: Millis; to: Millis } {
    const { world } = this;
    const from = Math.max(this.time, this.#diskBusyUntil);
    const to = from + durationMs;
    this.#diskBusyUntil = to;
    if (isAwaited) {
      this.#syncedAt = to;
      world.after(to - world.now, () => this.#goOn());
    }
    const die = this.#dieInSync;
    this.#dieInSync = undefined;
    if (die !== undefined) world.after(from - world.now + durationMs * world.random.next(), die);
    return { from, to };
  }

  /** It dies while it next waits for its disk, but within a time: by `kill` or by `silence`. */
  dieInSync(how: "kill" | "silence", withinMs: Millis): void {
    const die = () => this[how]();
    this.#dieInSync = die;
    this.world.after(withinMs, die);
  }

  /** SIGSTOP. */
  pause(): void {
    if (this.#state === "running") this.#state = "paused";
  }

  /** SIGCONT. */
  resume(): void {
    if (this.#state !== "paused") return;
    this.#state = "running";
    this.#goOn();
  }

  /** kill -9: the system closes its links and listeners. */
  kill(): void {
    if (this.isDead) return;
    this.#die("killed");
    for (const link of this.links) link.orphan();
    this.links.clear();
  }

  /** Its machine loses power. */
  silence(): void {
    if (!this.isDead) this.#die("silent");
    this.#state = "silent";
  }

  #die(how: "killed" | "silent"): void {
    this.#state = how;
    this.diedAt = this.world.now;
    this.#inbox = [];
    this.#outbox = [];
    this.listeners.clear();
    this.#death.resolve();
  }

  /** What waits for its turn, and whose time has come, happens. */
  #goOn(): void {
    const { now } = this.world;
    while (this.isRunning && (this.#outbox[0]?.at ?? Infinity) <= now) this.#outbox.shift()?.run();
    while (this.isRunning && !this.isSyncing && (this.#inbox[0]?.at ?? Infinity) <= now) {
      this.#inbox.shift()?.run();
    }
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
    return this.#offset + this.#process.time * this.#rate;
  }

  wallTime(): number {
    return WALL_EPOCH_MS + this.#process.time + this.#wallOffset;
  }

  setTimer(delay: Millis, callback: () => void): Timer {
    let isCancelled = false;
    const run = () => {
      if (!isCancelled) callback();
    };
    const { world, time } = this.#process;
    const waitMs = time - world.now + Math.max(0, delay) / this.#rate + TIMER_MARGIN_MS;
    world.after(waitMs, () => {
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
