import type { ClusterId, JsonObject, LinkFailure } from "../core/mod.ts";
import type { SystemServices } from "../rpc/mod.ts";
import type { Connection, Messages } from "../transport/mod.ts";
import type { Metric } from "./metric.ts";

/** Which cluster a node is a member of. */
export interface ClusterIdentity {
  /** The cluster's id. */
  readonly cluster: ClusterId;
  /** Whether this node founds it, unless its store shows that it has already. */
  readonly isFounder: boolean;
}

/**
 * One capability of a node. Its constructor takes the parts below it; what it offers, it declares.
 */
export interface Part {
  /** Its section of `status`, its prefix in metrics and logs. */
  readonly name: string;
  /** Wire messages that it answers, each with who may send it. */
  readonly messages?: Messages;
  /** System services that it offers, each with who may call it. */
  readonly services?: SystemServices;
  /** The node listens. */
  start?(): void | Promise<void>;
  /** The node is a member. */
  joined?(cluster: ClusterIdentity): void;
  /** Before a leave: hand over, release, finish. */
  drain?(signal: AbortSignal): Promise<void>;
  /** The node is a member no more; parts stop in the reverse order. */
  stop?(reason: string): void | Promise<void>;
  /** A connection is over. */
  disconnected?(connection: Connection, failure: LinkFailure): void;
  /** What `status` shows of it. */
  status?(): JsonObject;
  /** What it counts. */
  metrics?(): Iterable<Metric>;
}
