import {
  type ClusterError,
  isJsonObject,
  type Json,
  type Millis,
  type NodeId,
} from "../core/mod.ts";

/** Serves the calls of one service: the caller gets the result, or what it throws. */
export type ServiceHandler = (
  body: Json,
  context: CallContext,
) => Json | void | Promise<Json | void>;

/**
 * What became of a call, beside its answer.
 *
 * Only the node that serves a call knows whether any of its handler has run, and nobody guesses it:
 * what a handler itself says of it never gets here.
 */
export interface CallFate {
  /** Whether the call failed, and certainly before any of its handler ran. */
  isUnstarted: boolean;
}

/** What a handler may know of the call that it serves. */
export interface CallContext {
  /** The service that was called. */
  readonly service: string;
  /** The member that called, perhaps this node itself; `undefined` for a client. */
  readonly from: NodeId | undefined;
  /** When the caller gives up, on this node's monotonic clock. */
  readonly deadline: Millis;
  /** Aborted when the caller cancels, its deadline passes, its link breaks or this node goes. */
  readonly signal: AbortSignal;
  /** Whether nobody waits for the answer any more. */
  readonly isAbandoned: boolean;
}

/** A call that this node serves. */
export class ServedCall implements CallContext {
  readonly service: string;
  readonly from: NodeId | undefined;
  readonly deadline: Millis;
  /** Whether it waits for news that may never come: a node that leaves does not wait for it. */
  readonly isWatch: boolean;
  #abort: AbortController | undefined;
  #reason: ClusterError | undefined;

  /** A call that has just come. */
  constructor(service: string, from: NodeId | undefined, deadline: Millis, body: unknown) {
    this.service = service;
    this.from = from;
    this.deadline = deadline;
    this.isWatch = isClusterService(service) && isJsonObject(body) && body["op"] === "watch";
  }

  get signal(): AbortSignal {
    // Most handlers never ask, and a controller costs as much as the rest of the call.
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.#reason !== undefined) this.#abort.abort(this.#reason);
    }
    return this.#abort.signal;
  }

  get isAbandoned(): boolean {
    return this.#reason !== undefined;
  }

  /** Tells the handler that nobody waits any more. */
  abandon(reason: ClusterError): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#abort?.abort(reason);
  }
}

/** Whether a service is the cluster's own: it is there for as long as the node is a member. */
export function isClusterService(service: string): boolean {
  return service.startsWith("muster.");
}
