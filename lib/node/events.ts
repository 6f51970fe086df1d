import { EVENTS_WAITING, type NodeId } from "../core/mod.ts";
import type { MemberState } from "../membership/mod.ts";
import type { MemberView } from "./views.ts";

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
  /** A guest said hello. */
  | { event: "guest"; member: MemberView }
  /** An address that was tried, and what came of it. */
  | { event: "join-attempt"; address: string; ok: boolean; message: string }
  /** Something odd that the node dealt with: a refused connection, malformed gossip. */
  | { event: "warning"; code: string; message: string }
  /** The node is a member no more. */
  | { event: "stopped"; reason: string };

/** Called with each event, at once and in order; it must not throw. */
export type EventListener = (event: NodeEvent) => void;

/** Tells any number of listeners what happens. */
export class Events {
  readonly #listeners = new Set<EventListener>();

  /** Adds a listener; the returned function removes it. */
  listen(listener: EventListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tells all. */
  emit(event: NodeEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  /** The events from now on, until the loop over them ends or `stopped` came. */
  async *stream(): AsyncGenerator<NodeEvent, void, void> {
    let waiting: NodeEvent[] = [];
    let wake: (() => void) | undefined;
    const remove = this.listen((event) => {
      if (waiting.length >= EVENTS_WAITING) waiting.shift();
      waiting.push(event);
      wake?.();
    });
    try {
      while (true) {
        if (waiting.length === 0) await new Promise<void>((resolve) => wake = resolve);
        const events = waiting;
        waiting = [];
        for (const event of events) {
          yield event;
          if (event.event === "stopped") return;
        }
      }
    } finally {
      remove();
    }
  }
}
