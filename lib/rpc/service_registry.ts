import {
  CALL_TIMEOUT_MAX_MS,
  CALLS_PASSED_ON,
  ClusterError,
  isNonEmptyString,
  type Json,
  type Message,
  METADATA_BYTES,
  type Millis,
  type NodeId,
  type Ports,
  SERVICE_NAME_CHARACTERS,
  SERVICES_PER_NODE,
} from "../core/mod.ts";
import { chooseMember } from "../services/mod.ts";
import { isBuiltIn } from "./system_services.ts";
import {
  type CallContext,
  type CallFate,
  isClusterService,
  type ServiceHandler,
} from "./call_context.ts";
import type { Calls } from "./calls.ts";
import type { CallsUnderWay } from "./calls_under_way.ts";
import type { Directory } from "../membership/mod.ts";
import { callInProcess, LocalCalls } from "./in_process_call.ts";
import type { OutgoingRequest } from "./outgoing_call.ts";
import type { Connection, PeerPool } from "../transport/mod.ts";
import { QueuedCall } from "./queued_call.ts";

/** How a call is made. */
export interface CallOptions {
  /** Who is to serve it: a name, address or id; by default any member that offers the service. */
  node?: string | undefined;
  /** When it is given up, in whole milliseconds. Default 5,000. */
  timeoutMs?: Millis | undefined;
  /** Cancels the call. */
  signal?: AbortSignal | undefined;
}

/** What the service desk needs of its node. */
export interface ServiceDeskOwner {
  readonly id: NodeId;
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly ports: Ports;
  readonly peers: PeerPool;
  readonly calls: Calls;
  /** Finds members; throws `NOT_A_MEMBER` while the node joins. */
  directory(): Directory;
  /** A service by which the members govern the cluster. */
  clusterService(service: string): ServiceHandler | undefined;
  /** What this node offers has changed. */
  offersChanged(): void;
}

/** Services of the cluster itself that clients may call too. */
const FOR_CLIENTS: ReadonlySet<string> = new Set([
  "muster.backup",
  "muster.kv",
  "muster.rtt",
  "muster.transfer",
]);

/** What a node offers, and its calls of what others offer. */
export class ServiceRegistry {
  readonly #owner: ServiceDeskOwner;
  readonly #offered = new Map<string, ServiceHandler>();
  readonly #builtIn: ReadonlyMap<string, ServiceHandler>;
  readonly #local: LocalCalls = new LocalCalls((call) => this.#underWay?.over(call));
  /** What is still served: everything; while the node leaves, the cluster's own services; in the end nothing. */
  #open: "all" | "cluster" | "none" = "all";
  #underWay: CallsUnderWay | undefined;

  constructor(builtIn: ReadonlyMap<string, ServiceHandler>, owner: ServiceDeskOwner) {
    this.#builtIn = builtIn;
    this.#owner = owner;
  }

  /** The names of the services that this node offers. */
  get names(): string[] {
    return this.#open === "all" ? [...this.#offered.keys()] : [];
  }

  /**
   * The node leaves: its services are withdrawn, and new calls of others are answered with `SHUTTING_DOWN`,
   * unstarted. What the cluster needs of a member is served on, until `close`.
   *
   * @returns the calls that are under way now.
   */
  withdraw(): CallsUnderWay {
    const hasOffered = this.names.length > 0;
    this.#open = "cluster";
    if (hasOffered) this.#owner.offersChanged();
    return this.#underWay = this.#owner.calls.leave(this.#local.ofPrograms);
  }

  /** The node is told to stay: what it offered it offers again. */
  offerAgain(): void {
    this.#open = "all";
    this.#underWay = undefined;
    this.#owner.calls.stay();
    if (this.names.length > 0) this.#owner.offersChanged();
  }

  /** Tells the handlers that still run that the node goes without waiting for them. */
  abandon(reason: ClusterError): void {
    this.#owner.calls.abandon(reason);
    this.#local.abandon(reason);
  }

  /** Refuses every call of others from now on. */
  close(): void {
    this.#open = "none";
  }

