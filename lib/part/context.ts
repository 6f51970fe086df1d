import type { ClusterError, NodeId, Ports, Store } from "../core/mod.ts";
import type { NodeName } from "../transport/mod.ts";
import type { EventSink } from "../wire/mod.ts";

/** Joining, then a member, then leaving (who has to stay is a member again), then stopped. */
export type Phase = "joining" | "member" | "leaving" | "stopped";

/** What every part is given: the node that it is of, and the node's world. */
export interface NodeContext {
  /** Who the node is. */
  readonly id: NodeId;
  /** The world. */
  readonly ports: Ports;
  /** The disk. */
  readonly store: Store;
  /** Whom parts tell what happens. */
  readonly events: EventSink;
  /** Who and where the node says that it is; its address may change. */
  readonly self: NodeName;
  /** How far the node has come. */
  readonly phase: Phase;
  /** Whether it lets nobody in any more: it has left, or is about to close its last links. */
  readonly isClosing: boolean;
  /** The node can be a member no more: it ends, with that error. */
  fail(error: ClusterError): void;
}
