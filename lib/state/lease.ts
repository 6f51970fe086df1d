import {
  ClusterError,
  LEASE_MAX_MS,
  LEASE_MIN_MS,
  LEASE_RETRY_MS,
  LEASE_STEP_MS,
  messageOf,
  type Millis,
  type Timer,
} from "../core/mod.ts";
import type { StateEngine } from "./engine.ts";
import { resultOf } from "./outcome.ts";
import type { KeepAlive, LeaseResult } from "./store/mod.ts";

/**
 * A lease of the shared state, kept alive until it is revoked or lost. The keys that are put with
 * its id are deleted when it ends.
 */
export interface Lease extends AsyncDisposable {
  /** Its id: of keys that are put with it, and of locks. */
  readonly id: number;
  /** How long it lives without a keep-alive. */
  readonly ttlMs: Millis;
  /** Resolves, when it is lost, to why; never when it was revoked here. */
  readonly lost: Promise<ClusterError>;
  /** Aborted, with the error as its reason, when it is lost. */
  readonly signal: AbortSignal;
  /** Whether it may be believed in at this very moment, also when timers are late. */
  readonly isHeld: boolean;
  /**
   * Ends it: its keys are deleted and its locks handed on, at one revision.
   *
   * @returns whether the cluster confirmed it; else it ends by itself when its TTL has passed.
   */
  revoke(): Promise<boolean>;
}

/**
 * A lease that is kept alive here.
 *
 * It is lost when the cluster says so, when another cluster answers in its place, and when no
 * keep-alive was confirmed for its TTL, reckoned on our own monotonic clock from when that
 * keep-alive was *sent*: the leader reckons from when it was applied, which is later, so we never
 * believe in a lease for longer than the cluster does. Should the leader's clock leap, that takes
 * `LEASE_STEP_MS` from it at the most: by so much we stop believing earlier. Where a monotonic
 * clock stands still while a machine is suspended (Linux), a holder that wakes believes too long:
 * then the fencing token is what protects.
 */
export class HeldLease implements Lease {
  /** See {@linkcode Lease.id}. */
  readonly id: number;
  /** See {@linkcode Lease.ttlMs}. */
  readonly ttlMs: Millis;
  /** See {@linkcode Lease.lost}. */
  readonly lost: Promise<ClusterError>;
  readonly #engine: StateEngine;
  readonly #lost = Promise.withResolvers<ClusterError>();
  readonly #controller = new AbortController();
  /** Ends the keep-alive that is under way. */
  readonly #working = new AbortController();
  readonly #onOver: (lease: HeldLease) => void;
  /** When it ends unless it is kept alive. */
  #expiresAt: Millis;
  #isOver = false;
  #isAsking = false;
  #stopListening: (() => void) | undefined;
  #deadline: Timer | undefined;
  #next: Timer | undefined;
  #lastFailure: unknown;

  private constructor(
    engine: StateEngine,
    granted: LeaseResult,
    askedAt: Millis,
    onOver: (lease: HeldLease) => void,
  ) {
    this.id = granted.lease;
    this.ttlMs = granted.ttlMs;
    this.lost = this.#lost.promise;
    this.#engine = engine;
    this.#onOver = onOver;
    this.#expiresAt = believedUntil(askedAt, granted.ttlMs);
    this.#watchDeadline();
    this.#keepAliveAt(askedAt + granted.ttlMs / 3);
    this.#stopListening = engine.onLost?.(() => this.#keepAliveAt(engine.clock.now()));
  }

  /**
   * Asks for a lease, and keeps it alive from then on.
   *
   * @param onOver told once when it is revoked or lost.
   * @param withinMs how long the answer may take.
   * @throws {RangeError} when the TTL is not 500 ms to a day.
   * @throws {ClusterError} `NO_QUORUM`, `TOO_MANY`, or `TIMEOUT` when the answer took longer than
   * it lives.
   */
  static async grant(
    engine: StateEngine,
    ttlMs: Millis,
    signal?: AbortSignal,
    onOver: (lease: HeldLease) => void = () => {},
    withinMs: Millis = ttlMs,
  ): Promise<HeldLease> {
    if (!Number.isInteger(ttlMs) || ttlMs < LEASE_MIN_MS || ttlMs > LEASE_MAX_MS) {
      throw new RangeError(`Invalid ttlMs ${ttlMs}: it is ${LEASE_MIN_MS} to ${LEASE_MAX_MS}`);
    }
    const askedAt = engine.clock.now();
    const grant = { type: "lease-grant", ttlMs } as const;
    const granted = resultOf(await engine.apply(grant, { timeoutMs: withinMs, signal }));
    if (engine.clock.now() >= believedUntil(askedAt, ttlMs)) {
      throw new ClusterError("TIMEOUT", `No lease of ${ttlMs} ms was granted within its own time`);
    }
    return new HeldLease(engine, granted, askedAt, onOver);
  }

