import { crc32 } from "node:zlib";
import { type Millis, SeededRandom } from "../../lib/core/mod.ts";
import { type Conditions, HostWorld } from "../../lib/simulation/mod.ts";

/**
 * Turns of the microtask queue after each event. A chain of promises that is longer goes on after
 * the next event: a little later, but in every run alike, because nothing else runs in between.
 */
const TURNS = 12;
/** One seed of so many reads its messages from their text. */
const DECODING_SEEDS = 4;

/**
 * The simulated world with real nodes in it: between two events their promises take their turns.
 */
export class NodeWorld extends HostWorld {
  readonly seed: number;
  #digest = 0;
  #violation: unknown;

  constructor(
    seed: number,
    conditions: Partial<Conditions> = {},
    isDecoding = seed % DECODING_SEEDS === 0,
  ) {
    super(new SeededRandom(seed), conditions, isDecoding);
    this.seed = seed;
  }

  /** A number that two runs share only if they went the same way. */
  get digest(): number {
    return this.#digest >>> 0;
  }

  /**
   * A promise was not kept: the run ends with this step. Thrown in place, a node might catch it.
   */
  fail(violation: unknown): void {
    this.#violation ??= violation;
  }

  /** Adds to the digest. */
  override trace(text: string): void {
    this.#digest = crc32(text, (this.#digest ^ Math.round(this.now * 1_000)) >>> 0);
  }

  /** Runs on for a while. */
  async run(durationMs: Millis): Promise<void> {
    await this.runUntil(() => false, durationMs);
  }

  /** Runs until `isDone`, looked at after each event; says how long it took, if it was in time. */
  async runUntil(isDone: () => boolean, withinMs: Millis): Promise<Millis | undefined> {
    const start = this.now;
    const end = start + withinMs;
    await this.#settle();
    if (isDone()) return 0;
    while (this.step(end)) {
      await this.#settle();
      if (isDone()) return this.now - start;
    }
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
