import {
  ClusterError,
  type ClusterId,
  invariant,
  type JsonObject,
  LINKS_TO_ALL,
  MachineRunner,
  type Message,
  type Millis,
  type NodeId,
  Signal,
} from "../core/mod.ts";
import type { NodeContext } from "../part/mod.ts";
import type { SystemServices } from "../rpc/mod.ts";
import { type Messages, oneHandler, type PeerPool } from "../transport/mod.ts";
import { Directory } from "./directory.ts";
import { outOfOurReach } from "./reach_notes.ts";
import { roundTripService } from "./round_trip_service.ts";
import {
  hasLeftInOrder,
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
import { welcomeRecords } from "./welcome_records.ts";

/** What a part above membership tells a node that is let in, and reads when this node is. */
export interface WelcomeSection {
  /** Its fields of the answer to a join. */
  welcome(): JsonObject;
  /** Reads them in the answer that this node got. */
  welcomed(answer: Readonly<Record<string, unknown>>): void;
}

/**
 * Who is here, as this node believes: runs the membership machine, and tells those who subscribe
 * what changes.
 *
 * Before the node has a place in a cluster there is nobody.
 */
export class MembershipService {
  /** Its section of `status`. */
  readonly name = "membership";
  /** What members say of who is here. */
  readonly messages: Messages = oneHandler(MEMBERSHIP_TYPES, {
    from: "member",
    receive: ({ member }, message) => this.step({ type: "message", from: member, message }),
  });
  /** What other members ask it. */
  readonly services: SystemServices = roundTripService(this);
  /** A member came, went or changed. */
  readonly onChange: Signal<[event: MemberEvent]> = new Signal();
  /** Another process may run as this node, at that address. */
  readonly onElsewhere: Signal<[address: string]> = new Signal();
  /** The others have seen that this node leaves. */
  readonly onLeft: Signal = new Signal();
  /** Finds members by what people call them, and by what they offer. */
  readonly directory: Directory = new Directory(this);
  readonly #context: NodeContext;
  readonly #profile: ProfileName;
  readonly #peers: PeerPool;
  readonly #sections: WelcomeSection[] = [];
  /** Invariant: set once, by `enter`. */
  #place: {
    readonly cluster: ClusterId;
    readonly machine: Membership;
    readonly runner: MachineRunner<MembershipInput, MembershipEffect>;
  } | undefined;
  #isStopped = false;

  /** Knows of nobody yet. */
  constructor(context: NodeContext, profile: ProfileName, peers: PeerPool) {
    this.#context = context;
    this.#profile = profile;
    this.#peers = peers;
    peers.addressBook = {
      addressOf: (node) => this.member(node)?.address,
      hasLeftInOrder: (node) => hasLeftInOrder(this.members(), node),
    };
  }

  /**
   * Takes the node's place in a cluster: once in the life of its process.
   *
   * @param self what the node says of itself.
   */
  enter(cluster: ClusterId, self: SelfDescription): void {
    invariant(this.#place === undefined, "a node enters a cluster once");
    const { clock, random } = this.#context.ports;
    const machine = new Membership({ self, profile: PROFILES[this.#profile], random });
    const perform = (effect: MembershipEffect) => this.#perform(effect);
    const runner = new MachineRunner(clock, machine, { type: "tick" }, perform);
    this.#place = { cluster, machine, runner };
  }

  /** Begins to look after the others. */
  joined(): void {
    this.step({ type: "tick" });
  }

  /** The cluster that the node belongs to; `undefined` while it joins. */
  get cluster(): ClusterId | undefined {
    return this.#place?.cluster;
  }

  /**
   * The membership machine.
   *
   * @throws {ClusterError} as `checkMember`.
   */
  get machine(): Membership {
    this.checkMember();
    return (this.#place as { machine: Membership }).machine;
  }

  /**
   * Checks that the node is a member.
   *
   * @throws {ClusterError} `NOT_A_MEMBER` while it joins, `SHUTTING_DOWN` once it has left.
   */
  checkMember(): void {
    if (this.#isStopped) throw new ClusterError("SHUTTING_DOWN", "This node has left");
    if (this.#place !== undefined) return;
    throw new ClusterError("NOT_A_MEMBER", "This node is still joining a cluster");
  }

  /** All members that the node knows of, itself too; nobody while it joins. */
  members(): Member[] {
    return this.#place?.machine.members() ?? [];
  }

  /** One member; `undefined` when there is none of that id. */
  member(id: NodeId): Member | undefined {
    return this.#place?.machine.member(id);
  }

  /**
   * Hands the membership machine an input; before the node has a place there is nothing that it
   * could mean.
   */
  step(input: MembershipInput): void {
    this.#place?.runner.input(input);
    if (input.type === "describe" || input.type === "readdress") this.directory.changed();
  }

  /** Sends a member a message over its control link; best effort. */
  send(to: NodeId, message: Message): void {
    const address = this.member(to)?.address;
    if (address !== undefined) this.#peers.send(to, address, message);
  }

  /** Sends to every live member over its control link. */
  broadcast(message: Message): void {
    for (const member of this.members()) {
      if (member.isSelf || !isLive(member.state)) continue;
      this.#peers.send(member.id, member.address, message);
    }
  }

  /** How long this node's probes of a member take. */
  roundTripTo(nodeText: string): JsonObject {
    const { machine } = this;
    const member = this.directory.find(nodeText);
    const self = machine.member(this.#context.id);
    return {
      from: self === undefined ? this.#context.id : self.name,
      to: member.name,
      state: member.state,
      roundTripMs: member.isSelf ? 0 : machine.roundTripMs(member.id) ?? null,
    };
  }

  /** Adds what a part above tells the nodes that are let in. */
  addWelcome(section: WelcomeSection): void {
    this.#sections.push(section);
  }

  /** The answer to a node that is let in, before it is. */
  welcome(): { members: MemberRecord[] } {
    const members = welcomeRecords(this.machine.snapshot(), this.#context.id);
    return Object.assign({ members }, ...this.#sections.map((section) => section.welcome()));
  }

  /** Hands on what the answer to this node's own join says beside the members. */
  welcomed(answer: Readonly<Record<string, unknown>>): void {
    for (const section of this.#sections) section.welcomed(answer);
  }

  /** The wall time of a moment on the node's monotonic clock, in milliseconds since 1970. */
  wallTimeOf(at: Millis): number {
    const { clock } = this.#context.ports;
    return clock.wallTime() - (clock.now() - at);
  }

  /** What it counts, and how well this node itself keeps up. */
  status(): { health: number; counters: JsonObject } {
    const machine = this.#place?.machine;
    return { health: machine?.healthScore() ?? 0, counters: { ...machine?.counters() } };
  }

  /** Takes no more inputs. */
  stop(): void {
    this.#isStopped = true;
    this.#place?.runner.stop();
  }

  #perform(effect: MembershipEffect): void {
    const peers = this.#peers;
    switch (effect.type) {
      case "send":
        return peers.send(effect.to, effect.address, effect.message, effect.isLook);
      case "relink":
        return peers.disconnect(effect.node, "it carries nothing, though others reach the member");
      case "reach": {
        this.directory.changed();
        const member = this.member(effect.node);
        if (!effect.isTold || member === undefined) return;
        return this.#warn("UNREACHABLE", outOfOurReach([member]));
      }
      case "notify":
        return this.#notify(effect.event);
      case "rejected": {
        const from = this.member(effect.from)?.name ?? effect.from;
        return this.#warn("BAD_MESSAGE", `Rejected what ${from} told: ${effect.reason}`);
      }
      case "elsewhere":
        return this.onElsewhere.emit(effect.address);
      case "forced-out":
        return this.#context.fail(new ClusterError(effect.code, effect.reason));
      case "left":
        return this.onLeft.emit();
    }
  }

  #notify(event: MemberEvent): void {
    const { member, type, cause } = event;
    this.directory.changed();
    this.onChange.emit(event);
    const peers = this.#peers;
    if (type === "dead") peers.disconnect(member.id, `${member.name} is dead: ${cause}`);
    if (type === "removed") peers.closeData(member.id, `${member.name} was removed`);
    if (type === "forgotten") peers.forget(member.id, `${member.name} is forgotten`);
    // Of two members the newer dials, so that they seldom dial each other at once.
    const isClose = (this.#place?.machine.liveCount() ?? 0) <= LINKS_TO_ALL;
    if (isLive(member.state) && isClose && this.#context.id > member.id) {
      peers.connect(member.id, member.address);
    }
  }

  #warn(code: string, message: string): void {
    this.#context.events.emit({ event: "warning", code, message });
  }
}
