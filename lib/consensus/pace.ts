import { type Clock, type Millis, RateLimit, type Timer } from "../core/mod.ts";
import { PACE_LOOK_MS, PACE_WARNING_MS } from "./limits.ts";
import type { ProfileName } from "../membership/swim/mod.ts";

/** The part of its election timeout that a round trip between voters may take. */
const ROUND_TRIP_PART = 1 / 3;

/** A voter, as far as its distance goes. */
export interface DistantVoter {
  readonly name: string;
  /** How long probes of it take; `undefined` while nothing was measured. */
  readonly roundTripMs?: Millis;
}

/** What is wrong with a profile for the distance of the voters, and what to do. */
export interface PaceAdvice {
  /** For a person. */
  readonly text: string;
  /** The longest round trip to a voter. */
  readonly roundTripMs: Millis;
}

/**
 * Whether the voters are too far apart for a profile: a round trip takes more than a third of the
 * election timeout. Then a leader that was just elected has hardly time to hear from them, and
 * elections follow each other.
 *
 * @param timeouts the election timeouts of the profiles.
 * @param voters the other voters that live.
 */
export function paceAdvice(
  profile: ProfileName,
  timeouts: Readonly<Record<ProfileName, { readonly electionTimeoutMs: Millis }>>,
  voters: readonly DistantVoter[],
): PaceAdvice | undefined {
  const { electionTimeoutMs } = timeouts[profile];
  const limitMs = electionTimeoutMs * ROUND_TRIP_PART;
  const distant = voters.filter(({ roundTripMs = 0 }) => roundTripMs > limitMs);
  if (distant.length === 0) return undefined;
  const roundTripMs = Math.max(...distant.map(({ roundTripMs = 0 }) => roundTripMs));
  const names = distant.map(({ name }) => name).sort().join(", ");
  const fits = (name: ProfileName) =>
    roundTripMs <= timeouts[name].electionTimeoutMs * ROUND_TRIP_PART;
  const wider = profile === "local" && fits("lan") ? "lan" : "wan";
  const advice = profile === "wan"
    ? `no profile fits: wan is for up to ${Math.floor(limitMs)} ms`
    : `use --profile ${wider} on every node`;
  const text =
    `Round trips to ${names} take ${Math.round(roundTripMs)} ms, more than a third of the ` +
    `election timeout of the ${profile} profile (${electionTimeoutMs} ms): ${advice}`;
  return { text, roundTripMs };
}

/** What looking at the distance of the voters needs of the node. */
export interface PaceWatchOwner {
  readonly clock: Clock;
  /** What is wrong at present. */
  advice(): PaceAdvice | undefined;
  warn(text: string): void;
}

/**
 * Says, while it is so and at most once a minute, that the voters are too far apart for the
 * profile.
 */
export class PaceWatch {
  readonly #owner: PaceWatchOwner;
  #timer: Timer | undefined;
  readonly #warnings = new RateLimit(1, PACE_WARNING_MS);

  constructor(owner: PaceWatchOwner) {
    this.#owner = owner;
  }

  /** Looks from now on, again and again. */
  start(): void {
    this.#timer = this.#owner.clock.setTimer(PACE_LOOK_MS, () => {
      this.start();
      this.#look();
    });
  }

  /** Looks no more. */
  stop(): void {
    this.#timer?.cancel();
  }

  #look(): void {
    const advice = this.#owner.advice();
    if (advice === undefined || !this.#warnings.take(this.#owner.clock.now())) return;
    this.#owner.warn(advice.text);
  }
}
