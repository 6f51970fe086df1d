import {
  ClusterError,
  type ClusterId,
  formatAddress,
  type Json,
  type Link,
  type LinkFailure,
  type Millis,
  type NodeId,
  parseAddress,
  type Ports,
  sleep,
  type Store,
} from "../core/mod.ts";
import { Bootstrap, type KeptIdentity, OtherClusters, readIdentity } from "../bootstrap/mod.ts";
import { MembershipService } from "../membership/mod.ts";
import type { ClusterIdentity, Part, Phase } from "../part/mod.ts";
import { Tutorial } from "../tutorial/mod.ts";
import { Rpc } from "../rpc/mod.ts";
import { ServiceCalls } from "../services/mod.ts";
import {
  Acceptor,
  type Connection,
  Connections,
  type Hello,
  LocalIdentity,
  type NodeName,
  OutOfFiles,
  OwnAddress,
  PeerPool,
  RateLimitedWarnings,
  Router,
} from "../transport/mod.ts";
import { Events } from "./events.ts";
import { SharedState } from "../state/mod.ts";
import { ConsensusService, VoterNames } from "../consensus/mod.ts";
import { type CompleteOptions, completeOptions, flagsOf, type NodeOptions } from "./options.ts";
import { AdminApi, LeaderReport, Leave, MembersReport, type RequestTarget } from "../admin/mod.ts";
import type { Stopped } from "./stopped.ts";

/**
 * The inside of a node: its parts, wired to each other, and the routing of what comes in.
 *
 * `Node` is its public face, `Entrance` its way into a cluster.
 */
export class NodeCore {
  /** Who the node is. */
  readonly id: NodeId;
  /** Which process of that node this is: of two the later has the larger one. */
  readonly life: string;
  /** Resolves when it is a member no more and its links are closed. */
  readonly stopped: Promise<Stopped>;
  /** The world. */
  readonly ports: Ports;
  /** How it was started. */
  readonly options: CompleteOptions;
  /** Whom it tells what happens. */
  readonly events: Events = new Events();
  /** Which part answers which message. */
  readonly router: Router = new Router();
  /** Its open links. */
  readonly connections: Connections;
  /** Its links to members. */
  readonly peers: PeerPool;
  /** Calls in both directions. */
  readonly rpc: Rpc;
  /** What clients may ask. */
  readonly requests: AdminApi;
  /** Calls of services, by whichever member serves them. */
  readonly services: ServiceCalls;
  /** The disk. */
  readonly store: Store;
  /** Who the node was in its life before this one, if it had one. */
  readonly kept: KeptIdentity | undefined;
  /** Whether it has files left for connections. */
  readonly outOfFiles: OutOfFiles;
  /** Other clusters that it meets. */
  readonly others: OtherClusters;
  /** Aborted when the node is a member no more. */
  readonly over: AbortController = new AbortController();
  /** When it was started, on its clock. */
  readonly startedAt: Millis;
  /** Joining, then a member, then leaving (who has to stay is a member again), then stopped. */
  phase: Phase = "joining";
  /** Who and where it says it is, and where it listens. */
  readonly local: LocalIdentity;
  /** Who is here. */
  readonly membership: MembershipService;
  /** Who leads, and what is agreed. */
  readonly consensus: ConsensusService;
  /** The state that the cluster shares. */
  readonly state: SharedState;
  /** The members as people see them. */
  readonly members: MembersReport;
  /** Who leads and votes, as people see it. */
  readonly leader: LeaderReport;
  /** Its way into a cluster. */
  readonly bootstrap: Bootstrap;
  #leaving: Leave | undefined;
  readonly #door: Acceptor;
  readonly #complaints: RateLimitedWarnings;
  readonly #stop = Promise.withResolvers<Stopped>();

