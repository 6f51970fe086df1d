import {
  isHardEvidence,
  type Machine,
  type Millis,
  type NodeId,
  type Random,
} from "../../core/mod.ts";
import { admissionOf } from "./admission.ts";
import { Context } from "./context.ts";
import type { MembershipCounters } from "./counters.ts";
import { Leave } from "./leave.ts";
import { Dissemination } from "./dissemination.ts";
import { AntiEntropy } from "./anti_entropy.ts";
import {
  type Admission,
  type HistoryEvent,
  type MembershipEffect,
  type MembershipInput,
  type SelfDescription,
} from "./interface.ts";
import { MemberTable } from "./member_table.ts";
import type {
  MembershipMessage,
  SyncDigestsMessage,
  SyncMessage,
  SyncPullMessage,
} from "./messages.ts";
import { ownRecord } from "./own_record.ts";
import { parseMessage, parseRecord } from "./parse.ts";
import { Prober } from "./prober.ts";
import type { Profile } from "./profile.ts";
import { isLive, type Member, type MemberRecord } from "./record.ts";
import { IndirectProbe } from "./indirect_probe.ts";
import { ReturnWatch } from "./return_watch.ts";
import type { MemberEntry } from "./roster.ts";
import { LocalMember } from "./local_member.ts";

/** Periods without running after which a process says so: a pause of one is nothing to speak of. */
const STALL_TOLD_PERIODS = 2;

/** What a membership machine is made of. */
export interface MembershipOptions {
  /** This node. */
  self: SelfDescription;
  /** One of `PROFILES`. */
  profile: Profile;
  /** Seeded, so that a run can be replayed. */
  random: Random;
  /** Whether Lifeguard's parts are on (default `true`); off is plain SWIM, for comparison. */
  lifeguard?: boolean;
}

/** Who is here: one node's part in it (`mod.ts` says how it works). */
export class Membership implements Machine<MembershipInput, MembershipEffect> {
  readonly #context: Context;
  readonly #dissemination: Dissemination;
  readonly #standing: LocalMember;
  readonly #knowledge: MemberTable;
  readonly #prober: Prober;
  readonly #relay: IndirectProbe;
  readonly #exchange: AntiEntropy;
  readonly #departure: Leave;
  readonly #returns: ReturnWatch;
  #isStarted = false;

  /**
   * A machine that waits for its first input.
   *
   * @throws {TypeError} when the node's own id, name, address or metadata would be refused by
   * others.
   */
  constructor(options: MembershipOptions) {
    const self = ownRecord(options.self);
    const { profile, random, lifeguard = true } = options;
    const context = new Context(self, profile, random, lifeguard);
    const dissemination = new Dissemination(context);
    const standing = new LocalMember(context, dissemination);
    const knowledge = new MemberTable(context, dissemination, standing);
    const prober = new Prober(context, dissemination, knowledge, (id) => this.#exchange.begin(id));
    this.#context = context;
    this.#dissemination = dissemination;
    this.#standing = standing;
    this.#knowledge = knowledge;
    this.#prober = prober;
    this.#relay = new IndirectProbe(context, dissemination, () => prober.nextSequence());
    this.#exchange = new AntiEntropy(
      context,
      dissemination,
      knowledge,
      (id) => prober.probeGone(id),
    );
    this.#departure = new Leave(context, dissemination, standing);
    this.#returns = new ReturnWatch(context, (id) => prober.probeGone(id));
  }

  /** Takes one input. After `left` or `forced-out` nothing has any effect. */
  handle(now: Millis, input: MembershipInput): MembershipEffect[] {
    const context = this.#context;
    if (context.phase === "out") return [];
    context.now = now;
    this.#start();
    this.#checkLateness();
    this.#dispatch(input);
    context.timers.runDue(now);
    this.#standing.review();
    this.#returns.review();
    return context.takeEffects();
  }

  /** When the next timer is due; 0 before the first input: at once. */
  nextDeadline(): Millis | undefined {
    return this.#isStarted ? this.#context.timers.next() : 0;
  }

  /** Every member that is known, in whatever state, this one too, in the order of their joining. */
  members(): Member[] {
    const { roster } = this.#context;
    return Array.from(roster.entries(), (entry) => roster.view(entry));
  }

  /** The members that are alive, this one too. */
  alive(): Member[] {
    return this.members().filter((member) => member.state === "alive");
  }

  /** One member, in whatever state. */
  member(id: NodeId): Member | undefined {
    const { roster } = this.#context;
    const entry = roster.get(id);
    return entry === undefined ? undefined : roster.view(entry);
  }

