import { crc32 } from "node:zlib";
import {
  type Message,
  type Millis,
  randomBelow,
  randomBetween,
  SeededRandom,
} from "../../lib/core/mod.ts";
import {
  CALM,
  type Conditions,
  Cuts,
  EventQueue,
  type Scheduler,
  transit,
} from "../../lib/rehearsal/mod.ts";
import { SimProcess } from "./sim_process.ts";

/**
 * Turns of the microtask queue after each event. A chain of promises that is longer goes on after the
 * next event: a little later, but in every run alike, because nothing else runs in between.
 */
const TURNS = 12;
/** One seed of so many reads its messages from their text. */
const DECODING_SEEDS = 4;

/** The world of simulated processes: time, machines, the network between them. One seed is one run. */
export class SimWorld implements Scheduler {
  readonly seed: number;
  readonly random: SeededRandom;
  readonly conditions: Conditions;
  readonly cuts: Cuts = new Cuts();
  /** The process at each host, in its latest life. */
  readonly #processes = new Map<string, SimProcess>();
  readonly #queue = new EventQueue<() => void>();
  /**
   * Whether a message is read from its text, as from a wire; otherwise the receiver gets the sender's own
   * object, which is faster, and the same as long as nobody changes what was sent or received.
   */
  readonly isDecoding: boolean;
  #now: Millis = 0;
  #digest = 0;
  #lastId = 0;
  #lastPort = 40_000;
  /** Events that have happened. */
  events = 0;
  #violation: unknown;
  /** Told of every message that a process sends. */
  onMessage: (from: SimProcess, message: Message) => void = () => {};

  constructor(
    seed: number,
    conditions: Partial<Conditions> = {},
    isDecoding = seed % DECODING_SEEDS === 0,
  ) {
    this.seed = seed;
    this.random = new SeededRandom(seed);
    this.conditions = { ...CALM, ...conditions };
    this.isDecoding = isDecoding;
  }

  get now(): Millis {
    return this.#now;
  }

  /** A number that two runs share only if they went the same way. */
  get digest(): number {
    return this.#digest >>> 0;
  }

  after(delay: Millis, run: () => void): void {
    this.#queue.add(this.#now + Math.max(0, delay), run);
  }

  /** Starts a process at a host: a new life when there was one before. */
  boot(number: number): SimProcess {
    const host = hostOf(number);
    const life = (this.#processes.get(host)?.life ?? -1) + 1;
    const random = new SeededRandom(randomBelow(this.random, 2 ** 32));
    const clock = {
      offset: randomBetween(this.random, 0, 1e6),
      rate: 1 + randomBetween(this.random, -1e-4, 1e-4),
    };
    const process = new SimProcess(this, { number, host, life }, random, clock);
    this.#processes.set(host, process);
    return process;
  }

  /** The process at a host, in its latest life. */
  processAt(host: string): SimProcess | undefined {
    return this.#processes.get(host);
  }

  /** One transmission: how long it takes, or `undefined` when it does not arrive. */
  transit(from: SimProcess, to: SimProcess): Millis | undefined {
    if (!this.cuts.reaches(from.number, to.number)) return undefined;
    return transit(this.random, this.conditions);
  }

  /** Something that TCP itself says: it arrives, or is lost, once. */
  signal(from: SimProcess, to: SimProcess, arrive: () => void): void {
    const transitMs = this.transit(from, to);
    if (transitMs !== undefined) this.after(transitMs, arrive);
  }

  nextPort(): number {
    return ++this.#lastPort;
  }

  /** A promise was not kept: the run ends with this step. Thrown in place, a node might catch it. */
  fail(violation: unknown): void {
    this.#violation ??= violation;
  }

  /** A UUID of version 7, greater than all before. */
  nextId(): string {
    const last = (++this.#lastId).toString(16).padStart(12, "0");
    return `01900000-0000-7000-8000-${last}`;
  }

  /** Adds to the trace that two runs of one seed must share. */
  trace(text: string): void {
    this.#digest = crc32(text, (this.#digest ^ Math.round(this.#now * 1_000)) >>> 0);
  }

  /** Runs on for a while. */
  async run(durationMs: Millis): Promise<void> {
    await this.runUntil(() => false, durationMs);
  }

  /** Runs until `isDone`, looked at after each event; says how long it took, if it was in time. */
  async runUntil(isDone: () => boolean, withinMs: Millis): Promise<Millis | undefined> {
    const start = this.#now;
    const end = start + withinMs;
    await this.#settle();
    if (isDone()) return 0;
    while (this.#queue.nextAt <= end) {
      const { at, event } = this.#queue.take() as { at: Millis; event: () => void };
      this.#now = at;
      this.events++;
      event();
      await this.#settle();
      if (isDone()) return at - start;
    }
    this.#now = end;
    return undefined;
  }

  /** Runs until a promise is settled, and gives what it gives. */
  async complete<T>(promise: Promise<T>, withinMs: Millis, what: string): Promise<T> {
    let isSettled = false;
    const end = () => isSettled = true;
    promise.then(end, end);
    const tookMs = await this.runUntil(() => isSettled, withinMs);
    if (tookMs === undefined) throw new Error(`${what} took more than ${withinMs} ms`);
    return await promise;
  }

  async #settle(): Promise<void> {
    for (let turn = 0; turn < TURNS; turn++) await null;
    if (this.#violation !== undefined) throw this.#violation;
  }
}

/** The address of a machine. */
export function hostOf(number: number): string {
  return `10.0.${number >> 8}.${number & 255}`;
}
