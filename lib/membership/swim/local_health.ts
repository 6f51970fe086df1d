import type { Millis } from "../../core/mod.ts";

/** Worst score: everything takes nine times as long. */
export const HEALTH_SCORE_MAX = 8;

/** How much this node doubts itself (Lifeguard §IV-A): 0 is healthy. */
export class LocalHealth {
  /** 0 <= score <= HEALTH_SCORE_MAX. */
  #score = 0;
  readonly #isEnabled: boolean;

  /** @param isEnabled whether the score moves at all; plain SWIM's does not. */
  constructor(isEnabled = true) {
    this.#isEnabled = isEnabled;
  }

  /** The score, 0 to 8. */
  get score(): number {
    return this.#score;
  }

  /** Moves the score: up when we failed or were wronged, down when a probe of ours succeeded. */
  add(delta: number): void {
    if (!this.#isEnabled) return;
    this.#score = Math.min(HEALTH_SCORE_MAX, Math.max(0, this.#score + delta));
  }

  /** A time as long as this node's health asks for. */
  scale(time: Millis): Millis {
    return time * (this.#score + 1);
  }
}
