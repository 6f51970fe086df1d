import { EVENTS_WAITING } from "../core/mod.ts";
import type { EventListener, EventSink, NodeEvent } from "../wire/mod.ts";

/** Tells any number of listeners what happens. */
export class Events implements EventSink {
  readonly #listeners = new Set<EventListener>();
  #isOver = false;

  /** Adds a listener; the returned function removes it. */
  listen(listener: EventListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tells all; nothing comes after `stopped`. */
  emit(event: NodeEvent): void {
    if (this.#isOver) return;
    this.#isOver = event.event === "stopped";
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        // A program's mistake is its own to see, as an uncaught error; the protocols go on.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  /** The events from now on, until the loop over them ends or `stopped` came. */
  stream(): AsyncGenerator<NodeEvent, void, void> {
    const waiting: NodeEvent[] = [];
    const signal: { wake?: () => void } = {};
    let dropped = 0;
    const remove = this.listen((event) => {
      if (waiting.length >= EVENTS_WAITING) {
        waiting.shift();
        dropped++;
      }
      waiting.push(event);
      signal.wake?.();
    });
    const isOver = () => this.#isOver && waiting.length === 0;
    const takeDropped = () => {
      const count = dropped;
      dropped = 0;
      return count;
    };
    const generator = follow(waiting, signal, isOver, takeDropped, remove);
    // A generator that nobody has begun to read does not see its own end.
    const end = generator.return.bind(generator);
    generator.return = (value) => {
      remove();
      return end(value);
    };
    return generator;
  }
}

async function* follow(
  waiting: NodeEvent[],
  signal: { wake?: () => void },
  isOver: () => boolean,
  takeDropped: () => number,
  remove: () => void,
): AsyncGenerator<NodeEvent, void, void> {
  try {
    while (!isOver()) {
      const dropped = takeDropped();
      if (dropped > 0) {
        const message = `${dropped} events were dropped: they were not read in time`;
        yield { event: "warning", code: "OVERLOADED", message };
      }
      const event = waiting.shift();
      if (event === undefined) await new Promise<void>((resolve) => signal.wake = resolve);
      else yield event;
    }
  } finally {
    remove();
  }
}
