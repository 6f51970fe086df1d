import { generate } from "@std/uuid/v7";
import { type IdSource, type NodeId, SeededRandom } from "../core/mod.ts";

/** Draws ids of version 7 from the machine's clock and entropy. */
export class SystemIds implements IdSource {
  next(): NodeId {
    return generate();
  }
}

/** A generator for timing and choices, seeded by the machine's entropy; never used for secrets. */
export function systemRandom(): SeededRandom {
  const seed = new Uint32Array(1);
  crypto.getRandomValues(seed);
  return new SeededRandom(seed[0] as number);
}