  /**
   * Wires the parts; nothing runs before `start`.
   *
   * @param target what answers the requests of clients.
   * @throws {TypeError} when an option makes no sense.
   */
  constructor(
    ports: Ports,
    options: NodeOptions,
    store: Store,
    target: RequestTarget,
  ) {
    // The usual address is a guess for a first try; a node that keeps things must not end in what it finds there.
    const given = store.isDurable ? { ...options, join: options.join ?? [] } : options;
    this.options = completeOptions(given);
    this.kept = readIdentity(store);
    const names = new VoterNames(this.kept?.voters);
    this.id = this.kept?.id ?? ports.ids.next();
    this.life = ports.ids.next();
    this.stopped = this.#stop.promise;
    this.ports = ports;
    this.store = store;
    this.startedAt = ports.clock.now();
    const place = new OwnAddress(ports.network, this.options);
    this.local = new LocalIdentity(this.id, this.life, place, this.options.name);
    this.connections = new Connections(ports.clock, this.router);
    this.#complaints = new RateLimitedWarnings(ports.clock, this.events);
    this.peers = new PeerPool(ports, this.local, this.connections, this.#complaints);
    this.#door = new Acceptor(ports.clock, this.local, this.connections, this.peers);
    this.requests = new AdminApi(target);
    this.rpc = new Rpc(this, this.options.tags, this.peers);
    const { peers, rpc, options: { profile } } = this;
    const membership = this.membership = new MembershipService(this, profile, peers);
    const consensus = this.consensus = new ConsensusService(
      this,
      profile,
      names,
      membership,
      peers,
      rpc.client,
    );
    this.state = new SharedState(this.id, ports, consensus, rpc.client);
    this.services = rpc.server.onClientCall = new ServiceCalls(this, membership, peers, rpc);
    this.members = new MembersReport(this, membership, consensus);
    this.leader = new LeaderReport(this, membership, consensus, this.members, rpc);
    membership.onLeft.subscribe(() => void this.#left());
    rpc.registry.onChange((services) => membership.step({ type: "describe", services }));
    this.outOfFiles = new OutOfFiles(ports.clock, this.events);
    this.others = new OtherClusters(
      this,
      membership,
      () => flagsOf(this.options, parseAddress(place.listening).port, store.isDurable),
    );
    const { local, connections } = this;
    const named = options.join;
    this.bootstrap = new Bootstrap(
      this,
      { ...this.options, named, joinsNobody: named?.length === 0 },
      this.kept,
      { local, connections, peers, registry: rpc.registry, membership, consensus, names },
    );
    this.bootstrap.onMember.subscribe((identity) => this.#joined(identity));
    this.events.listen(({ event }) =>
      ["member", "voters"].includes(event) && this.bootstrap.keeper.changed()
    );
    this.#registerParts();
    this.#followLinks();
  }

  /** Listens, and finds its way into a cluster. */
  async start(): Promise<void> {
    this.local.place.listen((link) => this.#door.receive(link), () => this.outOfFiles.met());
    this.local.introduce(this.local.place.first);
    await this.bootstrap.enter();
  }

  /** The cluster that it belongs to; `undefined` while it joins. */
  get cluster(): ClusterId | undefined {
    return this.local.cluster;
  }

  /** It is a member from now on: state and consensus begin, with what the store has. */
  #joined(identity: ClusterIdentity): void {
    const { cluster, isFounder } = identity;
    this.phase = "member";
    this.membership.joined();
    this.leader.joined();
    this.consensus.joined(identity);
    const founded = isFounder && this.kept === undefined;
    this.events.emit({ event: "ready", ...this.self, cluster, founded });
  }

  /** Leaves the cluster in order, in so much time; it is a member as before when it has to stay. */
  async leave(reason: string, drainTimeoutMs: Millis, isForced: boolean): Promise<void> {
    this.phase = "leaving";
    const { connections, rpc, state: { leases }, consensus, membership, over: { signal } } = this;
    const below = { connections, rpc, leases, consensus, membership };
    const leaving = this.#leaving ??= new Leave(this, below, signal, reason, drainTimeoutMs);
    await leaving.run(isForced).catch((error) => {
      [this.#leaving, this.phase] = [undefined, this.phase === "leaving" ? "member" : this.phase];
      throw error;
    });
  }

  /** The others have seen that it leaves. */
  async #left(): Promise<void> {
    const leaving = this.#leaving;
    if (leaving === undefined) return;
    await leaving.close();
    await this.end(leaving.reason);
  }

  /** Says to the links who may come in, and to the other parts what becomes of links. */
  #followLinks(): void {
    const { peers } = this;
    peers.onLinkMade.subscribe((node) => this.consensus.link(node, "link-made"));
    peers.onLinkBroken.subscribe((node, kind) => {
      // The master's broken link is news for the election first: it is what costs time.
      this.consensus.link(node, "link-broken");
      this.membership.step({ type: "link-broken", node, kind });
    });
    peers.onUnreachable.subscribe((node, kind) =>
      this.membership.step({ type: "unreachable", node, kind })
    );
    peers.onStranger.subscribe((...met) => this.others.answered(...met));
    peers.onRefused.subscribe((error) => this.fail(error));
    this.#door.gatekeeper = {
      isRemoved: (node) => this.membership.member(node)?.removed === true,
      checkOpen: (hello) => this.#checkOpen(hello),
    };
    this.#door.onDialled.subscribe(() => this.bootstrap.addressCheck.dialled());
    this.#door.onRejected.subscribe((...rejected) => this.#rejected(...rejected));
  }

  #checkOpen(hello: Hello): void {
    if (this.phase === "joining") {
      this.bootstrap.callers.receive(hello);
      const founds = this.options.makeMasterOnError;
      const reason = `${this.self.name} is still joining a cluster itself`;
      throw new ClusterError("NOT_A_MEMBER", reason, { details: { founds } });
    }
    // While it still drains it is a member, which the others may need.
    if (this.phase === "stopped" || this.#leaving?.isClosing === true) {
      throw new ClusterError("SHUTTING_DOWN", `${this.self.name} is leaving the cluster`);
    }
  }

