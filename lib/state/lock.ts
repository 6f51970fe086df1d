import {
  ClusterError,
  type JsonObject,
  LEASE_RETRY_MS,
  LEASE_TTL_MS,
  MEMBERS_SILENT_MS,
  type Millis,
  sleep,
  WATCH_POLL_MS,
} from "../core/mod.ts";
import type { AskOptions, StateEngine, WatchQuestion } from "./engine.ts";
import { HeldLease, isOtherCluster, type Lease } from "./lease.ts";
import { resultOf } from "./outcome.ts";
import type { KeyEvent, LockAcquire } from "./store/mod.ts";

/** Errors of a question that nobody answered, not even to say that there is no majority. */
const SILENCE: ReadonlySet<string> = new Set(["NO_CLUSTER", "TIMEOUT", "UNREACHABLE"]);

/** How to lock. */
export interface LockOptions {
  /** How long the lock outlives a holder that died. Default 10,000, at least 500. */
  ttlMs?: Millis | undefined;
  /** Whether to wait while another holds it. Default true. */
  wait?: boolean | undefined;
  /**
   * Milliseconds to wait for it: then `NO_QUORUM` when there is no majority, else `TIMEOUT`.
   * Default: for ever.
   */
  timeoutMs?: Millis | undefined;
  /** Gives the waiting up. */
  signal?: AbortSignal | undefined;
}

/**
 * A lock that is held, until it is released or lost.
 *
 * Whoever is told of it should check the token: a holder that was stopped for long may believe in
 * its lock, when it goes on, for the instant until it looks.
 */
export interface Lock extends AsyncDisposable {
  /** What is locked. */
  readonly name: string;
  /** The fencing token: larger than that of every holder before. */
  readonly token: number;
  /** The lease that it lives with: put keys with it, and they go with the lock. */
  readonly lease: Lease;
  /** Resolves, when it is lost, to why; never when it was released. */
  readonly lost: Promise<ClusterError>;
  /** Aborted, with the error as its reason, when it is lost. */
  readonly signal: AbortSignal;
  /** Whether it may be believed in at this very moment, also when timers are late. */
  readonly isHeld: boolean;
  /**
   * Hands it to the next who waits.
   *
   * @returns whether the cluster confirmed it; else it ends by itself when its TTL has passed.
   */
  release(): Promise<boolean>;
}

/** A lock whose lease is kept alive here. */
export class HeldLock implements Lock {
  /** See {@linkcode Lock.name}. */
  readonly name: string;
  /** See {@linkcode Lock.token}. */
  readonly token: number;
  /** See {@linkcode Lock.lease}. */
  readonly lease: HeldLease;

  /** Made by {@linkcode acquireLock}. */
  constructor(name: string, token: number, lease: HeldLease) {
    this.name = name;
    this.token = token;
    this.lease = lease;
  }

  /** See {@linkcode Lock.lost}. */
  get lost(): Promise<ClusterError> {
    return this.lease.lost;
  }

  /** See {@linkcode Lock.signal}. */
  get signal(): AbortSignal {
    return this.lease.signal;
  }

  /** See {@linkcode Lock.isHeld}. */
  get isHeld(): boolean {
    return this.lease.isHeld;
  }

