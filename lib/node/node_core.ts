import {
  ClusterError,
  type ClusterId,
  formatAddress,
  invariant,
  type Json,
  type Link,
  type LinkFailure,
  messageOf,
  type Millis,
  type NodeId,
  type Ports,
  sleep,
  type Store,
} from "../core/mod.ts";
import { hasLeftInOrder, type SelfDescription } from "../membership/swim/mod.ts";
import {
  AddressCheck,
  Bootstrap,
  Callers,
  IdentityKeeper,
  identityOf,
  type KeptIdentity,
  type OtherClusters,
  otherClustersOf,
  readIdentity,
} from "../bootstrap/mod.ts";
import { type ClusterIdentity, MembershipService } from "../membership/mod.ts";
import { receiveGuest } from "../tutorial/mod.ts";
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
import { belongingOwnerOf } from "./belonging_owner.ts";
import { Events } from "./events.ts";
import { type Leases, SharedState } from "../state/mod.ts";
import { VoterNames, withFolderTag } from "../consensus/mod.ts";
import { type CompleteOptions, completeOptions, type NodeOptions } from "./options.ts";
import { AdminApi, Leaving, type RequestTarget } from "../admin/mod.ts";
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
  /** Whether it was told that there is nobody to join. */
  readonly joinsNobody: boolean;
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
  /** Keeps who it is. */
  readonly keeper: IdentityKeeper;
  /** Whether it has files left for connections. */
  readonly outOfFiles: OutOfFiles;
  /** Members that dialled it while it joins. */
  readonly callers: Callers;
  /** Other clusters that it meets. */
  readonly others: OtherClusters;
  /** Whether members can be dialled at the addresses that they give. */
  readonly addressCheck: AddressCheck = new AddressCheck(this);
  /** Aborted when the node is a member no more. */
  readonly over: AbortController = new AbortController();
  /** When it was started, on its clock. */
  readonly startedAt: Millis;
  /** Joining, then a member, then leaving (who has to stay is a member again), then stopped. */
  phase: "joining" | "member" | "leaving" | "stopped" = "joining";
  /** Who and where it says it is, and where it listens. */
  readonly local: LocalIdentity;
  readonly #entrance: Bootstrap;
  #leaving: Leaving | undefined;
  readonly #names: VoterNames;
  readonly #door: Acceptor;
  readonly #complaints: RateLimitedWarnings;
  readonly #stop = Promise.withResolvers<Stopped>();
  /** Invariant: set once, by `enter`, as is `#state`. */
  #belonging: MembershipService | undefined;
  #state: SharedState | undefined;
  #isFounder = false;

  /**
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
    this.#names = new VoterNames(this.kept?.voters);
    this.id = this.kept?.id ?? ports.ids.next();
    this.life = ports.ids.next();
    this.stopped = this.#stop.promise;
    this.ports = ports;
    this.store = store;
    this.keeper = new IdentityKeeper(
      store,
      ports.clock,
      () => this.#identity(),
      (error) => this.end(messageOf(error), ClusterError.from(error)),
    );
    this.events.listen(({ event }) =>
      ["member", "voters"].includes(event) && this.keeper.changed()
    );
    this.joinsNobody = options.join?.length === 0;
    this.startedAt = ports.clock.now();
    const place = new OwnAddress(ports.network, this.options);
    this.local = new LocalIdentity(this.id, this.life, place, this.options.name);
    this.callers = new Callers(ports.clock, () => this.local.place.isElsewhere(options.join));
    this.others = otherClustersOf(this);
    this.connections = new Connections(ports.clock, this.router);
    this.#complaints = new RateLimitedWarnings(ports.clock, this.events);
    this.peers = new PeerPool(ports, this.local, this.connections, this.#complaints);
    this.#door = new Acceptor(ports.clock, this.local, this.connections, this.peers);
    this.requests = new AdminApi(target);
    this.rpc = new Rpc(this, this.options.tags, this.peers);
    this.services = this.rpc.server.onClientCall = new ServiceCalls(this, this.peers, this.rpc);
    const services = { info: { from: "anyone", serve: () => this.#info() } } as const;
    this.rpc.registry.register({ name: "node", services });
    this.rpc.registry.onChange((services) => this.belonging?.step({ type: "describe", services }));
    this.outOfFiles = new OutOfFiles(ports.clock, this.events);
    this.#entrance = new Bootstrap(this);
    this.#registerParts();
    this.#followLinks();
  }

  /** Listens, and finds its way into a cluster. */
  async start(): Promise<void> {
    this.local.place.listen((link) => this.#door.receive(link), () => this.outOfFiles.met());
    this.local.introduce(this.local.place.first);
    await this.#entrance.enter();
  }

  /** The cluster that it belongs to; `undefined` while it joins. */
  get cluster(): ClusterId | undefined {
    return this.local.cluster;
  }

  /** Its place in its cluster, once it has one: the same from then on, until its process ends. */
  get belonging(): MembershipService | undefined {
    return this.#belonging;
  }

  /**
   * Takes its place in a cluster: it is a member when this returns. Once in the life of a process: state
   * and consensus are made here, from what the store has, and nothing else may make them anew.
   */
  enter(identity: ClusterIdentity): void {
    invariant(this.#belonging === undefined, "a node enters a cluster once");
    const owner = belongingOwnerOf(this, this.#names, () => void this.#leaving?.close());
    const { profile } = this.options;
    const belonging = new MembershipService(identity, this.description(), profile, owner);
    this.#state = new SharedState(this.id, this.ports, belonging.governance, owner.rpc);
    this.#belonging = belonging;
    this.local.cluster = identity.cluster;
    for (const part of [belonging, belonging.governance, this.#state]) {
      this.router.register(part);
      this.rpc.registry.register(part);
    }
    this.#isFounder = identity.isFounder;
    // Nothing may be promised under an identity that a crash could take away.
    this.keeper.save();
    this.phase = "member";
    belonging.start();
    const founded = identity.isFounder && this.kept === undefined;
    this.events.emit({ event: "ready", ...this.self, cluster: identity.cluster, founded });
  }

  /** Leaves the cluster in order, in so much time; it is a member as before when it has to stay. */
  async leave(reason: string, drainTimeoutMs: Millis, isForced: boolean): Promise<void> {
    this.phase = "leaving";
    const leaving = this.#leaving ??= new Leaving(this, reason, drainTimeoutMs);
    await leaving.run(isForced).catch((error) => {
      [this.#leaving, this.phase] = [undefined, this.phase === "leaving" ? "member" : this.phase];
      throw error;
    });
  }

  /** Says to the links who may come in, and to the other parts what becomes of links. */
  #followLinks(): void {
    const { peers, local } = this;
    peers.addressBook = {
      addressOf: (node) => this.belonging?.membership.member(node)?.address,
      hasLeftInOrder: (node) => hasLeftInOrder(this.belonging?.membership.members() ?? [], node),
    };
    local.onReaddress.subscribe(() => {
      // The same member says more of itself: whatever it leads, holds or waits for goes on.
      const cause = "a link to another member showed its address";
      this.belonging?.step({ type: "readdress", ...local.self, cause });
      this.keeper.saveOrStop();
    });
    peers.onLinkMade.subscribe((node) => this.belonging?.governance.link(node, "link-made"));
    peers.onLinkBroken.subscribe((node, kind) => {
      // The master's broken link is news for the election first: it is what costs time.
      this.belonging?.governance.link(node, "link-broken");
      this.belonging?.step({ type: "link-broken", node, kind });
    });
    peers.onUnreachable.subscribe((node, kind) =>
      this.belonging?.step({ type: "unreachable", node, kind })
    );
    peers.onStranger.subscribe((...met) => this.others.answered(...met));
    peers.onRefused.subscribe((error) => this.end(error.message, error));
    this.#door.gatekeeper = {
      isRemoved: (node) => this.belonging?.membership.member(node)?.removed === true,
      checkOpen: (hello) => this.#checkOpen(hello),
    };
    this.#door.onDialled.subscribe(() => this.addressCheck.dialled());
    this.#door.onRejected.subscribe((...rejected) => this.#rejected(...rejected));
  }

  #checkOpen(hello: Hello): void {
    if (this.phase === "joining") {
      this.callers.receive(hello);
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
    if (code === "SELF") this.#entrance.metItself(hello);
    if (code === "SELF" || this.phase === "stopped") return;
    // Of who was taken note of there is nothing to complain: this node may join through it.
    if (this.phase === "joining" && hello?.cluster !== undefined) return;
    if (code === "OTHER_CLUSTER" && hello?.role === "member") return this.others.dialled(hello);
    this.#complaints.warn(code, `Turned ${formatAddress(link.remote)} away: ${message}`);
  }

  /** Gives the router what is there from the beginning; the rest comes with the cluster. */
  #registerParts(): void {
    const { router } = this;
    for (const part of [this.connections, this.rpc, this.peers, this.requests, this.#entrance]) {
      router.register(part);
    }
    router.register({
      name: "tutorial",
      messages: {
        "tutorial-join": {
          from: "anyone",
          receive: (connection, message) =>
            receiveGuest(connection, message, this.belonging, this.self),
        },
        "guest": {
          from: "member",
          receive: (_, message) => this.belonging?.hearOfGuest(message["guest"]),
        },
      },
      disconnected: (connection, failure) => this.#complain(connection, failure),
    });
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
    this.keeper.stop();
    this.addressCheck.stop();
    this.#state?.leases.stop();
    this.#state?.stop();
    this.belonging?.stop();
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

  /** Its place in its cluster; throws `NOT_A_MEMBER` or `SHUTTING_DOWN` when it has none. */
  belong(): MembershipService {
    if (this.phase === "stopped") throw new ClusterError("SHUTTING_DOWN", "This node has left");
    if (this.belonging !== undefined) return this.belonging;
    throw new ClusterError("NOT_A_MEMBER", "This node is still joining a cluster");
  }

  /** The leases and locks that it holds; throws as `belong` does. */
  get leases(): Leases {
    return this.sharedState().leases;
  }

  /** The state that the cluster shares; throws as `belong` does. */
  sharedState(): SharedState {
    this.belong();
    return this.#state as SharedState;
  }

  /** Who and where it says it is. */
  get self(): NodeName {
    return this.local.self;
  }

  /** What it says of itself when it joins. */
  description(): SelfDescription {
    const incarnation = (this.kept?.incarnation ?? 0) + 1;
    const tags = withFolderTag(this.options.tags, this.store.isDurable);
    return { ...this.self, tags, services: this.rpc.registry.names, incarnation };
  }

  #identity(): KeptIdentity | undefined {
    const { belonging, kept } = this;
    if (belonging === undefined) return undefined;
    const { cluster, membership, governance: { view: { voters } } } = belonging;
    const known = { cluster, isFounder: this.#isFounder, membership, voters, names: this.#names };
    return identityOf({ self: this.self, ...known, kept });
  }

  #info(): Json {
    const { self: { id, name, address }, options: { tags, profile } } = this;
    return { id, name, address, tags, profile, services: this.rpc.registry.names };
  }
}
