import { ClusterError, LEASE_TTL_MS, type Millis } from "../core/mod.ts";
import type { StateEngine } from "./engine.ts";
import { HeldLease, type Lease } from "./lease.ts";
import { acquireLock, type Lock, type LockOptions } from "./lock.ts";

/** The leases and locks that a node holds for its program: they end with the node. */
export class Leases {
  readonly #engine: StateEngine;
  readonly #held = new Set<HeldLease>();
  #ending = new AbortController();

  /**
   * Holds nothing yet.
   *
   * @param engine where they are kept.
   */
  constructor(engine: StateEngine) {
    this.#engine = engine;
  }

  /** See `Node.lease`. */
  async lease(ttlMs: Millis = LEASE_TTL_MS, signal?: AbortSignal): Promise<Lease> {
    const lease = await HeldLease.grant(this.#engine, ttlMs, this.#until(signal), this.#forget);
    return this.#hold(lease);
  }

  /** See `Node.lock`. */
  async lock(name: string, options: LockOptions = {}): Promise<Lock> {
    const signal = this.#until(options.signal);
    const lock = await acquireLock(this.#engine, name, { ...options, signal }, this.#forget);
    this.#hold(lock.lease);
    return lock;
  }

  /** The node leaves: nobody may believe in its locks any more, and the next gets them at once. */
  async releaseAll(): Promise<void> {
    const held = [...this.#held];
    this.stop();
    const revoked = held.map(({ id, ttlMs }) =>
      this.#engine.apply({ type: "lease-revoke", lease: id }, { timeoutMs: ttlMs })
    );
    await Promise.allSettled(revoked);
  }

  /** The node is a member no more: its locks are lost. */
  stop(): void {
    const error = new ClusterError("SHUTTING_DOWN", "This node is leaving the cluster");
    this.#ending.abort(error);
    for (const lease of [...this.#held]) lease.lose(error);
  }

  /**
   * The node is told to stay after all: it may hold leases again, and those that it gave up are
   * lost.
   */
  resume(): void {
    if (this.#ending.signal.aborted) this.#ending = new AbortController();
  }

  #until(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined
      ? this.#ending.signal
      : AbortSignal.any([signal, this.#ending.signal]);
  }

  readonly #forget = (lease: HeldLease): void => {
    this.#held.delete(lease);
  };

  #hold(lease: HeldLease): HeldLease {
    if (!lease.isHeld) return lease;
    this.#held.add(lease);
    const { signal } = this.#ending;
    if (signal.aborted) lease.lose(signal.reason);
    return lease;
  }
}