  /** See {@linkcode Lock.release}. */
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
 * @throws {ClusterError} `LOCKED` when another holds it and `wait` is off, `CANCELLED` by the
 * signal, `TIMEOUT` when `timeoutMs` have passed, `LEASE_NOT_FOUND` when the lease was lost
 * meanwhile, `OTHER_CLUSTER` when another cluster answers in the place of the one that was asked
 * first, `NO_QUORUM`, `TOO_MANY`.
 */
export async function acquireLock(
  engine: StateEngine,
  name: string,
  options: LockOptions = {},
  onOver?: (lease: HeldLease) => void,
): Promise<HeldLock> {
  const { ttlMs = LEASE_TTL_MS, wait = true, timeoutMs = Infinity, signal } = options;
  const giveUpAt = engine.clock.now() + timeoutMs;
  const givenUp = () =>
    new ClusterError("CANCELLED", `Waiting for the lock "${name}" was given up`, {
      cause: signal?.reason,
    });
  const withinMs = Math.min(ttlMs, timeoutMs);
  const lease = await HeldLease.grant(engine, ttlMs, signal, onOver, withinMs).catch((error) => {
    throw signal?.aborted === true ? givenUp() : error;
  });
  try {
    const giveUp = signal === undefined ? lease.signal : AbortSignal.any([signal, lease.signal]);
    return await claim({ engine, name, giveUp, giveUpAt }, lease, wait);
  } catch (error) {
    const isCancelled = signal?.aborted === true;
    // There nothing is ours to be revoked.
    if (isOtherCluster(error)) lease.lose(error);
    // The place in the queue goes with the lease; without a majority that is when its TTL has
    // passed.
    const revoked = lease.revoke();
    const isHopeless = error instanceof ClusterError &&
      (error.code === "NO_QUORUM" || error.code === "UNREACHABLE");
    if (!isHopeless) await revoked;
    if (isCancelled) throw givenUp();
    throw lease.signal.aborted ? lease.signal.reason : error;
  }
}

/** One who wants a lock, and for how long. */
interface Claim {
  readonly engine: StateEngine;
  readonly name: string;
  readonly giveUp: AbortSignal;
  /** On the clock of `engine`; `Infinity`: never. */
  readonly giveUpAt: Millis;
}

async function claim(wanted: Claim, lease: HeldLease, wait: boolean): Promise<HeldLock> {
  const { name } = wanted;
  while (true) {
    const acquire: LockAcquire = { type: "lock-acquire", name, lease: lease.id, wait };
    const outcome = await askAgain(
      wanted,
      lease.ttlMs,
      (options) => wanted.engine.apply(acquire, options),
    );
    const standing = resultOf(outcome);
    if (standing.token !== undefined) return new HeldLock(name, standing.token, lease);
    if (standing.state === "none") {
      throw new ClusterError("LOCKED", `Another holds the lock "${name}"`, {
        details: { holder: standing.holder },
      });
    }
    const token = await turnOf(wanted, standing.key, outcome.revision + 1);
    if (token !== undefined) return new HeldLock(name, token, lease);
  }
}

/** The token with which a claim became the holder; `undefined`: ask where it stands. */
async function turnOf(
  wanted: Claim,
  key: string,
  fromRevision: number,
): Promise<number | undefined> {
  let from = fromRevision;
  while (true) {
    const leftMs = wanted.giveUpAt - wanted.engine.clock.now();
    if (leftMs < 1) {
      throw new ClusterError("TIMEOUT", `Another holds the lock "${wanted.name}" for longer`);
    }
    const waitMs = Math.floor(Math.min(WATCH_POLL_MS, leftMs));
    const question: WatchQuestion = { op: "watch", key, fromRevision: from, waitMs };
    const outcome = await askAgain(
      wanted,
      WATCH_POLL_MS,
      (options) => wanted.engine.watch(question, options),
    );
    // History was compacted meanwhile, for one.
    if (!outcome.ok) return undefined;
    const { events, nextRevision } = outcome;
    const last = events.at(-1);
    if (last !== undefined) return isHolder(last) ? last.revision : undefined;
    from = nextRevision;
  }
}

function isHolder(event: KeyEvent): boolean {
  return event.type === "put" && (event.value as JsonObject | null)?.["state"] === "held";
}

/**
 * Asks until there is an answer: whoever waits for a lock waits for a leader, too, but not for
 * members that are all silent.
 */
async function askAgain<Answer>(
  wanted: Claim,
  withinMs: Millis,
  ask: (options: AskOptions) => Promise<Answer>,
): Promise<Answer> {
  const { engine: { clock }, giveUp, giveUpAt } = wanted;
  let silentSince = clock.now();
  while (true) {
    giveUp.throwIfAborted();
    const leftMs = Math.max(1, giveUpAt - clock.now());
    try {
      return await ask({ timeoutMs: Math.min(withinMs, leftMs), signal: giveUp });
    } catch (error) {
      if (giveUp.aborted || !(error instanceof ClusterError) || !error.retryable) throw error;
      if (error.code === "SHUTTING_DOWN") throw error;
      if (clock.now() + LEASE_RETRY_MS >= giveUpAt) throw error;
      if (!SILENCE.has(error.code)) silentSince = clock.now();
      else if (clock.now() - silentSince >= MEMBERS_SILENT_MS) throw allSilent(error);
    }
    await sleep(clock, LEASE_RETRY_MS);
  }
}

function allSilent(cause: ClusterError): ClusterError {
  const seconds = MEMBERS_SILENT_MS / 1_000;
  return new ClusterError(
    "UNREACHABLE",
    `No member has answered for ${seconds} s: ${cause.message}`,
    {
      cause,
    },
  );
}