  #rejected(link: Link, { code, message }: ClusterError, hello: Hello | undefined): void {
    if (code === "SELF") this.bootstrap.metItself(hello);
    if (code === "SELF" || this.phase === "stopped") return;
    // Of who was taken note of there is nothing to complain: this node may join through it.
    if (this.phase === "joining" && hello?.cluster !== undefined) return;
    if (code === "OTHER_CLUSTER" && hello?.role === "member") return this.others.dialled(hello);
    this.#complaints.warn(code, `Turned ${formatAddress(link.remote)} away: ${message}`);
  }

  /** Gives the router what is there from the beginning; the rest comes with the cluster. */
  #registerParts(): void {
    const { router } = this;
    const { membership, consensus, state, members, leader } = this;
    const node: Part = {
      name: "node",
      services: { info: { from: "anyone", serve: () => this.#info() } },
      disconnected: (connection, failure) => this.#complain(connection, failure),
    };
    const parts: Part[] = [
      this.connections,
      this.rpc,
      this.peers,
      membership,
      consensus,
      state,
      members,
      leader,
      this.requests,
      this.bootstrap,
      new Tutorial(this, membership, members),
      node,
    ];
    for (const part of parts) {
      router.register(part);
      this.rpc.registry.register(part);
    }
  }

  #complain(connection: Connection, failure: LinkFailure): void {
    if (failure.kind !== "rejected") return;
    const who = formatAddress(connection.link.remote);
    this.#complaints.warn("BAD_MESSAGE", `Closed the link to ${who}: ${failure.message}`);
  }

  /** Is a member no more: closes everything. */
  async end(reason: string, error?: ClusterError): Promise<void> {
    if (this.phase === "stopped") return;
    this.phase = "stopped";
    this.over.abort();
    this.bootstrap.stop();
    this.state.leases.stop();
    this.state.stop();
    this.consensus.stop();
    this.membership.stop();
    this.local.place.close();
    this.peers.stop(reason);
    await Promise.all([this.#door.stop(reason), this.connections.stop(reason)]);
    this.rpc.stop();
    // A turn after the listener is closed the operating system gives the port back, and the last
    // whom it let in stand at the door.
    await sleep(this.ports.clock, 0);
    await this.#door.stop(reason);
    this.store.close();
    this.events.emit({ event: "stopped", reason });
    this.#stop.resolve(error === undefined ? { reason } : { reason, error });
  }

  /** It can be a member no more. */
  fail(error: ClusterError): void {
    void this.end(error.message, error);
  }

  /** The state that the cluster shares; throws `NOT_A_MEMBER` or `SHUTTING_DOWN` while it has no place. */
  sharedState(): SharedState {
    this.membership.checkMember();
    return this.state;
  }

  /** Who and where it says it is. */
  get self(): NodeName {
    return this.local.self;
  }

  #info(): Json {
    const { self: { id, name, address }, options: { tags, profile } } = this;
    return { id, name, address, tags, profile, services: this.rpc.registry.names };
  }
}
