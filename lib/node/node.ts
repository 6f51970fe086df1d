import type { ClusterError, ClusterId, Json, JsonObject, Millis, NodeId } from "../core/mod.ts";
import type { CallOptions, ServiceHandler } from "../rpc/mod.ts";
import type { KvClient, Lease, Lock, LockOptions } from "../state/mod.ts";
import type { EventListener, MembersView, MemberView, NodeEvent } from "../wire/mod.ts";

/** Why a node is a member no more. */
export interface Stopped {
  /** Why, as a fragment of a sentence. */
  reason: string;
  /** Set when it was not its own wish. */
  error?: ClusterError;
}

/** How to leave. */
export interface LeaveOptions {
  /**
   * How long it may take, in milliseconds. Handlers that still run then are told by their `signal`,
   * and their callers that the outcome is unknown. Default what the node was started with: 10,000.
   */
  drainTimeoutMs?: Millis | undefined;
  /**
   * Whether it leaves also when the others cannot do without its vote: then nothing can be written
   * until those that are silent are back. Default false.
   */
  isForced?: boolean | undefined;
  /** Called when nothing stands against it, and the node begins to leave. */
  leaves?: (() => void) | undefined;
}

/** A member of a cluster: what a program holds of it. */
export interface Node extends AsyncDisposable {
  /** Who it is: a UUID of version 7, new at each start unless its store keeps it. */
  readonly id: NodeId;
  /** Resolves when it is a member no more and its links are closed. */
  readonly stopped: Promise<Stopped>;
  /** Its name, unique in the cluster. */
  readonly name: string;
  /** Where others dial it, as `host:port`. */
  readonly address: string;
  /** Where it listens itself, as `host:port`: another than `address` behind a proxy. */
  readonly listening: string;
  /** The cluster that it belongs to; `undefined` while it joins. */
  readonly cluster: ClusterId | undefined;
  /** All members that this node knows of, itself too, in the order in which they joined. */
  readonly members: MemberView[];
  /** The master's id; `undefined` when there is none. */
  readonly master: NodeId | undefined;
  /**
   * Offers a service to the cluster.
   *
   * @param service its name; of several members that offer it the least loaded is called.
   * @param handler what serves the calls.
   * @returns what withdraws the offer.
   * @throws {TypeError} when the name is not usable, or taken on this node.
   */
  handle(service: string, handler: ServiceHandler): () => void;
  /**
   * Calls a service, wherever it runs.
   *
   * @returns the reply's body.
   * @throws {ClusterError} the handler's error as the same class, or `UNKNOWN_SERVICE`,
   * `UNKNOWN_MEMBER`, `UNREACHABLE`, `TIMEOUT`, `CANCELLED`, `OVERLOADED`, `TOO_LARGE`.
   */
  call(service: string, body?: Json, options?: CallOptions): Promise<Json>;
  /**
   * The small consistent state that the members share.
   *
   * @throws {ClusterError} `NOT_A_MEMBER` before the node has joined.
   */
  readonly kv: KvClient;
  /**
   * Acquires a lock that one holder in the cluster has at a time; it is kept until it is released
   * or lost.
   *
   * @example Only one node does it
   * ```ts ignore
   * await using lock = await node.lock("nightly");
   * await work({ token: lock.token, signal: lock.signal });
   * ```
   * @param name of at most 512 bytes.
   * @throws {ClusterError} `LOCKED` when another holds it and `wait` is off, `CANCELLED` by the
   * signal, `NO_QUORUM`.
   */
  lock(name: string, options?: LockOptions): Promise<Lock>;
  /**
   * Asks for a lease, and keeps it alive until it is revoked or lost: keys put with it go with it.
   *
   * @param ttlMs how long it outlives this node. Default 10,000.
   * @throws {ClusterError} `NO_QUORUM`.
   */
  lease(ttlMs?: Millis): Promise<Lease>;
  /**
   * Hands the master's part over.
   *
   * @param member who is to be the master: a name, address or id; by default the voter that lags
   * least.
   * @returns the id of the new master.
   * @throws {ClusterError} `NO_QUORUM` without a master, `TIMEOUT` when the other does not take
   * over.
   */
  transfer(member?: string): Promise<NodeId>;
  /** Adds a listener for everything that happens; the returned function removes it. */
  on(listener: EventListener): () => void;
  /** Everything that happens from now on, until the node stops. */
  events(): AsyncGenerator<NodeEvent, void, void>;
  /**
   * Leaves in order, once the others could do without its vote: its services are withdrawn, the
   * calls that are under way are answered (those too that it passes on for clients), leases are
   * given up, the others learn to do without its vote, every member sees it, and the links close.
   *
   * @throws {TypeError} when the time makes no sense.
   * @throws {ClusterError} `NO_QUORUM` when without its vote no majority of the voters would be
   * left, and that is so for several seconds: it stays a member, unless `isForced`. When that comes
   * while it leaves already, it offers its services again, and has lost its leases if they were
   * given up by then.
   */
  leave(reason?: string, options?: LeaveOptions): Promise<void>;
  /** What `members` shows: this node's view of the cluster. */
  membersView(): MembersView;
  /** What `status` shows: this node itself. */
  statusView(): JsonObject;
  /**
   * What `why NODE` shows: the recorded events that led to a member's present state, or to
   * `master`.
   */
  historyOf(nodeText: string): Promise<JsonObject>;
  /**
   * Forces a member out, or forgets one that is dead or has left; it may come back only as a new
   * node. A voter's vote goes before it does.
   *
   * @throws {ClusterError} `UNKNOWN_MEMBER`, `BAD_REQUEST` when the text could mean several, or
   * `NO_QUORUM` when without that vote no majority would be left: it stays, unless `isForced`.
   */
  removeMember(nodeText: string, isForced?: boolean): Promise<JsonObject>;
  /** How long the probes of one member to another take, as the first measures it. */
  roundTrip(fromText: string | undefined, toText: string): Promise<JsonObject>;
}