  /** The live member of that name, else the latest of that name that is gone. */
  memberByName(name: string): Member | undefined {
    const { roster } = this.#context;
    let found = roster.holderOfName(name);
    if (found === undefined) {
      for (const id of roster.departed) {
        const entry = roster.get(id);
        if (entry?.record.name === name) found = entry;
      }
    }
    return found === undefined ? undefined : roster.view(found);
  }

  /** This node. */
  self(): Member {
    const { roster } = this.#context;
    return roster.view(roster.self);
  }

  /** This node's own record, as it goes into a request to join. */
  selfRecord(): MemberRecord {
    return this.#context.roster.self.record;
  }

  /** What this node did and met; a copy. */
  counters(): MembershipCounters {
    const { counters } = this.#context;
    return { ...counters, sent: { ...counters.sent }, received: { ...counters.received } };
  }

  /** How much this node doubts itself: 0 (healthy) to 8. */
  healthScore(): number {
    return this.#context.health.score;
  }

  /** Members that are alive or suspect, this one too. */
  liveCount(): number {
    return this.#context.roster.liveCount;
  }

  /** Smoothed milliseconds to a member and back, once it answered a probe. */
  roundTripMs(id: NodeId): number | undefined {
    return this.#context.roster.get(id)?.roundTripMs;
  }

  /** What led to a member's present state, oldest first, at most `HISTORY_EVENTS`. */
  history(id: NodeId): readonly HistoryEvent[] {
    return this.#context.roster.get(id)?.history.slice() ?? [];
  }

  /** Every record that is known: the answer to a join. */
  snapshot(): MemberRecord[] {
    return this.#exchange.snapshot();
  }

  /**
   * Whether a node may join.
   *
   * @param isAddressVerified whether the shell has found that the member that had the address is
   * gone (it dialled, and was refused or met the new node); default `false`.
   */
  admission(record: unknown, isAddressVerified = false): Admission {
    const parsed = parseRecord(record);
    if (parsed.ok) return admissionOf(this.#context.roster, parsed.value, isAddressVerified);
    const message = `Cannot join: the record is malformed (${parsed.reason})`;
    return { ok: false, code: "BAD_MESSAGE", message };
  }

  #start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    const { roster, now } = this.#context;
    roster.self.since = now;
    roster.note(roster.self, now, "started", []);
    this.#prober.start();
    this.#exchange.start();
  }

