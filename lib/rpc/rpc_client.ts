import type { Clock, Json, NodeId } from "../core/mod.ts";
import type { PeerPool } from "../transport/mod.ts";
import type { ConnectionCalls } from "./connection_calls.ts";
import type { InProcessCalls } from "./in_process_calls.ts";
import type { OutgoingRequest } from "./outgoing_call.ts";
import { QueuedCall } from "./queued_call.ts";

/** Calls services of given members: what the parts above use of an {@linkcode RpcClient}. */
export interface MemberCalls {
  /** See {@linkcode RpcClient.call}. */
  call(member: NodeId, request: OutgoingRequest): Promise<Json>;
}

/** Calls services of a given member, be it this node itself. */
export class RpcClient implements MemberCalls {
  readonly #self: NodeId;
  readonly #clock: Clock;
  readonly #peers: PeerPool;
  readonly #calls: ConnectionCalls;
  readonly #inProcess: InProcessCalls;

  /** Calls members over the links that there are. */
  constructor(
    self: NodeId,
    clock: Clock,
    peers: PeerPool,
    calls: ConnectionCalls,
    inProcess: InProcessCalls,
  ) {
    this.#self = self;
    this.#clock = clock;
    this.#peers = peers;
    this.#calls = calls;
    this.#inProcess = inProcess;
  }

  /**
   * Calls a service of a member; a link to it is made when there is none.
   *
   * @param member its id.
   * @returns the reply's body.
   * @throws {ClusterError} the handler's error as the same class, or `UNKNOWN_SERVICE`,
   * `UNKNOWN_MEMBER`, `UNREACHABLE`, `TIMEOUT`, `CANCELLED`, `OVERLOADED`, `TOO_LARGE` or
   * `SHUTTING_DOWN`.
   */
  call(member: NodeId, request: OutgoingRequest): Promise<Json> {
    if (member === this.#self) return this.#inProcess.call(request);
    const connection = this.#peers.data(member);
    if (connection !== undefined) return this.#calls.call(connection, request);
    const waiting = new QueuedCall(this.#clock, request);
    this.#peers.openData(member).then(
      (made) => waiting.send((left) => this.#calls.call(made, left)),
      (error) => waiting.fail(error),
    );
    return waiting.reply;
  }
}
