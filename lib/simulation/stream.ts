import type { Millis } from "../core/mod.ts";
import type { Scheduler } from "./scheduler.ts";

/**
 * Milliseconds until TCP sends again what was not acknowledged: Linux's least; it doubles each
 * time.
 */
const RETRANSMIT_MIN_MS = 200;
/** Milliseconds that TCP waits at most between two attempts. */
const RETRANSMIT_MAX_MS = 120_000;

/**
 * One direction of a connection, as TCP makes it of a network that loses: in order and complete,
 * but late. What is lost, or sent while the way is cut, waits for a retransmission, and all behind
 * it too.
 */
export class Stream<Item> {
  readonly #scheduler: Scheduler;
  readonly #attempt: () => Millis | undefined;
  readonly #deliver: (item: Item) => void;
  #waiting: Item[] = [];
  #retransmitMs = RETRANSMIT_MIN_MS;
  /** Nothing arrives before what was sent earlier. */
  #lastArrival: Millis = -Infinity;
  #isClosed = false;
  #hasDelivered = false;
  #stuckSince: Millis | undefined;

  /**
   * Makes a direction that nothing was sent in yet.
   *
   * @param attempt one transmission: how long it takes, or `undefined` when it is lost.
   * @param deliver told of each item at its arrival.
   */
  constructor(
    scheduler: Scheduler,
    attempt: () => Millis | undefined,
    deliver: (item: Item) => void,
  ) {
    this.#scheduler = scheduler;
    this.#attempt = attempt;
    this.#deliver = deliver;
  }

  /**
   * Since when nothing has got through, on a stream that never delivered: a connection not yet
   * made.
   */
  get diallingSince(): Millis | undefined {
    return this.#hasDelivered ? undefined : this.#stuckSince;
  }

  /** Sends after all that was sent before. */
  send(item: Item): void {
    if (this.#isClosed) return;
    if (this.#waiting.length > 0) {
      this.#waiting.push(item);
      return;
    }
    const transitMs = this.#attempt();
    if (transitMs === undefined) {
      this.#waiting.push(item);
      this.#retryLater();
    } else this.#arrive(item, transitMs);
  }

  /** Delivers nothing any more, not even what is on its way. */
  close(): void {
    this.#isClosed = true;
    this.#waiting = [];
  }

  #retryLater(): void {
    this.#stuckSince ??= this.#scheduler.now;
    this.#scheduler.after(this.#retransmitMs, () => this.#retry());
    this.#retransmitMs = Math.min(RETRANSMIT_MAX_MS, this.#retransmitMs * 2);
  }

  #retry(): void {
    if (this.#isClosed) return;
    const transitMs = this.#attempt();
    if (transitMs === undefined) return this.#retryLater();
    this.#retransmitMs = RETRANSMIT_MIN_MS;
    for (const item of this.#waiting.splice(0)) this.#arrive(item, transitMs);
  }

  #arrive(item: Item, transitMs: Millis): void {
    const { now } = this.#scheduler;
    this.#lastArrival = Math.max(this.#lastArrival, now + transitMs);
    this.#scheduler.after(this.#lastArrival - now, () => {
      if (this.#isClosed) return;
      this.#hasDelivered = true;
      this.#deliver(item);
    });
  }
}
