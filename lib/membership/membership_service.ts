import {
  ClusterError,
  type ClusterId,
  type JsonObject,
  LINKS_TO_ALL,
  MachineRunner,
  type Message,
  type Millis,
  type NodeId,
  type Ports,
  type Store,
  supersededOf,
  WHY_MASTER_MS,
} from "../core/mod.ts";
import type { MemberCalls, SystemServices } from "../rpc/mod.ts";
import {
  isLive,
  type Member,
  type MemberEvent,
  type MemberRecord,
  Membership,
  MEMBERSHIP_TYPES,
  type MembershipEffect,
  type MembershipInput,
  type ProfileName,
  PROFILES,
  type SelfDescription,
} from "./swim/mod.ts";
import { Directory } from "./directory.ts";
import { memberServices } from "./member_services.ts";
import { outOfOurReach, reachNotes } from "./reach_notes.ts";
import {
  ConsensusService,
  type GovernanceOwner,
  LeaderHistory,
  type LeaderInfo,
  quorumWarnings,
  VoterChangeFilter,
  type VoterNames,
} from "../consensus/mod.ts";
import { type Guest, Guests, parseGuest } from "../tutorial/mod.ts";
import { type Messages, oneHandler, type PeerPool } from "../transport/mod.ts";
import { viewGuest, viewMember } from "./views.ts";
import type { EventSink, MembersView, MemberView } from "../wire/mod.ts";
import { welcomeRecords } from "./welcome_records.ts";

/** Which cluster a node belongs to, and who led it when it let the node in. */
export interface ClusterIdentity {
  cluster: ClusterId;
  /** `undefined` when nobody has told this node yet. */
  leadership: LeaderInfo | undefined;
  /** Whether this node founds the cluster, unless its store shows that it has already. */
  isFounder: boolean;
}

/** What belonging to a cluster needs of the node. */
export interface BelongingOwner {
  readonly ports: Ports;
  readonly store: Store;
  readonly peers: PeerPool;
  readonly events: EventSink;
  /** What voters are called that membership does not know. */
  readonly names: VoterNames;
  /** Whether this node is about to leave: then it is no news that others do. */
  isLeaving(): boolean;
  /** Calls a service of a member. */
  readonly rpc: MemberCalls;
  /** Our leave is done. */
  left(): void;
  /** Another process may run as this node, there. */
  elsewhere(address: string): void;
  /** The cluster does not have us any more. */
  forcedOut(error: ClusterError): void;
}

/** A node's place in its cluster, once it has one: runs the membership machine, shows what that believes. */
export class MembershipService {
  readonly name = "membership";
  readonly services: SystemServices = memberServices(this);
  readonly messages: Messages = oneHandler(MEMBERSHIP_TYPES, {
    from: "member",
    receive: ({ member }, message) => this.step({ type: "message", from: member, message }),
  });
  readonly cluster: ClusterId;
  readonly membership: Membership;
  readonly governance: ConsensusService;
  readonly directory: Directory;
  readonly guests: Guests = new Guests();
  readonly #mastership = new LeaderHistory();
  readonly #voterNews = new VoterChangeFilter();
  readonly #self: NodeId;
  readonly #owner: BelongingOwner;
  readonly #runner: MachineRunner<MembershipInput, MembershipEffect>;

  constructor(
    identity: ClusterIdentity,
    self: SelfDescription,
    profile: ProfileName,
    owner: BelongingOwner,
  ) {
    this.cluster = identity.cluster;
    this.#self = self.id;
    this.#owner = owner;
    const { clock, random } = owner.ports;
    this.membership = new Membership({ self, profile: PROFILES[profile], random });
    this.directory = new Directory(this.membership);
    this.#runner = new MachineRunner(
      clock,
      this.membership,
      { type: "tick" },
      (effect) => this.#perform(effect),
    );
    const { leadership, isFounder } = identity;
    this.governance = new ConsensusService(this.#governanceOwner(), profile, leadership, isFounder);
  }

  /** Begins: the node is a member from now on, and the master when it founds the cluster. */
  start(): void {
    this.step({ type: "tick" });
    const { master } = this.governance.view;
    if (master !== undefined) this.#recordMaster(master, "it was the master when we joined");
    this.governance.start();
  }

  /** Hands the membership machine an input. */
  step(input: MembershipInput): void {
    this.#runner.input(input);
    if (input.type === "describe" || input.type === "readdress") this.directory.changed();
  }

  /** Sends to every live member over its control link. */
  broadcast(message: Message): void {
    for (const member of this.membership.members()) {
      if (member.isSelf || !isLive(member.state)) continue;
      this.#owner.peers.send(member.id, member.address, message);
    }
  }

