import {
  ClusterError,
  type ClusterId,
  type JsonObject,
  LINKS_TO_ALL,
  type Message,
  type Millis,
  type NodeId,
  type Ports,
} from "../core/mod.ts";
import {
  isLive,
  type Member,
  type MemberEvent,
  type MemberRecord,
  Membership,
  type MembershipEffect,
  type MembershipInput,
  type Profile,
  type SelfDescription,
} from "../membership/mod.ts";
import { Directory } from "./directory.ts";
import type { Events } from "./events.ts";
import { type Guest, Guests, parseGuest } from "./guests.ts";
import { MachineRunner } from "./machine_runner.ts";
import type { PeerLinks } from "./peer_links.ts";
import { type MemberRole, type MembersView, type MemberView, viewMember } from "./views.ts";

/** Which cluster a node belongs to, and who leads it. */
export interface ClusterIdentity {
  cluster: ClusterId;
  /** The founder: it is the master for as long as it lives. */
  master: NodeId;
  term: number;
}

/** What belonging to a cluster needs of the node. */
export interface BelongingOwner {
  readonly ports: Ports;
  readonly peers: PeerLinks;
  readonly events: Events;
  /** Our leave is done. */
  left(): void;
  /** The cluster does not have us any more. */
  forcedOut(error: ClusterError): void;
}

/**
 * A node's place in its cluster: runs the membership machine, and shows what it believes.
 *
 * It exists from the moment in which the node founded a cluster or was let into one.
 */
export class Belonging {
  readonly cluster: ClusterId;
  readonly master: NodeId;
  readonly term: number;
  readonly membership: Membership;
  readonly directory: Directory;
  readonly guests: Guests = new Guests();
  readonly #self: NodeId;
  readonly #owner: BelongingOwner;
  readonly #runner: MachineRunner<MembershipInput, MembershipEffect>;

  constructor(
    identity: ClusterIdentity,
    self: SelfDescription,
    profile: Profile,
    owner: BelongingOwner,
  ) {
    this.cluster = identity.cluster;
    this.master = identity.master;
    this.term = identity.term;
    this.#self = self.id;
    this.#owner = owner;
    const { clock, random } = owner.ports;
    this.membership = new Membership({ self, profile, random });
    this.directory = new Directory(this.membership);
    this.#runner = new MachineRunner(
      clock,
      this.membership,
      { type: "tick" },
      (effect) => this.#perform(effect),
    );
    this.tell({ type: "tick" });
  }

  /** Hands the membership machine an input. */
  tell(input: MembershipInput): void {
    this.#runner.input(input);
    if (input.type === "describe") this.directory.changed();
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
    if (guest === undefined) return;
    this.guests.add(guest);
    this.#owner.events.emit({ event: "guest", member: viewGuest(guest) });
  }

  /** Takes no more inputs. */
  stop(): void {
    this.#runner.stop();
  }

  /** The master, while it lives. */
  get liveMaster(): NodeId | undefined {
    const member = this.membership.member(this.master);
    return member !== undefined && isLive(member.state) ? member.id : undefined;
  }

  /** All members and guests, in the order in which they joined. */
  membersView(): MembersView {
    const members = this.membership.members()
      .toSorted((a, b) => (a.id < b.id ? -1 : 1))
      .map((member) => this.view(member));
    return {
      cluster: this.cluster,
      master: this.liveMaster ?? null,
      term: this.term,
      members: [...members, ...this.guests.all().map(viewGuest)],
    };
  }

  /** One member as people see it. */
  view(member: Member): MemberView {
    const role: MemberRole = member.id === this.liveMaster ? "master" : "member";
    return viewMember(member, role, (at) => this.#toWallTime(at));
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

  /** How long this node's probes of a member take. */
  roundTripTo(nodeText: string): JsonObject {
    const member = this.directory.find(nodeText);
    const self = this.membership.member(this.#self);
    return {
      from: self === undefined ? this.#self : self.name,
      to: member.name,
      roundTripMs: member.isSelf ? 0 : this.membership.roundTripMs(member.id) ?? null,
    };
  }

  /** The answer to a node that is let in, before it is. */
  welcomeRecords(limit: number): { members: MemberRecord[]; guests: Guest[] } {
    const records = this.membership.snapshot();
    // The answering node's own record is always among them: the newcomer knows it from the start.
    const self = records.filter((record) => record.id === this.#self);
    const others = records.filter((record) => record.id !== this.#self);
    return { members: [...self, ...others].slice(0, limit), guests: this.guests.all() };
  }

  #perform(effect: MembershipEffect): void {
    const { peers, events } = this.#owner;
    switch (effect.type) {
      case "send":
        return peers.send(effect.to, effect.address, effect.message);
      case "notify":
        return this.#notify(effect.event);
      case "rejected":
        return events.emit({
          event: "warning",
          code: "BAD_MESSAGE",
          message: `Rejected what ${this.#nameOf(effect.from)} told: ${effect.reason}`,
        });
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
    if (event.type === "dead") {
      peers.dropData(member.id, `${member.name} is dead: ${event.cause}`);
      this.guests.forgetHost(member.id);
    }
    if (event.type === "removed") peers.dropData(member.id, `${member.name} was removed`);
    if (event.type === "forgotten") peers.forget(member.id, `${member.name} is forgotten`);
    // Of two members the newer dials, so that they seldom dial each other at once.
    const isClose = this.membership.alive().length <= LINKS_TO_ALL;
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
    if (member.id === this.master) this.#masterChanged(member, event.previous);
  }

  #masterChanged(member: Member, previous: Member["state"] | undefined): void {
    const isLed = isLive(member.state);
    if (previous !== undefined && isLive(previous) === isLed) return;
    this.#owner.events.emit({
      event: "master",
      master: isLed ? member.id : null,
      name: isLed ? member.name : null,
      term: this.term,
      reason: isLed ? `${member.name} is here` : `${member.name} is ${member.state}`,
    });
  }

  #nameOf(node: NodeId): string {
    return this.membership.member(node)?.name ?? node;
  }

  #toWallTime(at: Millis): number {
    const { clock } = this.#owner.ports;
    return clock.wallTime() - (clock.now() - at);
  }
}

function viewGuest(guest: Guest): MemberView {
  return {
    id: guest.id,
    name: `guest-${guest.id}`,
    address: guest.address,
    state: "guest",
    role: "guest",
    tags: {},
    services: [],
    since: new Date(guest.since).toISOString(),
  };
}
