import { type NodeId, type Random, randomBelow, shuffle } from "../../core/mod.ts";

/**
 * The other live members in a shuffled order: the round of probes (SWIM §4.3: each is probed within
 * 2n - 1 periods), and the urn from which helpers and gossip partners are drawn without a scan.
 */
export class LiveList {
  readonly #random: Random;
  readonly #ids: NodeId[] = [];
  readonly #positions = new Map<NodeId, number>();
  /** Those before the cursor were probed in this round. 0 <= cursor <= ids.length. */
  #cursor = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** How many there are. */
  get size(): number {
    return this.#ids.length;
  }

  /** All of them, in no meaningful order; not to be kept. */
  get ids(): readonly NodeId[] {
    return this.#ids;
  }

  /** Puts a new member at a random place of what is left of this round. */
  add(id: NodeId): void {
    if (this.#positions.has(id)) return;
    this.#ids.push(id);
    this.#positions.set(id, this.#ids.length - 1);
    const place = this.#cursor + randomBelow(this.#random, this.#ids.length - this.#cursor);
    this.#swap(place, this.#ids.length - 1);
  }

  /** Takes a member out, wherever it stands. */
  remove(id: NodeId): void {
    let position = this.#positions.get(id);
    if (position === undefined) return;
    if (position < this.#cursor) {
      this.#cursor--;
      this.#swap(position, this.#cursor);
      position = this.#cursor;
    }
    this.#swap(position, this.#ids.length - 1);
    this.#ids.pop();
    this.#positions.delete(id);
  }

  /** The next of the round; a new round is shuffled anew. */
  next(): NodeId | undefined {
    if (this.#ids.length === 0) return undefined;
    if (this.#cursor >= this.#ids.length) {
      shuffle(this.#random, this.#ids);
      this.#ids.forEach((id, position) => this.#positions.set(id, position));
      this.#cursor = 0;
    }
    return this.#ids[this.#cursor++];
  }

  /**
   * Up to `count` different members that `isWanted`, drawn evenly; it looks at 8 * count + 16 at
   * most.
   */
  draw(count: number, isWanted: (id: NodeId) => boolean): NodeId[] {
    const drawn = new Set<NodeId>();
    if (this.#ids.length <= 3 * count) {
      for (const id of shuffle(this.#random, this.#ids.slice())) {
        if (drawn.size < count && isWanted(id)) drawn.add(id);
      }
      return [...drawn];
    }
    for (let tries = 8 * count + 16; tries > 0 && drawn.size < count; tries--) {
      const id = this.#ids[randomBelow(this.#random, this.#ids.length)] as NodeId;
      if (isWanted(id)) drawn.add(id);
    }
    return [...drawn];
  }

  #swap(a: number, b: number): void {
    const idA = this.#ids[a] as NodeId;
    const idB = this.#ids[b] as NodeId;
    this.#ids[a] = idB;
    this.#ids[b] = idA;
    this.#positions.set(idB, a);
    this.#positions.set(idA, b);
  }
}
