import type { Millis, NodeId } from "../../core/mod.ts";
import { OBSERVERS_MAX } from "./limits.ts";
import type { Profile } from "./profile.ts";

/** Shortest suspicion among `memberCount` live members: news needs log n rounds to get about. */
export function suspicionMinMs(profile: Profile, memberCount: number): Millis {
  return profile.suspicionMultiplier * Math.max(1, Math.log10(memberCount + 1)) *
    profile.probeIntervalMs;
}

/**
 * Confirmations that are expected (Lifeguard's k): two, as far as there are members to give them.
 */
export function expectedConfirmations(memberCount: number): number {
  return Math.max(0, Math.min(2, memberCount - 2));
}

/**
 * How long a suspicion lasts with `confirmations` besides the first observer, of `expected`
 * (Lifeguard §IV-B): from `maxMs` down to `minMs`, most of it for the first confirmation.
 */
export function suspicionTimeoutMs(
  minMs: Millis,
  maxMs: Millis,
  confirmations: number,
  expected: number,
): Millis {
  if (expected < 1) return minMs;
  const share = Math.log(confirmations + 1) / Math.log(expected + 1);
  return Math.max(minMs, maxMs - (maxMs - minMs) * share);
}

/** What one observer saw: silence, or an answer that nothing of that id listens there. */
export type Evidence = "silent" | "refused";

/** A suspicion that is open: who suspects, on what evidence, and until when. */
export class Suspicion {
  readonly incarnation: number;
  readonly minMs: Millis;
  readonly maxMs: Millis;
  readonly #expected: number;
  readonly #observers = new Map<NodeId, Evidence>();
  /** Moves with the machine's timers when the process was stopped. */
  #startedAt: Millis;

  /** @param stalledMs how long its process was stopped not long ago: it may be again. */
  constructor(
    now: Millis,
    incarnation: number,
    profile: Profile,
    memberCount: number,
    k?: number,
    stalledMs: Millis = 0,
  ) {
    this.#startedAt = now;
    this.incarnation = incarnation;
    const shortestMs = suspicionMinMs(profile, memberCount);
    this.minMs = shortestMs + stalledMs;
    this.maxMs = shortestMs * profile.suspicionMaxMultiplier + stalledMs;
    this.#expected = k ?? expectedConfirmations(memberCount);
  }

  /**
   * Counts an observer, and what it saw.
   *
   * @returns whether that is news.
   */
  observe(observer: NodeId, evidence: Evidence): boolean {
    const known = this.#observers.get(observer);
    if (known === "refused" || known === evidence) return false;
    if (known === undefined && this.#observers.size >= OBSERVERS_MAX) return false;
    this.#observers.set(observer, evidence);
    return true;
  }

  /** The members that failed to reach the suspect. */
  get observers(): NodeId[] {
    return [...this.#observers.keys()];
  }

  /** Those of them who were refused. */
  get refused(): NodeId[] {
    return this.observers.filter((id) => this.#observers.get(id) === "refused");
  }

  /** Whether this many observers already decide everything that observers can. */
  get isSettled(): boolean {
    return this.#observers.size > this.#expected;
  }

  /** How long the suspect has to refute, as confirmed as the suspicion is. */
  get timeoutMs(): Millis {
    const confirmations = Math.min(this.#expected, Math.max(0, this.#observers.size - 1));
    return suspicionTimeoutMs(this.minMs, this.maxMs, confirmations, this.#expected);
  }

  /** When the suspicion runs out. */
  get deadline(): Millis {
    return this.#startedAt + this.timeoutMs;
  }

  /** Takes no notice of `lateness` in which this process did not run. */
  shift(lateness: Millis): void {
    this.#startedAt += lateness;
  }
}