  /** A guest said hello to this node: everybody hears of it. */
  introduceGuest(guest: Pick<Guest, "id" | "address">): void {
    const introduced = { ...guest, host: this.#self, since: this.#owner.ports.clock.wallTime() };
    this.hearOfGuest(introduced);
    this.broadcast({ type: "guest", guest: introduced });
  }

  /** Another member tells of a guest. */
  hearOfGuest(value: unknown): void {
    const guest = parseGuest(value, (id) => this.membership.member(id) !== undefined);
    if (guest === undefined || this.membership.member(guest.id) !== undefined) return;
    this.guests.add(guest);
    this.#owner.events.emit({ event: "guest", member: viewGuest(guest) });
  }

  /** Takes no more inputs. */
  stop(): void {
    this.governance.stop();
    this.#runner.stop();
  }

  /** All members and guests, in the order in which they joined. */
  membersView(): MembersView {
    const known = this.membership.members();
    const superseded = supersededOf(known);
    const members = known
      .toSorted((a, b) => (a.id < b.id ? -1 : 1))
      .map((member) => {
        const view = this.view(member);
        return superseded.has(member.id) ? { ...view, superseded: true as const } : view;
      });
    return {
      cluster: this.cluster,
      master: this.governance.master ?? null,
      term: this.governance.view.term,
      members: [...members, ...this.guests.all().map(viewGuest)],
    };
  }

  /** One member as people see it. */
  view(member: Member): MemberView {
    return viewMember(member, this.governance.roleOf(member.id), (at) => this.#toWallTime(at));
  }

  /** The names of the voters, for people. */
  voterNames(): string[] {
    return this.governance.view.voters.map((id) => this.nameOf(id));
  }

  /** What a person should know of who votes, and of who cannot be dialled. */
  notes(): string[] {
    return [...this.#voterNotes(), ...reachNotes(this.membership.members())];
  }

  #voterNotes(): string[] {
    const { master, view: { voters, learners }, counts, departures } = this.governance;
    const members = this.membership.members();
    const missing = this.governance.missingVoters();
    const hasCopy = this.governance.hasCopy();
    const second = this.governance.secondCopy();
    const view = { members, master, voters, learners, missing, hasCopy, counts, second };
    const pace = this.governance.paceAdvice();
    return [
      ...quorumWarnings(view),
      ...departures.notes,
      ...(pace === undefined ? [] : [pace.text]),
    ];
  }

  /** The recorded events that led to a member's present state. */
  historyOf(nodeText: string): JsonObject {
    const member = this.directory.find(nodeText);
    const events = this.membership.history(member.id).map(({ at, ...event }) => ({
      time: new Date(this.#toWallTime(at)).toISOString(),
      ...event,
    }));
    return { member: this.view(member), events };
  }

  /** Why the master is the master, as it recorded it itself, or else as this node did. */
  async whyMaster(): Promise<JsonObject> {
    const { master } = this.governance;
    if (master === undefined || master === this.#self) return this.masterHistory();
    try {
      const request = { service: "muster.why", body: null, timeoutMs: WHY_MASTER_MS };
      return await this.#owner.rpc.call(master, request) as JsonObject;
    } catch {
      // It may be on its way out: what this node saw of it is the second best.
      return this.masterHistory();
    }
  }

  /** The recorded changes of who leads, and what led to the present state of the master before. */
  masterHistory(): JsonObject {
    const master = this.governance.master;
    const member = master === undefined ? undefined : this.membership.member(master);
    const predecessor = this.#mastership.predecessorOf(master);
    const isKnown = predecessor !== undefined && this.membership.member(predecessor) !== undefined;
    return {
      recordedBy: this.nameOf(this.#self),
      member: member === undefined ? null : this.view(member),
      term: this.governance.view.term,
      voters: this.voterNames(),
      events: this.#mastership.changes.map(({ at, master, term, reason }) => ({
        time: new Date(this.#toWallTime(at)).toISOString(),
        master: master ?? null,
        name: master === undefined ? null : this.nameOf(master),
        term,
        reason,
      })),
      predecessor: isKnown ? this.historyOf(predecessor) : null,
    };
  }

  /** How long this node's probes of a member take. */
  roundTripTo(nodeText: string): JsonObject {
    const member = this.directory.find(nodeText);
    const self = this.membership.member(this.#self);
    return {
      from: self === undefined ? this.#self : self.name,
      to: member.name,
      state: member.state,
      roundTripMs: member.isSelf ? 0 : this.membership.roundTripMs(member.id) ?? null,
    };
  }

  /** The answer to a node that is let in, before it is. */
  welcome(): { members: MemberRecord[]; guests: Guest[] } {
    const members = welcomeRecords(this.membership.snapshot(), this.#self);
    return { members, guests: this.guests.all() };
  }

  #perform(effect: MembershipEffect): void {
    const { peers } = this.#owner;
    switch (effect.type) {
      case "send":
        return peers.send(effect.to, effect.address, effect.message, effect.isLook);
      case "relink":
        return peers.disconnect(effect.node, "it carries nothing, though others reach the member");
      case "reach": {
        this.directory.changed();
        const member = this.membership.member(effect.node);
        if (!effect.isTold || member === undefined) return;
        return this.#warn("UNREACHABLE", outOfOurReach([member]));
      }
      case "notify":
        return this.#notify(effect.event);
      case "rejected":
        return this.#rejected(effect.from, "told", effect.reason);
      case "elsewhere":
        return this.#owner.elsewhere(effect.address);
      case "forced-out":
        return this.#owner.forcedOut(new ClusterError(effect.code, effect.reason));
      case "left":
        return this.#owner.left();
    }
  }

  #notify(event: MemberEvent): void {
    const { peers, events } = this.#owner;
    const { member } = event;
    this.directory.changed();
    const { previous } = event;
    const isBack = isLive(member.state) && previous !== undefined && !isLive(previous);
    this.governance.memberChanged(member, isBack);
    if (event.type === "left" || event.type === "removed") this.guests.forgetHost(member.id);
    if (event.type === "dead") {
      peers.disconnect(member.id, `${member.name} is dead: ${event.cause}`);
      this.guests.forgetHost(member.id);
    }
    if (event.type === "removed") peers.closeData(member.id, `${member.name} was removed`);
    if (event.type === "forgotten") peers.forget(member.id, `${member.name} is forgotten`);
    // Of two members the newer dials, so that they seldom dial each other at once.
    const isClose = this.membership.liveCount() <= LINKS_TO_ALL;
    if (isLive(member.state) && isClose && this.#self > member.id) {
      peers.connect(member.id, member.address);
    }
    events.emit({
      event: "member",
      change: event.type,
      member: this.view(member),
      ...(event.previous === undefined ? {} : { previous: event.previous }),
      cause: event.cause,
      by: event.by,
    });
    const wasLed = event.previous === undefined || isLive(event.previous);
    const isLed = isLive(member.state);
    // A stalled master that nobody has replaced is the master again when it comes back.
    if (member.id === this.governance.view.master && wasLed !== isLed) {
      const reason = `${member.name} is ${member.state}: ${event.cause}`;
      this.#tellMaster(isLed ? member.id : undefined, reason);
    }
    this.#tellVoters();
  }

  #governanceOwner(): GovernanceOwner {
    const { ports, peers, events } = this.#owner;
    return {
      id: this.#self,
      ports,
      store: this.#owner.store,
      members: () => this.membership.members(),
      member: (id) => this.membership.member(id),
      names: this.#owner.names,
      send: (to, message) => {
        const address = this.membership.member(to)?.address;
        if (address !== undefined) peers.send(to, address, message);
      },
      flush: () => peers.flush(),
      broadcast: (message) => this.broadcast(message),
      rpc: this.#owner.rpc,
      changed: (view, previous, reason) => {
        this.directory.changed();
        if (view.master !== previous.master || view.term !== previous.term) {
          this.#tellMaster(view.master, reason);
        }
        this.#tellVoters();
      },
      rejected: (from, reason) => this.#rejected(from, "sent", reason),
      warn: (message, code = "NO_QUORUM") => events.emit({ event: "warning", code, message }),
      failed: (error) => this.#owner.forcedOut(error),
    };
  }

  #recordMaster(master: NodeId | undefined, reason: string): boolean {
    const { term } = this.governance.view;
    return this.#mastership.record({ at: this.#owner.ports.clock.now(), master, term, reason });
  }

  #tellMaster(master: NodeId | undefined, reason: string): void {
    if (!this.#recordMaster(master, reason)) return;
    this.#owner.events.emit({
      event: "master",
      master: master ?? null,
      name: master === undefined ? null : this.nameOf(master),
      term: this.governance.view.term,
      reason,
    });
  }

  #tellVoters(): void {
    const { master, view: { voters } } = this.governance;
    // Between two masters there is none for a moment: that is no news while a majority lives.
    const isPassing = master === undefined && !this.governance.isMajorityDead();
    // Of more than one voter there is nothing to note while there is a master: a large cluster's events
    // each cost so little.
    const isPlain = master !== undefined && voters.length > 1;
    const isQuiet = isPassing || isPlain || this.#owner.isLeaving();
    const notes = isQuiet ? [] : this.#voterNotes();
    if (!this.#voterNews.isNews(voters, notes)) return;
    const names = this.voterNames();
    this.#owner.events.emit({ event: "voters", voters: [...voters], names, notes });
  }

  #rejected(from: NodeId, how: string, reason: string): void {
    this.#warn("BAD_MESSAGE", `Rejected what ${this.nameOf(from)} ${how}: ${reason}`);
  }

  #warn(code: string, message: string): void {
    this.#owner.events.emit({ event: "warning", code, message });
  }

  /** What a member is called, or was. */
  nameOf(node: NodeId): string {
    return this.#owner.names.of(node, this.membership.member(node)).name;
  }

  #toWallTime(at: Millis): number {
    const { clock } = this.#owner.ports;
    return clock.wallTime() - (clock.now() - at);
  }
}
