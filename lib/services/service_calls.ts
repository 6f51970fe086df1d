import {
  CALL_TIMEOUT_MAX_MS,
  CALLS_PASSED_ON,
  ClusterError,
  type Json,
  type NodeId,
  type Ports,
} from "../core/mod.ts";
import type {
  CallContext,
  CallFate,
  CallOptions,
  ClientCallServer,
  Rpc,
  ServiceHandler,
} from "../rpc/mod.ts";
import type { MembershipService } from "../membership/mod.ts";
import type { PeerPool } from "../transport/mod.ts";
import { chooseMember } from "./balancer.ts";

/** What the choice of who serves needs of its node. */
export interface ServiceNode {
  /** Who the node is. */
  readonly id: NodeId;
  /** Its clock, and the chance with which it chooses. */
  readonly ports: Pick<Ports, "clock" | "random">;
}

/** Calls of services wherever they are offered: of this node itself, and of clients, passed on. */
export class ServiceCalls implements ClientCallServer {
  readonly #node: ServiceNode;
  readonly #membership: Pick<MembershipService, "directory">;
  readonly #peers: PeerPool;
  readonly #rpc: Rpc;

  /** Chooses among the members that membership knows. */
  constructor(
    node: ServiceNode,
    membership: Pick<MembershipService, "directory">,
    peers: PeerPool,
    rpc: Rpc,
  ) {
    this.#node = node;
    this.#membership = membership;
    this.#peers = peers;
    this.#rpc = rpc;
  }

  /** See `Node.call`. */
  call(service: string, body: Json = null, options: CallOptions = {}): Promise<Json> {
    const { node, timeoutMs, signal } = options;
    const isTimeout = timeoutMs === undefined ||
      (Number.isInteger(timeoutMs) && timeoutMs >= 1 && timeoutMs <= CALL_TIMEOUT_MAX_MS);
    if (!isTimeout) {
      return Promise.reject(
        new RangeError(`Invalid timeoutMs ${timeoutMs}: it is 1 to ${CALL_TIMEOUT_MAX_MS}`),
      );
    }
    let member: NodeId;
    try {
      member = this.#memberFor(service, node);
    } catch (error) {
      return Promise.reject(error);
    }
    return this.#rpc.client.call(member, { service, body, timeoutMs, signal });
  }

  /** A client's call is served here, or passed on to the member that is to serve it. */
  serve(
    body: Json,
    context: CallContext,
    fate: CallFate,
    node: string | undefined,
  ): ReturnType<ServiceHandler> {
    const { service, signal } = context;
    const member = this.#memberFor(service, node);
    const { id, ports: { clock } } = this.#node;
    if (member === id) return this.#rpc.registry.serve(body, context, fate);
    if (this.#peers.loadOf(member) >= CALLS_PASSED_ON) {
      const reason = `${CALLS_PASSED_ON} calls wait for that member already`;
      throw new ClusterError("OVERLOADED", reason);
    }
    const timeoutMs = Math.max(1, Math.ceil(context.deadline - clock.now()));
    return this.#rpc.client.call(member, { service, body, timeoutMs, signal, fate });
  }

  #memberFor(service: string, node: string | undefined): NodeId {
    const { id, ports: { random } } = this.#node;
    const { directory } = this.#membership;
    if (node !== undefined) return directory.find(node).id;
    const offering = directory.offering(service);
    // Of a member that says good-bye it may not be known yet that its services are withdrawn.
    const staying = offering.filter((member) => !this.#peers.isLeaving(member));
    const loadOf = (member: NodeId) => this.#peers.loadOf(member);
    const candidates = staying.length > 0 ? staying : offering;
    const chosen = chooseMember(candidates, id, loadOf, random);
    if (chosen !== undefined) return chosen;
    // Withdrawn for others: what serves the last calls here may still need it.
    if (this.#rpc.registry.has(service)) return id;
    throw new ClusterError("UNKNOWN_SERVICE", `No member offers a service "${service}"`);
  }
}