  /**
   * A deadline that is long past means that this process did not run; the others are not to blame.
   */
  #checkLateness(): void {
    const { timers, profile, now, counters, health } = this.#context;
    const next = timers.next();
    if (next === undefined || now - next <= profile.probeTimeoutMs) return;
    counters.lateTicks++;
    health.add(1);
    this.#prober.discard();
    this.#relay.discard();
    timers.shift(now - next);
    this.#knowledge.shift(now - next);
    if (this.#isMember && now - next > STALL_TOLD_PERIODS * profile.probeIntervalMs) {
      this.#standing.stalled(now - next);
    }
  }

  #dispatch(input: MembershipInput): void {
    const { roster, now } = this.#context;
    switch (input.type) {
      case "tick":
        return;
      case "message":
        return this.#receive(input.from, input.message);
      case "join":
        return this.#join(input.members, input.through);
      case "admit":
        return this.#admit(input.member);
      case "leave":
        return this.#departure.begin();
      case "remove":
        if (input.node !== roster.selfId) return this.#knowledge.remove(input.node);
        return this.#standing.forceOut("REMOVED", "an operator removed it");
      case "describe":
        return this.#describe(input.tags, input.services, input.isUndialable);
      case "readdress":
        return this.#readdress(input.name, input.address, input.cause);
      case "link-broken": {
        const entry = roster.get(input.node);
        if (entry === undefined || !isLive(entry.record.state) || !this.#isMember) return;
        if (input.node === roster.selfId) return;
        roster.note(entry, now, `its link broke (${input.kind})`, [roster.selfId]);
        return this.#prober.probeAtOnce(input.node);
      }
      case "unreachable": {
        const entry = roster.get(input.node);
        if (isHardEvidence(input.kind) && entry !== undefined) this.#relay.refused(entry);
        if (entry === undefined || input.node === roster.selfId || !this.#isMember) return;
        return this.#prober.unreachable(entry, input.kind);
      }
    }
  }

  #exchangeWith(message: SyncMessage | SyncDigestsMessage | SyncPullMessage, from: NodeId): void {
    if (!this.#isMember) return;
    if (message.type === "sync") this.#exchange.compare(message, from);
    else if (message.type === "sync-digests") this.#exchange.pull(message, from);
    else this.#exchange.give(message, from);
  }

  get #isMember(): boolean {
    return this.#context.phase === "member";
  }

  #join(members: readonly unknown[], through: NodeId | undefined): void {
    const { roster } = this.#context;
    for (const given of members) {
      const parsed = parseRecord(given);
      if (parsed.ok) {
        this.#knowledge.merge(parsed.value, roster.selfId, "join", "it was here when we joined");
      } else this.#context.reject(roster.selfId, parsed.reason);
    }
    if (!this.#isMember) return;
    this.#standing.announce();
    // Who let us in is there for certain; of the others we know by hearsay.
    const [partner = through] = through === undefined ? roster.live.draw(1, () => true) : [];
    if (partner !== undefined) this.#exchange.begin(partner);
  }

  #admit(member: MemberRecord): void {
    const { roster } = this.#context;
    this.#knowledge.merge(member, roster.selfId, "gossip", "it joined through us");
    const entry = roster.get(member.id);
    if (entry === undefined || !this.#isMember) return;
    // We are the origin of this news, whatever we believed of an earlier life of it.
    this.#dissemination.announce(entry.record, true);
  }

  /** @throws {RangeError} when the metadata is larger than others would take. */
  #describe(tags?: Record<string, string>, services?: string[], isUndialable?: boolean): void {
    if (!this.#isMember) return;
    const own = this.#context.roster.self.record;
    const parsed = parseRecord({
      ...own,
      tags: tags ?? own.tags,
      services: services ?? own.services,
    });
    if (!parsed.ok) throw new RangeError(`Invalid tags or services: ${parsed.reason}`);
    this.#standing.describe(tags, services, isUndialable);
  }

  /** @throws {TypeError} when others would refuse the name or the address. */
  #readdress(name: string, address: string, cause: string): void {
    if (!this.#isMember) return;
    const own = this.#context.roster.self.record;
    if (own.name === name && own.address === address) return;
    const parsed = parseRecord({ ...own, name, address });
    if (!parsed.ok) throw new TypeError(`Invalid name or address: ${parsed.reason}`);
    this.#standing.readdress(name, address, cause);
  }

  #receive(from: NodeId, given: unknown): void {
    const { roster, counters } = this.#context;
    const parsed = parseMessage(given);
    if (!parsed.ok) return this.#context.reject(from, parsed.reason);
    if (from === roster.selfId) return this.#context.reject(from, "a message from ourselves");
    const { message, refusals } = parsed.value;
    for (const reason of refusals) this.#context.reject(from, reason);
    counters.received[message.type]++;
    const removed = roster.get(from);
    // Whoever was removed has no say any more; it is told so.
    if (removed?.record.forced) return this.#dissemination.tell(from, removed.record);
    for (const record of message.gossip) this.#knowledge.merge(record, from, "gossip");
    if (this.#context.phase === "out") return;
    const entry = roster.get(from);
    if (entry !== undefined) this.#prober.heardFrom(entry);
    this.#answer(message, from);
    this.#departure.review();
    if (this.#isMember && entry === undefined && !message.type.startsWith("sync")) {
      this.#exchange.meetStranger(from);
    }
    if (entry !== undefined && message.type === "gossip") this.#correct(entry);
  }

  /**
   * Tells a member that speaks while we hold it for dead. Not each time: it tells all when it
   * refutes, and were that of no avail, answers to answers would multiply.
   */
  #correct(entry: MemberEntry): void {
    const { now, profile } = this.#context;
    if (entry.record.state !== "dead" || !this.#isMember) return;
    if (now - (entry.toldAt ?? -Infinity) < profile.probeTimeoutMs) return;
    entry.toldAt = now;
    this.#dissemination.tell(entry.record.id, entry.record);
  }

  #answer(message: MembershipMessage, from: NodeId): void {
    const { roster } = this.#context;
    switch (message.type) {
      case "probe": {
        const { sequence, target } = message;
        if (target !== roster.selfId) {
          return this.#context.reject(from, `a probe of ${target}, who is not here`);
        }
        return this.#dissemination.sendAnyone(from, { type: "ack", sequence, target });
      }
      case "ack":
        if (!this.#relay.ack(message, from)) this.#prober.ack(message, from);
        return;
      case "probe-request":
        return this.#relay.request(message, from);
      case "nack":
        return this.#prober.nack(message, from);
      case "gossip":
        return;
      case "sync":
      case "sync-digests":
      case "sync-pull":
        return this.#exchangeWith(message, from);
      case "sync-records":
        return this.#exchange.take(message, from);
      case "leave":
        if (message.member.id !== from || message.member.state !== "left") {
          return this.#context.reject(from, `a leave of ${message.member.name}`);
        }
        if (message.member.forced) return this.#context.reject(from, "a leave by force");
        this.#knowledge.merge(message.member, from, "gossip");
        return this.#dissemination.sendAnyone(from, {
          type: "leave-ack",
          incarnation: message.member.incarnation,
          leaving: !this.#isMember,
        });
      case "leave-ack":
        return this.#departure.ack(message, from);
    }
  }
}
