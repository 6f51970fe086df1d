import {
  ClusterError,
  type ClusterId,
  type Json,
  type JsonObject,
  type Millis,
  type NodeId,
  type Ports,
  VERSION,
} from "../core/mod.ts";
import { GIVE_UP_MS } from "../bootstrap/mod.ts";
import type { CallOptions, ServiceHandler } from "../rpc/mod.ts";
import type { KvClient, Lease, Lock, LockOptions } from "../state/mod.ts";
import { isLive } from "../membership/swim/mod.ts";
import { MemoryStore } from "../consensus/mod.ts";
import { compose, type Composition, type NodeParts } from "./compose.ts";
import { Lifecycle } from "./lifecycle.ts";
import { checkDrainTimeout, type NodeOptions } from "./options.ts";
import type { Stopped } from "./stopped.ts";
import type { EventListener, MembersView, MemberView, NodeEvent } from "../wire/mod.ts";

/** How to leave. */
export interface LeaveOptions {
  /**
   * How long it may take, in milliseconds. Handlers that still run then are told by their `signal`, and
   * their callers that the outcome is unknown. Default what the node was started with: 10,000.
   */
  drainTimeoutMs?: Millis | undefined;
  /**
   * Whether it leaves also when the others cannot do without its vote: then nothing can be written until
   * those that are silent are back. Default false.
   */
  isForced?: boolean | undefined;
  /** Called when nothing stands against it, and the node begins to leave. */
  leaves?: (() => void) | undefined;
}

function givenUp(signal: AbortSignal): ClusterError {
  const { reason } = signal;
  return new ClusterError("SHUTTING_DOWN", `Told to end while joining: ${reason}`, {
    retryable: false,
  });
}

/** A member of a cluster. */
export class Node implements AsyncDisposable {
  /** Who it is: a UUID of version 7, new at each start unless its store keeps it. */
  readonly id: NodeId;
  /** Resolves when it is a member no more and its links are closed. */
  readonly stopped: Promise<Stopped>;
  readonly #life: Lifecycle;
  readonly #parts: NodeParts;

  private constructor(ports: Ports, options: NodeOptions, more: Composition["more"] = []) {
    const store = ports.store ?? new MemoryStore();
    try {
      this.#life = new Lifecycle(ports, options, store);
      this.#parts = compose(this.#life, { target: this, more });
    } catch (error) {
      store.close();
      throw error;
    }
    this.id = this.#life.id;
    this.stopped = this.#life.stopped;
  }

