import { setImmediate } from "node:timers";
import type { Millis } from "../core/mod.ts";
import { CostlyTurns } from "./costly_turns.ts";

/**
 * Milliseconds of parsing in one turn of the event loop past which who has much to read waits for
 * another.
 */
const TURN_PARSE_MS = 2;
/**
 * Milliseconds of parsing in one turn past which `GAP` times as many pass before much is read
 * again.
 */
const LONG_TURN_MS = 10;
/**
 * A write takes several turns: it has them all behind one long one, and not a long one before each.
 */
const GAP = 3;

/**
 * When the links of one network that have much to read may go on: one a turn of the event loop, in
 * the order in which they came. So however many flood, a link with little to read has its turn
 * between any two of them, and frames that take long to parse leave three quarters of the time to
 * the others.
 */
export class ReadingTurns {
  /** When those frames go on that take more turns than one. */
  readonly costly = new CostlyTurns();
  readonly #waiting = new Set<() => void>();
  /** Milliseconds spent on parsing in this turn of the event loop. */
  #spentMs: Millis = 0;
  /** Much is read again from then on. */
  #readyAt: Millis = 0;
  #isWatched = false;
  #isGoing = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Whether a link with much to read may go on at once. */
  get isFree(): boolean {
    return this.#spentMs <= TURN_PARSE_MS && this.#waiting.size === 0 && this.#leftMs <= 0;
  }

  /**
   * Calls back in a turn of the event loop in which no other that waited goes on.
   *
   * @returns what ends the wait without that.
   */
  wait(goOn: () => void): () => void {
    this.#waiting.add(goOn);
    if (!this.#isGoing) {
      this.#isGoing = true;
      setImmediate(() => this.#go());
    }
    return () => {
      this.#waiting.delete(goOn);
      if (this.#waiting.size > 0 || this.#timer === undefined) return;
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#isGoing = false;
    };
  }

  /** So much was spent on parsing. */
  spent(ms: Millis): void {
    this.#spentMs += ms;
    // To watch every turn would cost a quick one a tenth: what is little may add up over several.
    if (this.#isWatched || this.#spentMs < TURN_PARSE_MS / 2) return;
    this.#isWatched = true;
    setImmediate(() => {
      this.#isWatched = false;
      this.#endTurn();
    });
  }

  get #leftMs(): Millis {
    return this.#readyAt === 0 ? 0 : this.#readyAt - performance.now();
  }

  #endTurn(): void {
    if (this.#spentMs === 0) return;
    this.#readyAt = this.#spentMs > LONG_TURN_MS ? performance.now() + GAP * this.#spentMs : 0;
    this.#spentMs = 0;
  }

  #go(): void {
    this.#timer = undefined;
    this.#endTurn();
    const [goOn] = this.#waiting;
    if (goOn === undefined) {
      this.#isGoing = false;
      return;
    }
    if (this.#leftMs > 0) {
      this.#timer = setTimeout(() => this.#go(), this.#leftMs);
      return;
    }
    this.#waiting.delete(goOn);
    goOn();
    setImmediate(() => this.#go());
  }
}
