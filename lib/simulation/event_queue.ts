import type { Millis } from "../core/mod.ts";

interface Item<Event> {
  readonly at: Millis;
  readonly order: number;
  readonly event: Event;
}

/** What happens next, by time: a binary heap; events of one time keep the order of their adding. */
export class EventQueue<Event> {
  /** Each parent comes no later than its children. */
  readonly #heap: Item<Event>[] = [];
  #order = 0;

  /** Events that are still to come. */
  get size(): number {
    return this.#heap.length;
  }

  /** When the next event is due; `Infinity` for none. */
  get nextAt(): Millis {
    return this.#heap[0]?.at ?? Infinity;
  }

  /** Adds an event. */
  add(at: Millis, event: Event): void {
    const heap = this.#heap;
    const item = { at, order: this.#order++, event };
    let child = heap.length;
    heap.push(item);
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (isBefore(heap[parent] as Item<Event>, item)) break;
      heap[child] = heap[parent] as Item<Event>;
      child = parent;
    }
    heap[child] = item;
  }

  /** Takes the next event out. */
  take(): { at: Millis; event: Event } | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let parent = 0;
    for (;;) {
      let child = 2 * parent + 1;
      if (child >= heap.length) break;
      const right = heap[child + 1];
      if (right !== undefined && isBefore(right, heap[child] as Item<Event>)) child++;
      if (isBefore(last, heap[child] as Item<Event>)) break;
      heap[parent] = heap[child] as Item<Event>;
      parent = child;
    }
    heap[parent] = last;
    return first;
  }
}

function isBefore(a: Item<unknown>, b: Item<unknown>): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
