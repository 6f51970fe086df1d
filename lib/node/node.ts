import {
  ClusterError,
  type ClusterId,
  formatAddress,
  isLoopback,
  isObject,
  isWildcard,
  type Json,
  type JsonObject,
  type Link,
  type LinkFailure,
  type Listener,
  type Message,
  messageOf,
  type Millis,
  type NodeId,
  parseAddress,
  type Ports,
  type Store,
} from "../core/mod.ts";
import { MEMBERSHIP_TYPES, type SelfDescription } from "../membership/mod.ts";
import { judgeJoin } from "./admission.ts";
import { Belonging, type ClusterIdentity } from "./belonging.ts";
import { builtInServices } from "./built_in_services.ts";
import { Calls, type ServiceHandler } from "./calls.ts";
import { type EventListener, Events, type NodeEvent } from "./events.ts";
import { type ForcedCluster, forceNewCluster } from "./force_new_cluster.ts";
import { FrontDoor } from "./front_door.ts";
import { GATHER, Gathering } from "./gathering.ts";
import { helloMessage, type NodeName, type Welcome } from "./handshake.ts";
import { joinCluster, type Joined, parseJoined } from "./join.ts";
import {
  IdentityKeeper,
  type KeptIdentity,
  readIdentity,
  worthRemembering,
} from "./kept_identity.ts";
import type { KeyValue } from "./key_value.ts";
import { leadershipData, leadershipMessage } from "./leadership.ts";
import type { Lease } from "./lease.ts";
import { Leases } from "./leases.ts";
import type { Lock, LockOptions } from "./lock.ts";
import { MemoryStore } from "./memory_store.ts";
import { type CompleteOptions, completeOptions, type NodeOptions } from "./options.ts";
import { PeerLinks } from "./peer_links.ts";
import { receiveGuest } from "./receive_guest.ts";
import { refusedReturn, rejoinCluster } from "./rejoin.ts";
import { Requests } from "./requests.ts";
import { type CallOptions, ServiceDesk, type ServiceDeskOwner } from "./service_desk.ts";
import type { Session } from "./session.ts";
import { Sessions } from "./sessions.ts";
import type { MembersView, MemberView } from "./views.ts";
import { voterNotes } from "./voter_notes.ts";

/** Why a node is a member no more. */
export interface Stopped {
  /** Why, as a fragment of a sentence. */
  reason: string;
  /** Set when it was not its own wish. */
  error?: ClusterError;
}

const IS_MEMBERSHIP: ReadonlySet<string> = new Set(MEMBERSHIP_TYPES);

/** A member of a cluster. */
export class Node implements AsyncDisposable {
  /** Who it is: a UUID of version 7, new at each start unless its store keeps it. */
  readonly id: NodeId;
  /** Resolves when it is a member no more and its links are closed. */
  readonly stopped: Promise<Stopped>;
  readonly #ports: Ports;
  readonly #options: CompleteOptions;
  readonly #events = new Events();
  readonly #sessions: Sessions;
  readonly #peers: PeerLinks;
  readonly #calls: Calls;
  readonly #requests: Requests;
  readonly #desk: ServiceDesk;
  readonly #leases: Leases;
  readonly #door: FrontDoor;
  readonly #stop = Promise.withResolvers<Stopped>();
  readonly #startedAt: Millis;
  #phase: "joining" | "member" | "leaving" | "stopped" = "joining";
  #leaveReason = "";
  #listener: Listener | undefined;
  #self: NodeName;
  #belonging: Belonging | undefined;
  #isFounder = false;
  /** While this node waits for those with whom it founds. */
  #gathering: Gathering | undefined;
  /** Aborted when the node is a member no more. */
  readonly #over = new AbortController();
  readonly #store: Store;
  /** Who the node was in its life before this one, if it had one. */
  readonly #kept: KeptIdentity | undefined;
  readonly #keeper: IdentityKeeper;

