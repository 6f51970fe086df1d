import { EVENTS_WAITING, type Millis, type NodeId } from "../core/mod.ts";
import type { MemberState } from "../membership/swim/mod.ts";
import type { MemberView } from "../membership/mod.ts";

/** What happens to a member, as `watch` names it. */
export type MemberChange =
  | "joined"
  | "alive"
  | "suspect"
  | "dead"
  | "left"
  | "removed"
  | "updated"
  | "forgotten";

/** Something that happened, as a node tells its program, its log and those who watch. */
export type NodeEvent =
  /** The node is a member of a cluster, founded or joined. */
  | { event: "ready"; id: NodeId; name: string; address: string; cluster: string; founded: boolean }
  /** A member came, went, or changed. */
  | {
    event: "member";
    change: MemberChange;
    member: MemberView;
    previous?: MemberState;
    /** Why, as a fragment of a sentence. */
    cause: string;
    /** The members on whose word. */
    by: NodeId[];
  }
  /** The master changed. */
  | { event: "master"; master: NodeId | null; name: string | null; term: number; reason: string }
  /** Who votes changed, or what a person should know of it: that there is no majority, for one. */
  | { event: "voters"; voters: NodeId[]; names: string[]; notes: string[] }
  /** A guest said hello. */
  | { event: "guest"; member: MemberView }
  /** An address that was tried, and what came of it. */
  | { event: "join-attempt"; address: string; ok: boolean; message: string }
  /** A node that founds together with others waits for them. */
  | { event: "gathering"; expected: number; present: string[]; message: string }
  /** Something odd that the node dealt with: a refused connection, malformed gossip. */
  | { event: "warning"; code: string; message: string }
  /** The node leaves, as soon as the calls that are under way are answered, and so long at the most. */
  | { event: "leaving"; reason: string; calls: number; withinMs: Millis }
  /** The node is a member no more. */
  | { event: "stopped"; reason: string };

/** Called with each event, at once and in order. */
export type EventListener = (event: NodeEvent) => void;

/** Tells any number of listeners what happens. */
export class Events {
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
