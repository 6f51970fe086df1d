import {
  CALL_TIMEOUT_MAX_MS,
  CALLS_PASSED_ON,
  ClusterError,
  isText,
  type Json,
  type Message,
  METADATA_BYTES,
  type Millis,
  type NodeId,
  type Ports,
  SERVICE_NAME_CHARACTERS,
  SERVICES_PER_NODE,
} from "../../core/mod.ts";
import { chooseMember } from "../../services/mod.ts";
import { isBuiltIn } from "./built_in_services.ts";
import type { CallContext, Calls, ServiceHandler } from "./calls.ts";
import type { Directory } from "../belonging/directory.ts";
import { callLocally } from "./local_call.ts";
import type { PeerLinks } from "../links/peer_links.ts";
import type { Session } from "../links/session.ts";
import { WaitingCall } from "./waiting_call.ts";

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
  readonly peers: PeerLinks;
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
export class ServiceDesk {
  readonly #owner: ServiceDeskOwner;
  readonly #offered = new Map<string, ServiceHandler>();
  readonly #builtIn: ReadonlyMap<string, ServiceHandler>;

  constructor(builtIn: ReadonlyMap<string, ServiceHandler>, owner: ServiceDeskOwner) {
    this.#builtIn = builtIn;
    this.#owner = owner;
  }

  /** The names of the services that this node offers. */
  get names(): string[] {
    return [...this.#offered.keys()];
  }

  /** See `Node.handle`. */
  handle(service: string, handler: ServiceHandler): () => void {
    if (!isText(service, SERVICE_NAME_CHARACTERS) || /[\p{Cc}\s]/u.test(service)) {
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
    const metadata = JSON.stringify([tags, [...this.names, service]]);
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
    const { id, ports, peers, calls } = this.#owner;
    const { node, timeoutMs, signal } = options;
    const isTimeout = timeoutMs === undefined ||
      (Number.isInteger(timeoutMs) && timeoutMs >= 1 && timeoutMs <= CALL_TIMEOUT_MAX_MS);
    if (!isTimeout) {
      return Promise.reject(
        new RangeError(`Invalid timeoutMs ${timeoutMs}: it is 1 to ${CALL_TIMEOUT_MAX_MS}`),
      );
    }
    const request = { service, body, timeoutMs, signal };
    let target: NodeId;
    try {
      target = this.#targetOf(service, node);
    } catch (error) {
      return Promise.reject(error);
    }
    if (target === id) {
      const serve: ServiceHandler = (given, context) => this.serve(service, given, context);
      return callLocally(ports.clock, id, serve, request);
    }
    const session = peers.data(target);
    if (session !== undefined) return calls.call(session, request);
    const { address } = this.#owner.directory().find(target);
    const waiting = new WaitingCall(ports.clock, request);
    peers.openData(target, address).then(
      (made) => waiting.send((left) => calls.call(made, left)),
      (error) => waiting.fail(error),
    );
    return waiting.reply;
  }

  /** Takes a call of another node, to be served here, or of a client, to be served anywhere. */
  receive(session: Session, message: Message, characters: number): void {
    const isForUs = session.peer.role === "member";
    this.#owner.calls.serve(
      session,
      message,
      (service, body, context) =>
        isForUs
          ? this.serve(service, body, context)
          : this.#passOn(message, service, body, context),
      characters,
    );
  }

  /** Serves a call here. */
  serve(service: string, body: Json, context: CallContext): ReturnType<ServiceHandler> {
    const handler = this.#offered.get(service) ?? this.#builtIn.get(service) ??
      this.#owner.clusterService(service);
    if (handler === undefined) {
      throw new ClusterError(
        "UNKNOWN_SERVICE",
        `${this.#owner.name} offers no service "${service}"`,
      );
    }
    return handler(body, context);
  }

  /** A client's call is served here or passed on to the member that is to serve it. */
  #passOn(
    message: Message,
    service: string,
    body: Json,
    context: CallContext,
  ): ReturnType<ServiceHandler> {
    const node = isText(message["node"], 300) ? message["node"] : undefined;
    if (service.startsWith("muster.") && !FOR_CLIENTS.has(service)) {
      throw new ClusterError("UNKNOWN_SERVICE", `"${service}" is for members among themselves`);
    }
    const target = this.#targetOf(service, node);
    if (target === this.#owner.id) return this.serve(service, body, context);
    if (this.#owner.peers.loadOf(target) >= CALLS_PASSED_ON) {
      const reason = `${CALLS_PASSED_ON} calls wait for that member already`;
      throw new ClusterError("OVERLOADED", reason);
    }
    const leftMs = Math.max(1, Math.ceil(context.deadline - this.#owner.ports.clock.now()));
    const { signal } = context;
    return this.call(service, body, { node: target, timeoutMs: leftMs, signal });
  }

  #targetOf(service: string, node: string | undefined): NodeId {
    const { id, peers, ports } = this.#owner;
    const directory = this.#owner.directory();
    if (node !== undefined) return directory.find(node).id;
    const offering = directory.offering(service);
    const loadOf = (member: NodeId) => peers.loadOf(member);
    const chosen = chooseMember(offering, id, loadOf, ports.random);
    if (chosen !== undefined) return chosen;
    throw new ClusterError("UNKNOWN_SERVICE", `No member offers a service "${service}"`);
  }
}
