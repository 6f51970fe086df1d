import { compareKeys } from "./key_order.ts";

/**
 * Keys of a chunk at which it is split: small enough that moving its tail costs less than finding
 * it.
 */
const CHUNK_KEYS = 512;

/** Something that has its place by its key. */
export interface Keyed {
  readonly key: string;
}

/**
 * Things in order of their keys: sorted chunks of bounded length, found by bisection.
 *
 * Adding and removing move at most one chunk's keys, so that 100,000 keys cost no more than 1,000.
 */
export class OrderedKeys<Item extends Keyed> {
  /** No chunk is empty, each is sorted, and each ends before the next begins. */
  readonly #chunks: Item[][] = [];

  /** Adds one whose key is not there yet. */
  add(item: Item): void {
    const { key } = item;
    const at = Math.max(0, this.#chunkOf(key));
    const chunk = this.#chunks[at];
    if (chunk === undefined) {
      this.#chunks.push([item]);
      return;
    }
    chunk.splice(lowerBound(chunk, key), 0, item);
    if (chunk.length <= CHUNK_KEYS) return;
    // Keys that come in order fill the chunk before; splitting such a chunk in half would waste it.
    const isLast = at === this.#chunks.length - 1 && chunk.at(-1) === item;
    this.#chunks.splice(at + 1, 0, chunk.splice(isLast ? CHUNK_KEYS : CHUNK_KEYS / 2));
  }

  /** Removes the one with a key, if it is there. */
  remove(key: string): void {
    const at = this.#chunkOf(key);
    const chunk = this.#chunks[at];
    if (chunk === undefined) return;
    const position = lowerBound(chunk, key);
    if (chunk[position]?.key !== key) return;
    chunk.splice(position, 1);
    if (chunk.length === 0) this.#chunks.splice(at, 1);
  }

  /**
   * The items in order, from the first that is not less than `from`, or greater than it.
   *
   * The set must not change while they are being read.
   */
  *from(from: string, isExclusive = false): Generator<Item> {
    let at = Math.max(0, this.#chunkOf(from));
    let chunk = this.#chunks[at];
    if (chunk === undefined) return;
    let position = lowerBound(chunk, from);
    if (isExclusive && chunk[position]?.key === from) position++;
    for (; chunk !== undefined; chunk = this.#chunks[++at], position = 0) {
      for (; position < chunk.length; position++) yield chunk[position] as Item;
    }
  }

  /** The last chunk that does not begin after the key; -1 when there is none. */
  #chunkOf(key: string): number {
    let low = 0;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const first = this.#chunks[middle]?.[0] as Item;
      if (compareKeys(first.key, key) <= 0) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

/** The position of the first key that is not less than the one given. */
function lowerBound(items: readonly Keyed[], key: string): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareKeys((items[middle] as Keyed).key, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
