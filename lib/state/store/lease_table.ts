import { compareKeys } from "./key_order.ts";

/** A promise to delete keys when nobody keeps it alive. */
export interface Lease {
  /** Its id. */
  readonly id: number;
  /** How long it lives without a keep-alive. */
  readonly ttlMs: number;
  /** Grants and keep-alives so far, from 1: an expiry that saw fewer is void. */
  counter: number;
  /** The keys whose present version names this lease. */
  readonly keys: Set<string>;
}

/** The leases that have not ended. */
export class LeaseTable {
  readonly #leases = new Map<number, Lease>();

  /** How many there are. */
  get size(): number {
    return this.#leases.size;
  }

  /** All, in order of their grants. */
  values(): Iterable<Lease> {
    return this.#leases.values();
  }

  /** One that has not ended. */
  get(id: number): Lease | undefined {
    return this.#leases.get(id);
  }

  /** Adds one without keys. */
  add(id: number, ttlMs: number, counter = 1): Lease {
    const lease: Lease = { id, ttlMs, counter, keys: new Set() };
    this.#leases.set(id, lease);
    return lease;
  }

  /** Forgets one, whose keys are deleted or gone. */
  remove(id: number): void {
    this.#leases.delete(id);
  }

  /** Moves a key from the lease of its last version to that of its new one. */
  move(key: string, from: number | undefined, to: number | undefined): void {
    if (from === to) return;
    if (from !== undefined) this.#leases.get(from)?.keys.delete(key);
    if (to !== undefined) this.#leases.get(to)?.keys.add(key);
  }
}

/** A lease's keys in order: the same on a replica that was restored from a snapshot. */
export function orderedKeysOf(lease: Lease): string[] {
  return [...lease.keys].sort(compareKeys);
}