  /** See `Node.handle`. */
  handle(service: string, handler: ServiceHandler): () => void {
    if (!isNonEmptyString(service, SERVICE_NAME_CHARACTERS) || /[\p{Cc}\s]/u.test(service)) {
      const rule = `1 to ${SERVICE_NAME_CHARACTERS} characters without spaces`;
      throw new TypeError(`Invalid service name "${service}": it is ${rule}`);
    }
    if (isBuiltIn(service) || this.#offered.has(service)) {
      throw new TypeError(`This node has a service "${service}" already`);
    }
    if (this.#offered.size >= SERVICES_PER_NODE) {
      throw new TypeError(`A node offers at most ${SERVICES_PER_NODE} services`);
    }
    const { tags } = this.#owner;
    const metadata = JSON.stringify([tags, [...this.#offered.keys(), service]]);
    if (new TextEncoder().encode(metadata).length > METADATA_BYTES) {
      throw new RangeError(
        `No room for a service "${service}": the tags and services of a node are at most ` +
          `${METADATA_BYTES} bytes`,
      );
    }
    this.#offered.set(service, handler);
    this.#owner.offersChanged();
    return () => {
      if (this.#offered.get(service) !== handler) return;
      this.#offered.delete(service);
      this.#owner.offersChanged();
    };
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
    let target: NodeId;
    try {
      target = this.#targetOf(service, node);
    } catch (error) {
      return Promise.reject(error);
    }
    return this.#callMember(target, { service, body, timeoutMs, signal });
  }

  #callMember(target: NodeId, request: OutgoingRequest): Promise<Json> {
    const { id, ports, peers, calls } = this.#owner;
    if (target === id) {
      const { service } = request;
      const serve: ServiceHandler = (given, context) => this.serve(service, given, context);
      return callInProcess(ports.clock, id, serve, request, this.#local);
    }
    const connection = peers.data(target);
    if (connection !== undefined) return calls.call(connection, request);
    const { address } = this.#owner.directory().find(target);
    const waiting = new QueuedCall(ports.clock, request);
    peers.openData(target, address).then(
      (made) => waiting.send((left) => calls.call(made, left)),
      (error) => waiting.fail(error),
    );
    return waiting.reply;
  }

  /** Takes a call of another node, to be served here, or of a client, to be served anywhere. */
  receive(connection: Connection, message: Message, characters: number): void {
    const isForUs = connection.peer.role === "member";
    this.#owner.calls.serve(
      connection,
      message,
      (service, body, context, fate) => {
        // True of every refusal until a handler is called, here or by the member that serves it.
        fate.isUnstarted = true;
        this.#checkOpen(service);
        return isForUs
          ? this.serve(service, body, context, fate)
          : this.#passOn(message, service, body, context, fate);
      },
      characters,
    );
  }

  #checkOpen(service: string): void {
    if (this.#open === "all" || (this.#open === "cluster" && isClusterService(service))) return;
    throw new ClusterError("SHUTTING_DOWN", `${this.#owner.name} is leaving the cluster`);
  }

  /** Serves a call here. */
  serve(
    service: string,
    body: Json,
    context: CallContext,
    fate?: CallFate,
  ): ReturnType<ServiceHandler> {
    const handler = this.#offered.get(service) ?? this.#builtIn.get(service) ??
      this.#owner.clusterService(service);
    if (handler === undefined) {
      throw new ClusterError(
        "UNKNOWN_SERVICE",
        `${this.#owner.name} offers no service "${service}"`,
      );
    }
    if (fate !== undefined) fate.isUnstarted = false;
    return handler(body, context);
  }

  /** A client's call is served here or passed on to the member that is to serve it. */
  #passOn(
    message: Message,
    service: string,
    body: Json,
    context: CallContext,
    fate: CallFate,
  ): ReturnType<ServiceHandler> {
    const node = isNonEmptyString(message["node"], 300) ? message["node"] : undefined;
    if (isClusterService(service) && !FOR_CLIENTS.has(service)) {
      throw new ClusterError("UNKNOWN_SERVICE", `"${service}" is for members among themselves`);
    }
    const target = this.#targetOf(service, node);
    if (target === this.#owner.id) return this.serve(service, body, context, fate);
    if (this.#owner.peers.loadOf(target) >= CALLS_PASSED_ON) {
      const reason = `${CALLS_PASSED_ON} calls wait for that member already`;
      throw new ClusterError("OVERLOADED", reason);
    }
    const leftMs = Math.max(1, Math.ceil(context.deadline - this.#owner.ports.clock.now()));
    const { signal } = context;
    return this.#callMember(target, { service, body, timeoutMs: leftMs, signal, fate });
  }

  #targetOf(service: string, node: string | undefined): NodeId {
    const { id, peers, ports } = this.#owner;
    const directory = this.#owner.directory();
    if (node !== undefined) return directory.find(node).id;
    const offering = directory.offering(service);
    // Of a member that says good-bye it may not be known yet that its services are withdrawn.
    const staying = offering.filter((member) => !peers.isLeaving(member));
    const loadOf = (member: NodeId) => peers.loadOf(member);
    const candidates = staying.length > 0 ? staying : offering;
    const chosen = chooseMember(candidates, id, loadOf, ports.random);
    if (chosen !== undefined) return chosen;
    // Withdrawn for others: what serves the last calls here may still need it.
    if (this.#offered.has(service)) return id;
    throw new ClusterError("UNKNOWN_SERVICE", `No member offers a service "${service}"`);
  }
}
