import type { MemberState, Millis, NodeId } from "../core/mod.ts";
import type { MemberView } from "./members_view.ts";

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
  /**
   * The node leaves, as soon as the calls that are under way are answered, and so long at the most.
   */
  | { event: "leaving"; reason: string; calls: number; withinMs: Millis }
  /** The node is a member no more. */
  | { event: "stopped"; reason: string };

/** Called with each event, at once and in order. */
export type EventListener = (event: NodeEvent) => void;

/** Whom the parts of a node tell what happens. */
export interface EventSink {
  /** Tells it at once to all who listen. */
  emit(event: NodeEvent): void;
}
