import {
  type Clock,
  type Link,
  type Message,
  type Millis,
  type Random,
  randomBelow,
  randomBetween,
  SeededRandom,
  type Timer,
} from "../core/mod.ts";
import type { Conditions } from "./conditions.ts";
import { DriftingClock } from "./drifting_clock.ts";
import { SimProcess } from "./sim_process.ts";
import { SimWorld } from "./sim_world.ts";

/** Over the due time, so that rounding never makes a timer fire before its delay has passed. */
const TIMER_MARGIN_MS = 1e-6;
/** Milliseconds since 1970 at which simulated time begins. */
const WALL_EPOCH_MS = 1_790_000_000_000;
/** The port before the first that the system chooses. */
const EPHEMERAL_PORT = 40_000;

/** The queue of connections at a listener. */
export interface Backlog {
  /** A connection is made. */
  add(link: Link): void;
  /** One was reset before it was accepted. */
  died(): void;
}

/** Something that waits for its time. */
interface Waiting {
  readonly at: Millis;
  readonly run: () => void;
}

/** A world of machines at hosts, whose processes see it through ports. */
export class HostWorld extends SimWorld {
  /**
   * Whether a message is read from its text, as from a wire; otherwise the receiver gets the
   * sender's own object, which is faster, and the same as long as nobody changes what was sent or
   * received.
   */
  readonly isDecoding: boolean;
  /** Told of every message that a process sends. */
  onMessage: (from: HostProcess, message: Message) => void = () => {};
  /** The process at each host, in its latest life. */
  readonly #processes = new Map<string, HostProcess>();
  #lastId = 0;
  #lastPort = EPHEMERAL_PORT;

  /** Begins without a process. */
  constructor(random: Random, conditions: Partial<Conditions> = {}, isDecoding = true) {
    super(random, conditions);
    this.isDecoding = isDecoding;
  }

  /** Starts a process at a host: a new life when there was one before. */
  boot(number: number): HostProcess {
    const host = hostOf(number);
    const generation = (this.#processes.get(host)?.generation ?? -1) + 1;
    const random = new SeededRandom(randomBelow(this.random, 2 ** 32));
    const clock = {
      offset: randomBetween(this.random, 0, 1e6),
      rate: 1 + randomBetween(this.random, -1e-4, 1e-4),
    };
    const process = new HostProcess(this, { number, host, generation }, random, clock);
    this.#processes.set(host, process);
    return process;
  }

  /** The process at a host, in its latest life. */
  processAt(host: string): HostProcess | undefined {
    return this.#processes.get(host);
  }

  /** A port that nobody has had. */
  nextPort(): number {
    return ++this.#lastPort;
  }

  /** A UUID of version 7, greater than all before. */
  nextId(): string {
    const last = (++this.#lastId).toString(16).padStart(12, "0");
    return `01900000-0000-7000-8000-${last}`;
  }

  /** Told of each step that two runs of one seed must share; whoever compares runs overrides it. */
  trace(_text: string): void {}
}

/**
 * One life of one process: everything that it sees of the world.
 *
 * While it waits for its disk it is blocked, as by any system call: what happens to it waits, and
 * what it does to the world behind the sync happens when the sync has returned, or never, if it
 * dies before.
 */
export class HostProcess extends SimProcess {
  /** Where it runs. */
  readonly world: HostWorld;
  /** The address of its machine. */
  readonly host: string;
  /** What it draws from. */
  readonly random: Random;
  /** Its clock. */
  readonly clock: HostClock;
  /** Where it listens, by port. */
  readonly listeners: Map<number, Backlog> = new Map();
  /** The ends of links that it holds: its system breaks them when it is killed. */
  readonly links: Set<{ orphan(): void }> = new Set();
  /** Told when it dies. */
  onDeath: () => void = () => {};
  #diskBusyUntil: Millis = 0;
  /** What it has done behind a sync that has not returned, in order. */
  #outbox: Waiting[] = [];
  #dieInSync: (() => void) | undefined;

  /** Starts one life: {@linkcode HostWorld.boot} does. */
  constructor(
    world: HostWorld,
    identity: { number: number; host: string; generation: number },
    random: Random,
    clock: { offset: Millis; rate: number },
  ) {
    super(world, identity.number, identity.generation);
    this.world = world;
    this.host = identity.host;
    this.random = random;
    this.clock = new HostClock(this, clock.offset, clock.rate);
  }

  /** Whether it waits for its disk. */
  get isSyncing(): boolean {
    return this.blockedUntil > this.world.now;
  }

  /** What time it is for its code: behind a sync the sync has taken its time. */
  get time(): Millis {
    return Math.max(this.world.now, this.blockedUntil);
  }

  /** Lets something happen to it: now, when it goes on, or never any more. */
  override perform(run: () => void): void {
    if (this.isDead) return;
    super.perform(run, this.slowMs === 0 ? 0 : this.slowMs * this.world.random.next());
  }

  /** Whether what it does to the world happens now. */
  get mayEmit(): boolean {
    return !this.isDead && !this.isSyncing && this.#outbox.length === 0;
  }

  /** Lets it do something to the world: now, or when the sync before it has returned. */
  emit(run: () => void): void {
    if (this.mayEmit) run();
    else if (!this.isDead) this.#outbox.push({ at: this.blockedUntil, run });
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
      this.blockedUntil = to;
      world.at(to, () => this.goOn());
    }
    const die = this.#dieInSync;
    this.#dieInSync = undefined;
    if (die !== undefined) world.at(from + durationMs * world.random.next(), die);
    return { from, to };
  }

  /** It dies while it next waits for its disk, but within a time: by `kill` or by `silence`. */
  dieInSync(how: "kill" | "silence", withinMs: Millis): void {
    const die = () => this[how]();
    this.#dieInSync = die;
    this.world.after(withinMs, die);
  }

  /** kill -9: the system closes its links and listeners. */
  kill(): void {
    if (!this.end("killed")) return;
    for (const link of this.links) link.orphan();
    this.links.clear();
  }

  /** Its machine loses power. */
  silence(): void {
    this.end("silent");
  }

  /** Ends it; what it had not yet done to the world never happens. */
  override end(how: "killed" | "silent"): boolean {
    if (!super.end(how)) return false;
    this.#outbox = [];
    this.listeners.clear();
    this.onDeath();
    return true;
  }

  /** What it did behind a sync that has returned happens before what waits for it. */
  protected override goOn(): void {
    const { now } = this.world;
    while (this.isRunning && (this.#outbox[0]?.at ?? Infinity) <= now) this.#outbox.shift()?.run();
    super.goOn();
  }
}

/** The clock of one process: it may run fast or slow, and jump. */
export class HostClock extends DriftingClock implements Clock {
  readonly #process: HostProcess;
  readonly #rate: number;
  #wallOffset = 0;

  /** Belongs to a process. */
  constructor(process: HostProcess, offset: Millis, rate: number) {
    super(offset, rate);
    this.#process = process;
    this.#rate = rate;
  }

  /** What it shows. */
  now(): Millis {
    return this.localTime(this.#process.time);
  }

  /** What date it shows. */
  wallTime(): number {
    return WALL_EPOCH_MS + this.#process.time + this.#wallOffset;
  }

  /** Rings once, when the process can notice. */
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

  /** Somebody sets the date. */
  setWall(byMs: number): void {
    this.#wallOffset += byMs;
  }
}

/** The address of a machine. */
export function hostOf(number: number): string {
  return `10.0.${number >> 8}.${number & 255}`;
}