  private constructor(ports: Ports, options: CompleteOptions, store: Store) {
    this.#kept = readIdentity(store);
    this.id = this.#kept?.id ?? ports.ids.next();
    this.stopped = this.#stop.promise;
    this.#ports = ports;
    this.#store = store;
    this.#keeper = new IdentityKeeper(
      store,
      ports.clock,
      () => this.#identity(),
      (error) => this.#end(messageOf(error), ClusterError.from(error)),
    );
    this.#events.listen(({ event }) => event === "member" && this.#keeper.changed());
    this.#options = options;
    this.#startedAt = ports.clock.now();
    this.#self = { id: this.id, name: "", address: "" };
    this.#calls = new Calls(ports.clock);
    this.#sessions = new Sessions(ports.clock, {
      message: (session, message) => this.#route(session, message),
      closed: (session, failure) => this.#sessionClosed(session, failure),
    });
    this.#peers = new PeerLinks(ports, {
      hello: (channel) =>
        helloMessage({ role: "member", channel, cluster: this.cluster, node: this.#self }),
      isOurs: (welcome) => welcome.cluster === this.cluster,
      establish: (link, peer) => this.#sessions.establish(link, peer),
      made: (node) => this.#belonging?.governance.link(node, "link-made"),
      unreachable: (node, kind) => this.#belonging?.tell({ type: "unreachable", node, kind }),
      broken: (node, kind) => {
        // The master's broken link is news for the election first: it is what costs time.
        this.#belonging?.governance.link(node, "link-broken");
        this.#belonging?.tell({ type: "link-broken", node, kind });
      },
      refused: (error) => this.#end(error.message, error),
    });
    this.#requests = new Requests(this);
    const builtIn = builtInServices({
      info: () => this.#info(),
      roundTripTo: (member) => this.#belong().roundTripTo(member),
      masterHistory: () => this.#belong().masterHistory(),
    });
    this.#desk = new ServiceDesk(builtIn, this.#deskOwner());
    this.#door = this.#makeDoor();
    this.#leases = new Leases({
      clock: ports.clock,
      ask: async (body, _withinMs, signal) => await this.kv.serve(body as Json, { signal }),
    });
  }

  /**
   * Starts a node: it listens, then joins through one of the given members or founds a cluster.
   *
   * @param listener told of every event from the beginning.
   * @throws {TypeError} when an option makes no sense.
   * @throws {ClusterError} `NO_CLUSTER` when nobody answered, `ADDRESS_TAKEN` when the port is in use,
   * or what the cluster refused with.
   */
  static async start(ports: Ports, options: NodeOptions, listener?: EventListener): Promise<Node> {
    const store = ports.store ?? new MemoryStore();
    const node = Node.#make(ports, options, store);
    if (listener !== undefined) node.on(listener);
    try {
      await node.#start();
    } catch (error) {
      await node.#end("could not start");
      throw error;
    }
    return node;
  }

  static #make(ports: Ports, options: NodeOptions, store: Store): Node {
    try {
      return new Node(ports, completeOptions(options), store);
    } catch (error) {
      store.close();
      throw error;
    }
  }

  /** Its name, unique in the cluster. */
  get name(): string {
    return this.#self.name;
  }

  /** Where others dial it, as `host:port`. */
  get address(): string {
    return this.#self.address;
  }

  /** The cluster that it belongs to; `undefined` while it joins. */
  get cluster(): ClusterId | undefined {
    return this.#belonging?.cluster;
  }

  /** All members that this node knows of, itself too, in the order in which they joined. */
  get members(): MemberView[] {
    return this.membersView().members;
  }

  /** The master's id; `undefined` when there is none. */
  get master(): NodeId | undefined {
    return this.#belonging?.governance.master;
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
    return this.#desk.handle(service, handler);
  }

  /**
   * Calls a service, wherever it runs.
   *
   * @returns the reply's body.
   * @throws {ClusterError} the handler's error as the same class, or `UNKNOWN_SERVICE`,
   * `UNKNOWN_MEMBER`, `UNREACHABLE`, `TIMEOUT`, `CANCELLED`, `OVERLOADED`, `TOO_LARGE`.
   */
  call(service: string, body: Json = null, options: CallOptions = {}): Promise<Json> {
    return this.#desk.call(service, body, options);
  }

  /**
   * The small consistent state that the members share.
   *
   * @throws {ClusterError} `NOT_A_MEMBER` before the node has joined.
   */
  get kv(): KeyValue {
    return this.#belong().governance.kv;
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
    return this.#leases.lock(name, options);
  }

  /**
   * Asks for a lease, and keeps it alive until it is revoked or lost: keys put with it go with it.
   *
   * @param ttlMs how long it outlives this node. Default 10,000.
   * @throws {ClusterError} `NO_QUORUM`.
   */
  lease(ttlMs?: Millis): Promise<Lease> {
    return this.#leases.lease(ttlMs);
  }

  /**
   * Hands the master's part over.
   *
   * @param member who is to be the master: a name, address or id; by default the voter that lags least.
   * @returns the id of the new master.
   * @throws {ClusterError} `NO_QUORUM` without a master, `TIMEOUT` when the other does not take over.
   */
  async transfer(member?: string): Promise<NodeId> {
    const { directory, governance } = this.#belong();
    return await governance.transfer(member === undefined ? undefined : directory.find(member).id);
  }

  /** Adds a listener for everything that happens; the returned function removes it. */
  on(listener: EventListener): () => void {
    return this.#events.listen(listener);
  }

  /** Everything that happens from now on, until the node stops. */
  events(): AsyncGenerator<NodeEvent, void, void> {
    return this.#events.stream();
  }

  /** Leaves in order: every member sees it, then the links close. */
  async leave(reason = "left"): Promise<void> {
    if (this.#phase === "joining") await this.#end(reason);
    else if (this.#phase === "member") {
      this.#phase = "leaving";
      this.#leaveReason = reason;
      const belonging = this.#belong();
      await this.#leases.releaseAll();
      await belonging.governance.handOver();
      belonging.tell({ type: "leave" });
    }
    await this.stopped;
  }

  /** Leaves. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.leave();
  }

  /** What `members` shows: this node's view of the cluster. */
  membersView(): MembersView {
    return this.#belonging?.membersView() ?? { cluster: null, master: null, term: 0, members: [] };
  }

  /** What `status` shows: this node itself. */
  statusView(): JsonObject {
    const belonging = this.#belonging;
    const members: Record<string, number> = { alive: 0, suspect: 0, dead: 0, left: 0, guest: 0 };
    for (const { state } of this.members) members[state] = (members[state] ?? 0) + 1;
    return {
      ...this.#self,
      cluster: belonging?.cluster ?? null,
      phase: this.#phase,
      master: belonging?.governance.master ?? null,
      term: belonging?.governance.view.term ?? 0,
      voters: belonging?.voterNames() ?? [],
      consensus: belonging?.governance.status() ?? null,
      notes: belonging === undefined ? [] : this.#notes(belonging),
      health: belonging?.membership.healthScore() ?? 0,
      members,
      services: this.#desk.names,
      tags: this.#options.tags,
      profile: this.#options.profile,
      uptimeMs: Math.round(this.#ports.clock.now() - this.#startedAt),
      links: {
        open: this.#sessions.size,
        members: this.#peers.connected,
        watchers: this.#requests.watchers,
      },
      calls: { ...this.#calls.counters },
      counters: { ...belonging?.membership.counters() },
    };
  }

  /** What `why NODE` shows: the recorded events that led to a member's present state, or to `master`. */
  async historyOf(nodeText: string): Promise<JsonObject> {
    const belonging = this.#belong();
    return nodeText === "master" ? await belonging.whyMaster() : belonging.historyOf(nodeText);
  }

  /** Forces a member out; it may come back only as a new node. */
  removeMember(nodeText: string): JsonObject {
    const belonging = this.#belong();
    const member = belonging.directory.find(nodeText);
    belonging.tell({ type: "remove", node: member.id });
    return { removed: belonging.view(member) };
  }

  /** How long the probes of one member to another take, as the first measures it. */
  async roundTrip(fromText: string | undefined, toText: string): Promise<JsonObject> {
    const { directory } = this.#belong();
    const from = fromText === undefined ? this.id : directory.find(fromText).id;
    const to = directory.find(toText).id;
    return await this.call("muster.rtt", { to }, { node: from }) as JsonObject;
  }

  #notes({ governance }: Belonging): string[] {
    const { members } = this;
    const { master, view: { voters } } = governance;
    return voterNotes({ members, master, voters, missing: governance.missingVoters() });
  }

  async #start(): Promise<void> {
    const { host, port, advertise, join, makeMasterOnError, name, expect } = this.#options;
    this.#listener = this.#ports.network.listen({ host, port }, (link) => this.#door.receive(link));
    const listening = { host: this.#isGuessing ? "127.0.0.1" : host, port: this.#listenPort };
    this.#introduce(formatAddress(advertise ?? listening), name);
    if (this.#kept !== undefined) return this.#resume(this.#kept);
    if (this.#options.forceNewCluster) {
      throw new ClusterError(
        "BAD_REQUEST",
        "--force-new-cluster needs a --data folder of a node that was a voter of the lost cluster",
      );
    }
    if (expect !== undefined) return await this.#gather(expect);
    const tried: string[] = [];
    if (await this.#join(makeMasterOnError, tried)) return;
    this.#checkJoining();
    if (makeMasterOnError) return this.#found();
    throw new ClusterError(
      "NO_CLUSTER",
      `No cluster answered at ${[...new Set(tried)].join(", ")}; name a member that runs with ` +
        "--clusterip HOST:PORT, or become the master of a new cluster with --makeMasterOnError",
      { details: { tried: join.map(formatAddress) } },
    );
  }

  #found(): void {
    const cluster = this.#ports.ids.next();
    this.#enter({ cluster, leadership: undefined, isFounder: true });
  }

  /** Founds together with the others that are expected, or joins those of them who have. */
  async #gather(expected: number): Promise<void> {
    const gathering = new Gathering({
      ports: this.#ports,
      addresses: this.#options.join,
      expected,
      self: () => this.#self,
      progress: (present, message) =>
        this.#events.emit({ event: "gathering", expected, present: [...present], message }),
    });
    this.#gathering = gathering;
    while (true) {
      const outcome = await gathering.run(this.#over.signal);
      this.#checkJoining();
      if (outcome === "found") this.#found();
      // Its founder may be gone again before we reach it: then the waiting goes on.
      if (outcome === "found" || await this.#join(true, []).catch(falseIfRetryable)) break;
      this.#checkJoining();
    }
    this.#gathering = undefined;
  }

  /** Tries to be let in; `tried` gets what came of each address. */
  #join(willFound: boolean, tried: string[]): Promise<boolean> {
    const { join, name } = this.#options;
    return joinCluster(this.#ports, {
      addresses: join,
      willFound,
      hello: helloMessage({ role: "member", channel: "control", node: this.#self }),
      request: (link) => {
        if (this.#isGuessing) this.#introduce(this.#seenThrough(link), name);
        return { type: "join", id: 1, member: this.#description() };
      },
      enter: (link, welcome, joined) => {
        this.#checkJoining();
        this.#enter({ ...parseJoined(joined), isFounder: false });
        this.#joinedThrough(link, welcome, parseJoined(joined));
      },
      isOver: () => this.#phase !== "joining",
      attempted: (address, ok, message) => {
        tried.push(`${address} (${message})`);
        this.#events.emit({ event: "join-attempt", address, ok, message });
      },
    });
  }

  /** Takes the place that the node had: it is a member at once, and shows itself to the others. */
  #resume(kept: KeptIdentity): void {
    const { cluster, isFounder } = kept;
    const forced = this.#options.forceNewCluster
      ? forceNewCluster(this.#store, this.id)
      : undefined;
    if (this.#isGuessing) {
      const { host } = parseAddress(kept.address);
      this.#introduce(formatAddress({ host, port: this.#listenPort }), this.#options.name);
    }
    this.#enter({ cluster, leadership: undefined, isFounder });
    const { address } = this.#self;
    // Who was at the address that is ours now has moved, or is gone.
    const members = kept.members.filter((member) =>
      isObject(member) && member["address"] !== address
    );
    this.#belonging?.tell({ type: "join", members });
    if (forced !== undefined) this.#forced(forced);
    const rejoining = rejoinCluster(this.#ports, {
      addresses: this.#options.join,
      self: address,
      hello: helloMessage({ role: "member", channel: "control", cluster, node: this.#self }),
      request: () => ({ type: "join", id: 1, member: this.#description() }),
      enter: (link, welcome, joined) => this.#joinedThrough(link, welcome, parseJoined(joined)),
      signal: this.#over.signal,
      hasCompany: () => this.#peers.connected > 0,
      attempted: (tried, ok, message) =>
        this.#events.emit({ event: "join-attempt", address: tried, ok, message }),
    });
    rejoining.catch((thrown) => {
      const error = refusedReturn(thrown, cluster);
      return this.#end(error.message, error);
    });
  }

  /** This node is the only voter now: says what that may have cost, and keeps the others out. */
  #forced({ lostVoters, lastIndex }: ForcedCluster): void {
    const belonging = this.#belong();
    const names = lostVoters.map((id) => belonging.membership.member(id)?.name ?? id);
    this.#events.emit({
      event: "warning",
      code: "NO_QUORUM",
      message:
        `THIS NODE WAS FORCED TO BE THE ONLY VOTER, from its log up to index ${lastIndex}: what ` +
        `was agreed on beyond that is lost. ${
          names.join(", ")
        } may come back only as new nodes, with ` +
        "empty folders. Start this node without --force-new-cluster from now on",
    });
    for (const node of lostVoters) belonging.tell({ type: "remove", node });
  }

  /** A member let this node in: its link is ours, and what it knows. */
  #joinedThrough(link: Link, welcome: Welcome, joined: Joined): void {
    const belonging = this.#belong();
    const { id, address } = welcome.node;
    const peer = { role: "member", node: id, channel: "control" } as const;
    this.#peers.adopt(this.#sessions.establish(link, peer), address);
    belonging.tell({ type: "join", members: joined.members });
    belonging.governance.takes(id, leadershipMessage(joined.leadership));
    for (const value of joined.guests) belonging.hearOfGuest(value);
    // A crash in the next moment must find somebody to come back to.
    this.#keeper.save();
  }

  #enter(identity: ClusterIdentity): void {
    const owner = {
      ports: this.#ports,
      store: this.#store,
      peers: this.#peers,
      events: this.#events,
      call: (
        node: NodeId,
        service: string,
        body: Json,
        timeoutMs: number,
        signal?: AbortSignal,
      ) => this.#desk.call(service, body, { node, timeoutMs, signal }),
      left: () => this.#end(this.#leaveReason),
      forcedOut: (error: ClusterError) => this.#end(error.message, error),
    };
    const belonging = new Belonging(identity, this.#description(), this.#options.profile, owner);
    this.#belonging = belonging;
    this.#isFounder = identity.isFounder;
    // Nothing may be promised under an identity that a crash could take away.
    this.#keeper.save();
    this.#phase = "member";
    belonging.start();
    const { id, name, address } = this.#self;
    this.#events.emit({
      event: "ready",
      id,
      name,
      address,
      cluster: identity.cluster,
      founded: identity.isFounder && this.#kept === undefined,
    });
  }

  #checkJoining(): void {
    if (this.#phase === "joining") return;
    throw new ClusterError("SHUTTING_DOWN", "Told to leave while joining", { retryable: false });
  }

  #makeDoor(): FrontDoor {
    return new FrontDoor({
      clock: this.#ports.clock,
      doorkeeper: () => ({
        id: this.id,
        self: this.#self,
        cluster: this.cluster,
        isRemoved: (node) => this.#belonging?.membership.member(node)?.removed === true,
      }),
      checkOpen: () => {
        if (this.#phase === "joining") {
          throw new ClusterError("NOT_A_MEMBER", `${this.name} is still joining a cluster itself`);
        }
        if (this.#phase !== "member") {
          throw new ClusterError("SHUTTING_DOWN", `${this.name} is leaving the cluster`);
        }
      },
      establish: (made, peer) => this.#sessions.establish(made, peer),
      adopt: (session, node) => {
        this.#readdress(session.link);
        this.#peers.adopt(session, node.address);
      },
      message: (session, message) => this.#route(session, message),
      turnedAway: (link, error) => {
        if (error.code === "SELF" || this.#phase === "stopped") return;
        const message = `Turned ${formatAddress(link.remote)} away: ${error.message}`;
        this.#events.emit({ event: "warning", code: error.code, message });
      },
    });
  }

  #route(session: Session, message: Message): void {
    switch (message.type) {
      case "reply":
        return this.#calls.answered(session, message);
      case "call":
        return this.#desk.receive(session, message);
      case "error":
        // Without the number of a call it is a complaint about something that was sent.
        return this.#calls.answered(session, message);
      case "cancel":
        return this.#calls.cancel(session, message);
      case "ping":
        return void session.send({ type: "pong" });
      case "pong":
        return;
      case "bye":
        session.isParting = true;
        return;
      case GATHER:
        return void session.send({ ...this.#gatherAnswer(message), id: message["id"] });
      case "tutorial-join":
        return receiveGuest(session, message, this.#belonging, this.#self);
    }
    if (session.peer.role === "client") void this.#requests.answer(session, message);
    else this.#routeMember(session, session.peer.node as NodeId, message);
  }

  #gatherAnswer(message: Message): Message {
    return this.#gathering?.answer(message) ?? { type: GATHER, cluster: this.cluster ?? null };
  }

  #routeMember(session: Session, from: NodeId, message: Message): void {
    if (IS_MEMBERSHIP.has(message.type)) this.#belonging?.tell({ type: "message", from, message });
    else if (this.#belonging?.governance.takes(from, message) === true) return;
    else if (message.type === "join") void this.#letIn(session, from, message);
    else if (message.type === "guest") this.#belonging?.hearOfGuest(message["guest"]);
    else void this.#requests.answer(session, message);
  }

  async #letIn(session: Session, from: NodeId, message: Message): Promise<void> {
    try {
      const belonging = this.#belong();
      const member = await judgeJoin(this.#ports, belonging.membership, from, message["member"]);
      if (this.#phase !== "member") throw new ClusterError("SHUTTING_DOWN", `${this.name} leaves`);
      const { cluster, governance } = belonging;
      const records = belonging.welcome();
      session.send({
        type: "joined",
        id: message["id"],
        cluster,
        ...leadershipData(governance.view),
        ...records,
      });
      belonging.tell({ type: "admit", member });
    } catch (error) {
      if (!(error instanceof ClusterError)) throw error;
      session.send({ type: "error", id: message["id"], ...error.toJSON() });
      session.part(error.message);
    }
  }

  #sessionClosed(session: Session, failure: LinkFailure): void {
    this.#calls.closed(session, failure);
    if (session.peer.role === "member") this.#peers.closed(session, failure);
    if (failure.kind !== "rejected") return;
    const message = `Closed the link to ${formatAddress(session.link.remote)}: ${failure.message}`;
    this.#events.emit({ event: "warning", code: "BAD_MESSAGE", message });
  }

  async #end(reason: string, error?: ClusterError): Promise<void> {
    if (this.#phase === "stopped") return;
    this.#phase = "stopped";
    this.#over.abort();
    this.#keeper.stop();
    this.#leases.stop();
    this.#belonging?.stop();
    this.#listener?.close();
    this.#peers.stop(reason);
    await Promise.all([this.#door.stop(reason), this.#sessions.stop(reason)]);
    this.#calls.stop();
    // A turn after the listener is closed the operating system gives the port back, and the last
    // whom it let in stand at the door.
    await new Promise<void>((resolve) => this.#ports.clock.setTimer(0, resolve));
    await this.#door.stop(reason);
    this.#store.close();
    this.#events.emit({ event: "stopped", reason });
    this.#stop.resolve(error === undefined ? { reason } : { reason, error });
  }

  #deskOwner(): ServiceDeskOwner {
    const name = () => this.name;
    return {
      id: this.id,
      get name() {
        return name();
      },
      tags: this.#options.tags,
      ports: this.#ports,
      peers: this.#peers,
      calls: this.#calls,
      directory: () => this.#belong().directory,
      clusterService: (service) => this.#belonging?.governance.services.get(service),
      offersChanged: () => this.#belonging?.tell({ type: "describe", services: this.#desk.names }),
    };
  }

  #belong(): Belonging {
    if (this.#phase === "stopped") throw new ClusterError("SHUTTING_DOWN", "This node has left");
    if (this.#belonging !== undefined) return this.#belonging;
    throw new ClusterError("NOT_A_MEMBER", "This node is still joining a cluster");
  }

  #introduce(address: string, name: string | undefined): void {
    this.#self = { id: this.id, name: name ?? address, address };
  }

  #description(): SelfDescription {
    const incarnation = (this.#kept?.incarnation ?? 0) + 1;
    return { ...this.#self, tags: this.#options.tags, services: this.#desk.names, incarnation };
  }

  #identity(): KeptIdentity | undefined {
    const belonging = this.#belonging;
    if (belonging === undefined) return undefined;
    const { cluster, membership } = belonging;
    const others = worthRemembering(membership.snapshot(), this.id);
    return {
      id: this.id,
      cluster,
      isFounder: this.#isFounder,
      incarnation: membership.selfRecord().incarnation,
      address: this.address,
      // Whoever comes back says who it is before it has met anybody: a crash then must not make it forget.
      members: others.length > 0 ? others : this.#kept?.members ?? [],
    };
  }

  #info(): Json {
    const { id, name, address } = this.#self;
    const { tags, profile } = this.#options;
    return { id, name, address, tags, profile, services: this.#desk.names };
  }

  /** Whether the address that others dial is still a guess: a wildcard is nobody's address. */
  get #isGuessing(): boolean {
    return this.#options.advertise === undefined && isWildcard(this.#options.host);
  }

  get #listenPort(): number {
    return this.#listener?.address.port ?? 0;
  }

  /** Our own end of a link to another node shows which of our addresses it uses. */
  #seenThrough(link: Link): string {
    const host = link.local.host.replace(/^::ffff:/i, "");
    return formatAddress({ host, port: this.#listenPort });
  }

  /** A founder on a wildcard address learns its own from the first member that reaches it. */
  #readdress(link: Link): void {
    const belonging = this.#belonging;
    const isAlone = belonging !== undefined && belonging.membership.members().length === 1;
    const isKnown = !this.#isGuessing || !isLoopback(parseAddress(this.address).host);
    if (!isAlone || isKnown || isLoopback(link.local.host)) return;
    this.#introduce(this.#seenThrough(link), this.#options.name);
    belonging.stop();
    this.#enter({ cluster: belonging.cluster, leadership: undefined, isFounder: true });
  }
}

function falseIfRetryable(error: unknown): false {
  if (error instanceof ClusterError && error.retryable) return false;
  throw error;
}
