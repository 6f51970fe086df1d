import type { Millis } from "../../core/mod.ts";

/**
 * Round trips of one node whose median counts: a second of heartbeats, so that one stall does not.
 */
const SAMPLES = 8;
/** Election timeouts follow in steps, so that they rest when nothing but chance changes. */
const STEP_MS = 50;
/**
 * An election timeout is so many round trips: time for a heartbeat to be answered, and as much
 * again to spare.
 */
const ROUND_TRIPS = 3;

/** How long one node's answers took lately. */
export class RoundTrips {
  readonly #samples: Millis[] = [];

  /** Takes the time from a heartbeat to its answer. */
  add(roundTripMs: Millis): void {
    this.#samples.push(roundTripMs);
    if (this.#samples.length > SAMPLES) this.#samples.shift();
  }

  /** The median; `Infinity` while there is none. */
  get median(): Millis {
    const sorted = this.#samples.toSorted((a, b) => a - b);
    return sorted[Math.floor((sorted.length - 1) / 2)] ?? Infinity;
  }
}

/** The election timeout that round trips ask for; 0 when any will do. */
export function timeoutFor(roundTripMs: Millis): Millis {
  if (!(roundTripMs > 0 && roundTripMs < Infinity)) return 0;
  return Math.ceil(ROUND_TRIPS * roundTripMs / STEP_MS) * STEP_MS;
}