  /**
   * Starts a node: it listens, then joins through one of the given members or founds a cluster.
   *
   * @param listener told of every event from the beginning.
   * @param signal gives the way into a cluster up, soon; a node that becomes a member in the next moment is
   * one: it is for the caller to leave.
   * @param more further parts, above those that every node has.
   * @throws {TypeError} when an option makes no sense.
   * @throws {ClusterError} `NO_CLUSTER` when nobody answered, `ADDRESS_TAKEN` when the port is in use,
   * what the cluster refused with, or `SHUTTING_DOWN` when it was given up.
   */
  static async start(
    ports: Ports,
    options: NodeOptions,
    listener?: EventListener,
    signal?: AbortSignal,
    more?: Composition["more"],
  ): Promise<Node> {
    const node = new Node(ports, options, more);
    if (listener !== undefined) node.on(listener);
    const giveUp = () => {
      ports.clock.setTimer(GIVE_UP_MS, () => {
        if (node.#life.phase === "joining") void node.#life.end(String(signal?.reason));
      });
    };
    signal?.addEventListener("abort", giveUp, { once: true });
    try {
      if (signal?.aborted) throw givenUp(signal);
      const starting = node.#life.run(node.#parts);
      // What it waits for may take seconds: whoever gives up does not wait for that.
      const end = node.stopped.then(() => {
        if (signal?.aborted) throw givenUp(signal);
        return starting;
      });
      await Promise.race([starting, end]);
    } catch (error) {
      await node.#life.end("could not start");
      throw error;
    } finally {
      signal?.removeEventListener("abort", giveUp);
    }
    return node;
  }

  /** Its name, unique in the cluster. */
  get name(): string {
    return this.#life.self.name;
  }

  /** Where others dial it, as `host:port`. */
  get address(): string {
    return this.#life.self.address;
  }

  /** Where it listens itself, as `host:port`: another than `address` behind a proxy. */
  get listening(): string {
    return this.#life.local.place.listening;
  }

  /** The cluster that it belongs to; `undefined` while it joins. */
  get cluster(): ClusterId | undefined {
    return this.#life.local.cluster;
  }

  /** All members that this node knows of, itself too, in the order in which they joined. */
  get members(): MemberView[] {
    return this.membersView().members;
  }

  /** The master's id; `undefined` when there is none. */
  get master(): NodeId | undefined {
    return this.#parts.consensus.master;
  }

  /**
   * Offers a service to the cluster.
   *
   * @param service its name; of several members that offer it the least loaded is called.
   * @param handler what serves the calls.
   * @returns what withdraws the offer.
   * @throws {TypeError} when the name is not usable, or taken on this node.
   */
  handle(service: string, handler: ServiceHandler): () => void {
    return this.#parts.rpc.registry.handle(service, handler);
  }

  /**
   * Calls a service, wherever it runs.
   *
   * @returns the reply's body.
   * @throws {ClusterError} the handler's error as the same class, or `UNKNOWN_SERVICE`,
   * `UNKNOWN_MEMBER`, `UNREACHABLE`, `TIMEOUT`, `CANCELLED`, `OVERLOADED`, `TOO_LARGE`.
   */
  call(service: string, body: Json = null, options: CallOptions = {}): Promise<Json> {
    return this.#parts.services.call(service, body, options);
  }

  /**
   * The small consistent state that the members share.
   *
   * @throws {ClusterError} `NOT_A_MEMBER` before the node has joined.
   */
  get kv(): KvClient {
    return this.#state().kv;
  }

  /**
   * Acquires a lock that one holder in the cluster has at a time; it is kept until it is released or lost.
   *
   * @example Only one node does it
   * ```ts ignore
   * await using lock = await node.lock("nightly");
   * await work({ token: lock.token, signal: lock.signal });
   * ```
   * @param name of at most 512 bytes.
   * @throws {ClusterError} `LOCKED` when another holds it and `wait` is off, `CANCELLED` by the signal,
   * `NO_QUORUM`.
   */
  lock(name: string, options: LockOptions = {}): Promise<Lock> {
    return this.#state().leases.lock(name, options);
  }

  /**
   * Asks for a lease, and keeps it alive until it is revoked or lost: keys put with it go with it.
   *
   * @param ttlMs how long it outlives this node. Default 10,000.
   * @throws {ClusterError} `NO_QUORUM`.
   */
  lease(ttlMs?: Millis): Promise<Lease> {
    return this.#state().leases.lease(ttlMs);
  }

  /**
   * Hands the master's part over.
   *
   * @param member who is to be the master: a name, address or id; by default the voter that lags least.
   * @returns the id of the new master.
   * @throws {ClusterError} `NO_QUORUM` without a master, `TIMEOUT` when the other does not take over.
   */
  async transfer(member?: string): Promise<NodeId> {
    const { membership, consensus } = this.#parts;
    membership.checkMember();
    const { directory } = membership;
    return await consensus.transfer(member === undefined ? undefined : directory.find(member).id);
  }

  /** Adds a listener for everything that happens; the returned function removes it. */
  on(listener: EventListener): () => void {
    return this.#life.events.listen(listener);
  }

  /** Everything that happens from now on, until the node stops. */
  events(): AsyncGenerator<NodeEvent, void, void> {
    return this.#life.events.stream();
  }

  /**
   * Leaves in order, once the others could do without its vote: its services are withdrawn, the calls that
   * are under way are answered (those too that it passes on for clients), leases are given up, the others
   * learn to do without its vote, every member sees it, and the links close.
   *
   * @throws {TypeError} when the time makes no sense.
   * @throws {ClusterError} `NO_QUORUM` when without its vote no majority of the voters would be left, and
   * that is so for several seconds: it stays a member, unless `isForced`. When that comes while it leaves
   * already, it offers its services again, and has lost its leases if they were given up by then.
   */
  async leave(reason = "left", options: LeaveOptions = {}): Promise<void> {
    const { drainTimeoutMs = this.#life.options.drainTimeoutMs, isForced = false } = options;
    checkDrainTimeout(drainTimeoutMs);
    // Who is refused loses nothing.
    if (this.#life.phase === "member" && !isForced) {
      await this.#parts.consensus.departures.mayLeave(() => false);
    }
    options.leaves?.();
    const { phase } = this.#life;
    if (phase === "joining") await this.#life.end(reason);
    else if (phase !== "stopped") await this.#life.leave(reason, drainTimeoutMs, isForced);
    await this.stopped;
  }

  /** Leaves, whatever it costs the others. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.leave("left", { isForced: true });
  }

  /** What `members` shows: this node's view of the cluster. */
  membersView(): MembersView {
    return this.#parts.members.all();
  }

  /** What `status` shows: this node itself. */
  statusView(): JsonObject {
    const { membership, consensus, leader, more } = this.#parts;
    const { cluster } = this;
    const { health, counters } = membership.status();
    const members: Record<string, number> = { alive: 0, suspect: 0, dead: 0, left: 0, guest: 0 };
    for (const { state, superseded, removed } of this.members) {
      if (!superseded && !removed) members[state] = (members[state] ?? 0) + 1;
    }
    return {
      ...this.#life.self,
      version: VERSION,
      cluster: cluster ?? null,
      phase: this.#life.phase,
      master: consensus.master ?? null,
      term: consensus.view.term,
      voters: leader.voterNames(),
      copies: consensus.counts?.copies ?? null,
      disks: consensus.counts?.disks ?? null,
      consensus: this.#consensusView() ?? null,
      notes: [
        ...cluster === undefined ? [] : leader.notes(),
        ...this.#parts.others.notes(),
        ...this.#parts.outOfFiles.notes(),
      ],
      health,
      members,
      services: this.#parts.rpc.registry.names,
      tags: this.#life.options.tags,
      profile: this.#life.options.profile,
      uptimeMs: Math.round(this.#life.ports.clock.now() - this.#life.startedAt),
      links: {
        open: this.#parts.connections.size,
        members: this.#parts.peers.connected,
        watchers: this.#parts.admin.watchers,
      },
      calls: this.#parts.rpc.status(),
      counters,
      ...Object.fromEntries(more.map((part) => [part.name, part.status?.()])),
    };
  }

  /** The state that the cluster shares. */
  #state(): NodeParts["state"] {
    this.#parts.membership.checkMember();
    return this.#parts.state;
  }

  #consensusView(): Record<string, unknown> | undefined {
    const { consensus, state } = this.#parts;
    if (this.cluster === undefined) return undefined;
    // What a copy has applied may lack what it holds: then it says nothing of the state.
    const isShown = consensus.hasCopyHere && consensus.raft.readiness.isReady;
    return { ...consensus.status(), ...(isShown ? { state: state.status() } : {}) };
  }

  /** What `why NODE` shows: the recorded events that led to a member's present state, or to `master`. */
  async historyOf(nodeText: string): Promise<JsonObject> {
    const { leader, members } = this.#parts;
    return nodeText === "master" ? await leader.why() : members.historyOf(nodeText);
  }

  /**
   * Forces a member out, or forgets one that is dead or has left; it may come back only as a new node. A
   * voter's vote goes before it does.
   *
   * @throws {ClusterError} `UNKNOWN_MEMBER`, `BAD_REQUEST` when the text could mean several, or `NO_QUORUM`
   * when without that vote no majority would be left: it stays, unless `isForced`.
   */
  async removeMember(nodeText: string, isForced = false): Promise<JsonObject> {
    const { membership, members, consensus: { departures, view } } = this.#parts;
    const member = membership.directory.findOnly(nodeText);
    if (isLive(member.state) && view.voters.includes(member.id)) {
      await departures.remove(member.id, isForced);
    }
    membership.step({ type: "remove", node: member.id });
    return { removed: members.view(member), was: member.state };
  }

  /** How long the probes of one member to another take, as the first measures it. */
  async roundTrip(fromText: string | undefined, toText: string): Promise<JsonObject> {
    const { directory } = this.#parts.membership;
    const from = fromText === undefined ? this.id : directory.find(fromText).id;
    const to = directory.find(toText).id;
    return await this.call("muster.rtt", { to }, { node: from }) as JsonObject;
  }
}
