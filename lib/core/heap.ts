/** A binary heap: what comes first by `isBefore` is on top. */
export class Heap<T> {
  /** No child comes before its parent. */
  readonly #items: T[] = [];
  readonly #isBefore: (a: T, b: T) => boolean;

  /**
   * Empty, in the order of that comparison.
   *
   * @param isBefore a strict order; items of which neither is before the other come out in any
   * order.
   */
  constructor(isBefore: (a: T, b: T) => boolean) {
    this.#isBefore = isBefore;
  }

  /** How many items it holds. */
  get size(): number {
    return this.#items.length;
  }

  /** The first item; `undefined` when there is none. */
  get top(): T | undefined {
    return this.#items[0];
  }

  /** Adds an item. */
  push(item: T): void {
    const items = this.#items;
    let child = items.length;
    items.push(item);
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!this.#isBefore(item, items[parent] as T)) break;
      items[child] = items[parent] as T;
      child = parent;
    }
    items[child] = item;
  }

  /** Takes the first item out. */
  pop(): T | undefined {
    const items = this.#items;
    const top = items[0];
    const last = items.pop();
    if (last === undefined || items.length === 0) return top;
    let parent = 0;
    for (;;) {
      let child = parent * 2 + 1;
      if (child >= items.length) break;
      const right = items[child + 1];
      if (right !== undefined && this.#isBefore(right, items[child] as T)) child++;
      if (!this.#isBefore(items[child] as T, last)) break;
      items[parent] = items[child] as T;
      parent = child;
    }
    items[parent] = last;
    return top;
  }

  /** All items, in no order. What is changed in them must leave their order as it is. */
  values(): IterableIterator<T> {
    return this.#items.values();
  }

  /** Takes all items out. */
  clear(): void {
    this.#items.length = 0;
  }
}
