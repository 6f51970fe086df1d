import { Heap, type Millis } from "../core/mod.ts";

interface Item<Event> {
  readonly at: Millis;
  readonly order: number;
  readonly event: Event;
}

/** What happens next, by time; events of one time keep the order of their adding. */
export class EventQueue<Event> {
  readonly #heap = new Heap<Item<Event>>(isBefore);
  #order = 0;

  /** Events that are still to come. */
  get size(): number {
    return this.#heap.size;
  }

  /** When the next event is due; `Infinity` for none. */
  get nextAt(): Millis {
    return this.#heap.top?.at ?? Infinity;
  }

  /** Adds an event. */
  add(at: Millis, event: Event): void {
    this.#heap.push({ at, order: this.#order++, event });
  }

  /** Takes the next event out. */
  take(): { at: Millis; event: Event } | undefined {
    return this.#heap.pop();
  }
}

function isBefore(a: Item<unknown>, b: Item<unknown>): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
