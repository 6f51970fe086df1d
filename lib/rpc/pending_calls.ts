import type { Millis } from "../core/mod.ts";

/** A call that waits: its deadline, and whatever its owner keeps with it. */
export interface PendingCall {
  /** When it is given up, on the monotonic clock. */
  readonly deadline: Millis;
}

/**
 * The calls that wait for an answer on one link, by number.
 *
 * There is no timer per call, which would halve the rate: the owner sweeps when the earliest
 * deadline has come. `earliest` may be too early (its call may be answered by now), never too late.
 */
export class PendingCalls<T extends PendingCall> {
  readonly #calls = new Map<number, T>();
  #lastId = 0;
  #earliest: Millis = Infinity;

  /** How many wait. */
  get size(): number {
    return this.#calls.size;
  }

  /** No call's deadline is before this. */
  get earliest(): Millis {
    return this.#earliest;
  }

  /** A number that nothing else that is asked over this link has. */
  draw(): number {
    return ++this.#lastId;
  }

  /** Keeps a call and gives it a number of its own. */
  add(call: T): number {
    const id = ++this.#lastId;
    this.#calls.set(id, call);
    if (call.deadline < this.#earliest) this.#earliest = call.deadline;
    return id;
  }

  /** All that wait, the oldest first. */
  values(): IterableIterator<T> {
    return this.#calls.values();
  }

  /** Takes the call of that number out; `undefined` when it waits no more. */
  take(id: number): T | undefined {
    const call = this.#calls.get(id);
    if (call !== undefined) this.#calls.delete(id);
    return call;
  }

  /** Takes out all whose deadline has come, with their numbers. */
  expire(now: Millis): Array<[number, T]> {
    const expired: Array<[number, T]> = [];
    this.#earliest = Infinity;
    for (const entry of this.#calls) {
      if (entry[1].deadline <= now) expired.push(entry);
      else if (entry[1].deadline < this.#earliest) this.#earliest = entry[1].deadline;
    }
    for (const [id] of expired) this.#calls.delete(id);
    return expired;
  }

  /** Takes everything out: the link is over. */
  takeAll(): T[] {
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    this.#earliest = Infinity;
    return calls;
  }
}
