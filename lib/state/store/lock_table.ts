import { invariant } from "../../core/mod.ts";
import { LOCK_WAITERS } from "./limits.ts";
import type { Batch } from "./batch.ts";
import type { LockAcquire } from "./command.ts";
import type { LockResult } from "./command_result.ts";
import { CommandError } from "./command_error.ts";

/** Where locks show as keys. */
export const LOCK_PREFIX = "$lock/";

/** One lease's place in a lock's queue. */
interface Claim {
  readonly lease: number;
  readonly key: string;
}

/** The queues of all locks: an index over the keys under `LOCK_PREFIX`, which hold all of it. */
export class LockTable {
  /**
   * By name, the holder first, then the waiters in order of their keys' creation; none is empty.
   */
  readonly #queues = new Map<string, Claim[]>();

  /** How many locks are held. */
  get size(): number {
    return this.#queues.size;
  }

  /** The leases that hold or wait for a lock, the holder first. */
  leases(name: string): number[] {
    return (this.#queues.get(name) ?? []).map((claim) => claim.lease);
  }

  /** Claims a lock for a lease that exists, in the batch. */
  acquire(request: LockAcquire, batch: Batch): LockResult | CommandError {
    const { name, lease, wait = false } = request;
    const queue = this.#queues.get(name) ?? [];
    const place = queue.findIndex((claim) => claim.lease === lease);
    if (place >= 0) return this.#standing(name, queue, place, batch);
    if (queue.length > 0 && !wait) return this.#standing(name, queue, -1, batch, lease);
    if (queue.length > LOCK_WAITERS) {
      return new CommandError("TOO_MANY", `Lock "${name}" has ${LOCK_WAITERS} waiters already`);
    }
    const key = lockKey(name, lease);
    batch.put(key, { state: queue.length === 0 ? "held" : "waiting" }, lease);
    this.insert(name, lease);
    const joined = this.#queues.get(name) ?? [];
    return this.#standing(name, joined, joined.length - 1, batch);
  }

  /** Adds a claim behind the others of its lock. */
  insert(name: string, lease: number): void {
    const claim: Claim = { lease, key: lockKey(name, lease) };
    const queue = this.#queues.get(name);
    if (queue === undefined) this.#queues.set(name, [claim]);
    else queue.push(claim);
  }

  /**
   * Takes claims out of a lock's queue and hands the lock to the first that is left, in the batch.
   *
   * @returns whether there was any such claim.
   */
  withdraw(name: string, leases: ReadonlySet<number>, batch: Batch): boolean {
    const queue = this.#queues.get(name) ?? [];
    const left = queue.filter((claim) => !leases.has(claim.lease));
    if (left.length === queue.length) return false;
    for (const claim of queue) if (leases.has(claim.lease)) batch.delete(claim.key);
    const [first] = left;
    if (first === undefined) this.#queues.delete(name);
    else {
      this.#queues.set(name, left);
      if (first !== queue[0]) batch.put(first.key, { state: "held" }, first.lease);
    }
    return true;
  }

  #standing(name: string, queue: Claim[], place: number, batch: Batch, asking = 0): LockResult {
    const holder = queue[0];
    invariant(holder !== undefined, "a lock that is asked for has a holder");
    const result: LockResult = {
      type: "lock",
      name,
      key: queue[place]?.key ?? lockKey(name, asking),
      state: place < 0 ? "none" : place === 0 ? "held" : "waiting",
      ahead: place < 0 ? queue.length : place,
      holder: holder.lease,
    };
    const token = batch.read(holder.key)?.event.revision;
    if (place === 0 && token !== undefined) result.token = token;
    return result;
  }
}

/** The key under which a lease's claim shows. */
export function lockKey(name: string, lease: number): string {
  return `${LOCK_PREFIX}${name}/${lease}`;
}

/** The name in a key that `lockKey` made; `undefined` for any other key. */
export function lockOf(key: string): string | undefined {
  return key.startsWith(LOCK_PREFIX)
    ? key.slice(LOCK_PREFIX.length, key.lastIndexOf("/"))
    : undefined;
}
