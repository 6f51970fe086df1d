/** What happens next, by time; events of the same time keep the order in which they were added. */
export class EventQueue<Event> {
  #heap: { at: number; order: number; event: Event }[] = [];
  #order = 0;

  get size(): number {
    return this.#heap.length;
  }

  /** When the next event is due; `Infinity` for none. */
  get nextAt(): number {
    return this.#heap[0]?.at ?? Infinity;
  }

  add(at: number, event: Event): void {
    const heap = this.#heap;
    const item = { at, order: this.#order++, event };
    let child = heap.length;
    heap.push(item);
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!isBefore(item, heap[parent]!)) break;
      heap[child] = heap[parent]!;
      child = parent;
    }
    heap[child] = item;
  }

  /** Takes the next event out. */
  take(): { at: number; event: Event } | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const item = heap.pop();
    if (first === undefined || item === undefined || heap.length === 0) return first;
    let parent = 0;
    while (true) {
      let child = 2 * parent + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, item)) break;
      heap[parent] = heap[child]!;
      parent = child;
    }
    heap[parent] = item;
    return first;
  }
}

function isBefore(a: { at: number; order: number }, b: { at: number; order: number }): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
