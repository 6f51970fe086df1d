import {
  ClusterError,
  type JsonObject,
  LEASE_RETRY_MS,
  LEASE_TTL_MS,
  type Millis,
  WATCH_POLL_MS,
} from "../../core/mod.ts";
import type { KeyEvent, LockResult, Outcome } from "../../state/mod.ts";
import type { WatchBatch } from "./key_watch.ts";
import { Lease, type StateAccess } from "./lease.ts";
import { resultOf } from "./outcome.ts";

/** How to lock. */
export interface LockOptions {
  /** How long the lock outlives a holder that died. Default 10,000, at least 500. */
  ttlMs?: Millis | undefined;
  /** Whether to wait while another holds it. Default true. */
  wait?: boolean | undefined;
  /** Gives the waiting up. */
  signal?: AbortSignal | undefined;
}

/**
 * A lock that is held, until it is released or lost.
 *
 * Whoever is told of it should check the token: a holder that was stopped for long may believe in its
 * lock, when it goes on, for the instant until it looks.
 */
export class Lock implements AsyncDisposable {
  /** What is locked. */
  readonly name: string;
  /** The fencing token: larger than that of every holder before. */
  readonly token: number;
  /** The lease that it lives with: put keys with it, and they go with the lock. */
  readonly lease: Lease;

  /** Made by {@linkcode acquireLock}. */
  constructor(name: string, token: number, lease: Lease) {
    this.name = name;
    this.token = token;
    this.lease = lease;
  }

  /** Resolves, when it is lost, to why; never when it was released. */
  get lost(): Promise<ClusterError> {
    return this.lease.lost;
  }

  /** Aborted, with the error as its reason, when it is lost. */
  get signal(): AbortSignal {
    return this.lease.signal;
  }

  /** Whether it may be believed in at this very moment, also when timers are late. */
  get isHeld(): boolean {
    return this.lease.isHeld;
  }

  /**
   * Hands it to the next who waits.
   *
   * @returns whether the cluster confirmed it; else it ends by itself when its TTL has passed.
   */
  release(): Promise<boolean> {
    return this.lease.revoke();
  }

  /** Releases it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }
}

/**
 * Acquires a lock; the waiters get it in the order in which they asked.
 *
 * @param onOver told once when its lease is revoked or lost.
 * @throws {ClusterError} `LOCKED` when another holds it and `wait` is off, `CANCELLED` by the signal,
 * `LEASE_NOT_FOUND` when the lease was lost meanwhile, `NO_QUORUM`, `TOO_MANY`.
 */
export async function acquireLock(
  access: StateAccess,
  name: string,
  options: LockOptions = {},
  onOver?: (lease: Lease) => void,
): Promise<Lock> {
  const { ttlMs = LEASE_TTL_MS, wait = true, signal } = options;
  const givenUp = () =>
    new ClusterError("CANCELLED", `Waiting for the lock "${name}" was given up`, {
      cause: signal?.reason,
    });
  const lease = await Lease.grant(access, ttlMs, signal, onOver).catch((error) => {
    throw signal?.aborted === true ? givenUp() : error;
  });
  try {
    const giveUp = signal === undefined ? lease.signal : AbortSignal.any([signal, lease.signal]);
    return await claim(access, name, lease, wait, giveUp);
  } catch (error) {
    const isCancelled = signal?.aborted === true;
    // The place in the queue goes with the lease.
    await lease.revoke();
    if (isCancelled) throw givenUp();
    throw lease.signal.aborted ? lease.signal.reason : error;
  }
}

async function claim(
  access: StateAccess,
  name: string,
  lease: Lease,
  wait: boolean,
  giveUp: AbortSignal,
): Promise<Lock> {
  while (true) {
    const body = { op: "apply", command: { type: "lock-acquire", name, lease: lease.id, wait } };
    const outcome = await askAgain(access, body, lease.ttlMs, giveUp);
    const standing = resultOf(outcome) as LockResult;
    if (standing.token !== undefined) return new Lock(name, standing.token, lease);
    if (standing.state === "none") {
      throw new ClusterError("LOCKED", `Another holds the lock "${name}"`, {
        details: { holder: standing.holder },
      });
    }
    const token = await turnOf(access, standing.key, outcome.revision + 1, giveUp);
    if (token !== undefined) return new Lock(name, token, lease);
  }
}

/** The token with which a claim became the holder; `undefined`: ask where it stands. */
async function turnOf(
  access: StateAccess,
  key: string,
  fromRevision: number,
  giveUp: AbortSignal,
): Promise<number | undefined> {
  let from = fromRevision;
  while (true) {
    const body = { op: "watch", key, fromRevision: from, waitMs: WATCH_POLL_MS };
    const outcome = await askAgain(access, body, WATCH_POLL_MS, giveUp);
    // History was compacted meanwhile, for one.
    if (!outcome.ok) return undefined;
    const { events, nextRevision } = outcome as unknown as WatchBatch;
    const last = events.at(-1);
    if (last !== undefined) return isHolder(last) ? last.revision : undefined;
    from = nextRevision;
  }
}

function isHolder(event: KeyEvent): boolean {
  return event.type === "put" && (event.value as JsonObject | null)?.["state"] === "held";
}

/** Asks until there is an answer: whoever waits for a lock waits for a master, too. */
async function askAgain(
  access: StateAccess,
  body: JsonObject,
  withinMs: Millis,
  giveUp: AbortSignal,
): Promise<Outcome> {
  while (true) {
    giveUp.throwIfAborted();
    try {
      return await access.ask(body, withinMs, giveUp);
    } catch (error) {
      if (giveUp.aborted || !(error instanceof ClusterError) || !error.retryable) throw error;
      if (error.code === "SHUTTING_DOWN") throw error;
    }
    await new Promise<void>((resolve) => access.clock.setTimer(LEASE_RETRY_MS, resolve));
  }
}
