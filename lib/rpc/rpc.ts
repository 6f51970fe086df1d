import type { ClusterError, JsonObject, LinkFailure, Millis, NodeId, Ports } from "../core/mod.ts";
import type { Connection, Messages, PeerPool } from "../transport/mod.ts";
import { CallsUnderWay } from "./calls_under_way.ts";
import { ConnectionCalls } from "./connection_calls.ts";
import { InProcessCalls } from "./in_process_calls.ts";
import { RpcClient } from "./rpc_client.ts";
import { RpcServer } from "./rpc_server.ts";
import { type OfferingNode, ServiceRegistry, type SystemServices } from "./service_registry.ts";

/** What calls need of their node. */
export interface CallingNode extends OfferingNode {
  /** Who the node is. */
  readonly id: NodeId;
  /** Its clock. */
  readonly ports: Pick<Ports, "clock">;
}

/** The calls of a node, in both directions, with the services that it has. */
export class Rpc {
  /** Its section of `status`. */
  readonly name = "calls";
  /** Calls, and what becomes of them. */
  readonly messages: Messages;
  /** The service that answers with what it was sent. */
  readonly services: SystemServices = { echo: { from: "anyone", serve: (body) => body } };
  /** The services of this node. */
  readonly registry: ServiceRegistry;
  /** Calls of this node. */
  readonly client: RpcClient;
  /** Calls of others. */
  readonly server: RpcServer;
  /** This node's calls over links. */
  readonly calls: ConnectionCalls;
  readonly #inProcess: InProcessCalls;
  readonly #underWay = new CallsUnderWay();

  /**
   * Calls of a node, by the tags that say what it offers.
   *
   * @param tags what the node says of itself beside its services: both have one limit.
   */
  constructor(node: CallingNode, tags: Readonly<Record<string, string>>, peers: PeerPool) {
    const { id, ports: { clock } } = node;
    this.registry = new ServiceRegistry(node, tags);
    this.calls = new ConnectionCalls(clock, this.#underWay);
    this.server = new RpcServer(clock, this.registry, this.#underWay);
    this.#inProcess = new InProcessCalls(clock, id, this.registry, this.#underWay);
    this.client = new RpcClient(id, clock, peers, this.calls, this.#inProcess);
    this.messages = {
      "call": this.server,
      "cancel": { from: "anyone", receive: (from, message) => this.server.cancel(from, message) },
      "reply": this.calls,
      // One without the number of a call is a complaint about something that was sent.
      "error": this.calls,
    };
  }

  /**
   * The node leaves: its services are withdrawn, and new calls of others are answered with
   * `SHUTTING_DOWN`, unstarted. What the cluster needs of a member is served on, until `close`.
   *
   * @returns the calls that are under way now, of both directions.
   */
  withdraw(): CallsUnderWay {
    this.registry.withdraw();
    const { server, calls } = this;
    this.#underWay.begin([...this.#inProcess.ofPrograms, ...server.waitedFor, ...calls.ofPrograms]);
    return this.#underWay;
  }

  /** The node is told to stay: what it offered it offers again. */
  offerAgain(): void {
    this.#underWay.stay();
    this.registry.offerAgain();
  }

  /** Tells the handlers that still run that the node goes without waiting for them. */
  abandon(reason: ClusterError): void {
    this.server.abandon(reason);
    this.#inProcess.abandon(reason);
  }

  /** Refuses every call of others from now on. */
  close(): void {
    this.registry.close();
  }

  /** A connection is over: what waited for it fails, what was served for it is abandoned. */
  disconnected(connection: Connection, failure: LinkFailure): void {
    this.calls.closed(connection, failure);
    this.server.closed(connection, failure);
  }

  /** When the last answer was sent, once the node leaves. */
  get lastAnswerAt(): Millis {
    return this.server.lastAnswerAt;
  }

  /** How many calls were made, and served, and how many of those failed. */
  status(): JsonObject {
    return { made: this.calls.made, ...this.server.counters };
  }

  /** Sets no more timers. */
  stop(): void {
    this.calls.stop();
    this.server.stop();
  }
}
