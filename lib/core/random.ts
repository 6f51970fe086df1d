/** A source of randomness that is handed in, so that one seed replays one run. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
}

/**
 * A seeded generator (sfc32 of PractRand, 128 bits of state): fast, well distributed, not for
 * secrets.
 *
 * @param seed any integer; the low 32 bits count.
 */
export class SeededRandom implements Random {
  #a = 0x9e3779b9;
  #b = 0x243f6a88;
  #c: number;
  #counter = 1;

  /** Draws the same numbers for the same seed. */
  constructor(seed: number) {
    this.#c = seed >>> 0;
    // The first outputs still show the seed's structure.
    for (let i = 0; i < 12; i++) this.next();
  }

  next(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 0x1_0000_0000;
  }
}

/** A whole number in [0, bound). */
export function randomBelow(random: Random, bound: number): number {
  return Math.floor(random.next() * bound);
}

/** A whole number from 1 to 2^53 - 1: as random as a JSON number can exactly be. */
export function randomId(random: Random): number {
  while (true) {
    // One draw of a source may have 32 random bits and no more.
    const id = randomBelow(random, 2 ** 21) * 2 ** 32 + randomBelow(random, 2 ** 32);
    if (id > 0) return id;
  }
}

/** A number in [low, high). */
export function randomBetween(random: Random, low: number, high: number): number {
  return low + random.next() * (high - low);
}

/** Shuffles in place (Fisher and Yates, in Durstenfeld's form) and returns the same array. */
export function shuffle<T>(random: Random, items: T[]): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = randomBelow(random, i + 1);
    const item = items[i] as T;
    items[i] = items[j] as T;
    items[j] = item;
  }
  return items;
}

/** Up to `count` different items, chosen evenly; the given array is left alone. */
export function sample<T>(random: Random, items: readonly T[], count: number): T[] {
  const pool = items.slice();
  const taken = Math.min(count, pool.length);
  for (let i = 0; i < taken; i++) {
    const j = i + randomBelow(random, pool.length - i);
    const item = pool[i] as T;
    pool[i] = pool[j] as T;
    pool[j] = item;
  }
  pool.length = taken;
  return pool;
}
