import { generate } from "../std/uuid/v7.ts";
import type { IdSource, NodeId, Random } from "../core/mod.ts";

/** Draws that are taken of the machine at once: one at a time costs a hundred times as much. */
const DRAWS = 1_024;

/** Draws ids of version 7 from the machine's clock and entropy. */
export class SystemIds implements IdSource {
  next(): NodeId {
    return generate();
  }
}

/**
 * Draws from the machine's entropy: 32 random bits each, which no other process has drawn. A
 * generator with a seed of its own would repeat, wholly, what another of the same seed drew.
 */
export class SystemRandom implements Random {
  readonly #draws = new Uint32Array(DRAWS);
  #next = DRAWS;

  next(): number {
    if (this.#next >= DRAWS) {
      crypto.getRandomValues(this.#draws);
      this.#next = 0;
    }
    return (this.#draws[this.#next++] as number) / 0x1_0000_0000;
  }
}