  /** See {@linkcode Lease.signal}. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** See {@linkcode Lease.isHeld}. */
  get isHeld(): boolean {
    return !this.#isOver && this.#engine.clock.now() < this.#expiresAt;
  }

  /** See {@linkcode Lease.revoke}. */
  async revoke(): Promise<boolean> {
    if (!this.#end()) return false;
    try {
      const revoke = { type: "lease-revoke", lease: this.id } as const;
      resultOf(await this.#engine.apply(revoke, { timeoutMs: this.ttlMs }));
      return true;
    } catch {
      return false;
    }
  }

  /** Ends it here alone: whoever holds it must stop believing in it. */
  lose(error: ClusterError): void {
    if (!this.#end()) return;
    this.#controller.abort(error);
    this.#lost.resolve(error);
  }

  /** Revokes it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.revoke();
  }

  #end(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.#stopListening?.();
    this.#deadline?.cancel();
    this.#next?.cancel();
    this.#working.abort();
    this.#onOver(this);
    return true;
  }

  #watchDeadline(): void {
    const { clock } = this.#engine;
    this.#deadline?.cancel();
    this.#deadline = clock.setTimer(Math.max(0, this.#expiresAt - clock.now()), () => {
      const cause = this.#lastFailure;
      const why = cause === undefined ? "no answer" : messageOf(cause);
      this.lose(
        new ClusterError(
          "LEASE_NOT_FOUND",
          `Lease ${this.id} could not be kept alive for its ${this.ttlMs} ms: ${why}`,
          { cause },
        ),
      );
    });
  }

  #keepAliveAt(at: Millis): void {
    const { clock } = this.#engine;
    const delay = Math.max(0, at - clock.now());
    this.#next?.cancel();
    this.#next = clock.setTimer(delay, () => void this.#keepAlive());
  }

  async #keepAlive(): Promise<void> {
    if (this.#isOver || this.#isAsking) return;
    const { clock } = this.#engine;
    const sentAt = clock.now();
    this.#isAsking = true;
    try {
      const keepAlive: KeepAlive = { type: "keep-alive", leases: [this.id] };
      const { lost } = resultOf(
        await this.#engine.apply(keepAlive, {
          timeoutMs: this.#expiresAt - sentAt,
          signal: this.#working.signal,
        }),
      );
      if (this.#isOver) return;
      if (lost.leases.includes(this.id)) {
        this.lose(new ClusterError("LEASE_NOT_FOUND", `Lease ${this.id} has ended in the cluster`));
        return;
      }
      this.#lastFailure = undefined;
      this.#expiresAt = believedUntil(sentAt, this.ttlMs);
      this.#watchDeadline();
      this.#keepAliveAt(sentAt + this.ttlMs / 3);
    } catch (error) {
      if (this.#isOver) return;
      // What this cluster knows of a lease of that id is a stranger's.
      if (isOtherCluster(error)) return this.lose(error);
      this.#lastFailure = error;
      this.#keepAliveAt(clock.now() + LEASE_RETRY_MS);
    } finally {
      this.#isAsking = false;
    }
  }
}

/** Whether the cluster that a lease is of is gone, and another one answers in its place. */
export function isOtherCluster(error: unknown): error is ClusterError {
  return error instanceof ClusterError && error.code === "OTHER_CLUSTER";
}

/** Until when a lease may be believed in that was asked for, or kept alive, at a moment. */
function believedUntil(askedAt: Millis, ttlMs: Millis): Millis {
  return askedAt + ttlMs - LEASE_STEP_MS;
}
