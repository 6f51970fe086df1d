import {
  type HardEvidence,
  isHardEvidence,
  type Millis,
  type NodeId,
  randomBetween,
  type UnreachableKind,
} from "../../core/mod.ts";
import { OUT_OF_REACH_TOLD_MS, REFUSED_RETRIES, RELAYED_ACKS } from "./limits.ts";
import type { Context } from "./context.ts";
import type { Dissemination } from "./dissemination.ts";
import type { MemberTable } from "./member_table.ts";
import type { AckMessage, NackMessage } from "./messages.ts";
import { isLive } from "./record.ts";
import { forgetRefusals, isBeyondDials, type MemberEntry } from "./roster.ts";
import type { MachineTimer } from "./timers.ts";

/** Weight of one measurement in the smoothed round-trip time (that of TCP's, RFC 6298). */
const ROUND_TRIP_GAIN = 1 / 8;

/** Why a member is held for gone from its address. */
const REFUSALS: Readonly<Record<HardEvidence, string>> = {
  "refused": "nothing listens at its address",
  "other-node": "another node listens at its address",
  "other-cluster": "a node of another cluster listens at its address",
  "not-muster": "what listens at its address is not Muster",
};

/** Periods after which a newcomer is probed for the first time: its machine is busy starting. */
const NEWCOMER_PERIODS = 2;

/** A probe that waits for its ack. */
interface Probe {
  readonly sequence: number;
  readonly target: NodeId;
  readonly sentAt: Millis;
  /** Of the dead: an ack means that a partition healed, and no ack means nothing. */
  readonly isReconnect: boolean;
  /** The helpers that were asked, and whether each answered with a nack. */
  readonly helpers: Map<NodeId, boolean>;
  /** Our own dial was refused: the round goes on for the helpers' sake. */
  isRefused: boolean;
  askTimer?: MachineTimer;
  endTimer?: MachineTimer;
}

/** The rounds of probes, and what they say of their targets (SWIM §3.1, §4.1; Lifeguard §IV-A). */
export class Prober {
  readonly #context: Context;
  readonly #dissemination: Dissemination;
  readonly #knowledge: MemberTable;
  /** One of the dead answered. */
  readonly #reunited: (id: NodeId) => void;
  readonly #probes = new Map<number, Probe>();
  /** At most one probe a target; the same objects as in `#probes`. */
  readonly #byTarget = new Map<NodeId, Probe>();
  #sequence = 0;

  constructor(
    context: Context,
    dissemination: Dissemination,
    knowledge: MemberTable,
    reunited: (id: NodeId) => void,
  ) {
    this.#context = context;
    this.#dissemination = dissemination;
    this.#knowledge = knowledge;
    this.#reunited = reunited;
  }

  /** Begins the rounds, at a random moment of the first period, so that members are not in step. */
  start(): void {
    const { random, profile } = this.#context;
    this.#context.after(randomBetween(random, 0, profile.probeIntervalMs), () => this.#period());
  }

  /** A number that no other probe or relay of this node bears. */
  nextSequence(): number {
    return ++this.#sequence;
  }

  /** Whether a member is being probed. */
  isProbing(id: NodeId): boolean {
    return this.#byTarget.has(id);
  }

  /** Starts a round at once: the direct probe and the helpers' together. */
  probeAtOnce(id: NodeId): void {
    const probe = this.#byTarget.get(id) ?? this.#probe(id, false);
    this.#askHelpers(probe);
  }

  /** Asks one of the gone whether it is back. */
  probeGone(id: NodeId): void {
    const probe = this.#byTarget.get(id);
    if (probe?.isReconnect) return;
    // One of the time before it went asks for what nobody wants to know any more.
    if (probe !== undefined) this.#end(probe);
    this.#probe(id, true);
  }

  /** Dialling a member failed. */
  unreachable(entry: MemberEntry, kind: UnreachableKind): void {
    const { id, state } = entry.record;
    if (!isLive(state)) return this.#isNotBack(entry, kind);
    if (!isHardEvidence(kind)) {
      const probe = this.#byTarget.get(id);
      if (probe !== undefined) this.#askHelpers(probe);
      return;
    }
    if (isBeyondDials(entry)) return this.#refusedAgain(entry);
    const { roster, now, profile, timers } = this.#context;
    const cause = REFUSALS[kind];
    const count = (entry.refusals?.count ?? 0) + 1;
    const firstAt = entry.refusals?.firstAt ?? now;
    if (entry.refusals !== undefined) entry.refusals.retry.isCancelled = true;
    // However often it is refuted, our own dials make it suspect once a period.
    const mayAccuseAt = (entry.refusedAt ?? -Infinity) + profile.probeIntervalMs;
    const isHasty = entry.suspicion === undefined && now < mayAccuseAt;
    const retryAt = isHasty ? mayAccuseAt : now + profile.refusedRetryMs;
    entry.refusals = { count, firstAt, retry: timers.set(retryAt, () => this.#retry(entry)) };
    if (!isHasty) {
      if (entry.suspicion === undefined) entry.refusedAt = now;
      this.#knowledge.suspect(entry, roster.selfId, "refused", cause);
      if (!isLive(entry.record.state)) return;
    }
    // A margin for shells whose timers are early by a little.
    const isLater = now - firstAt >= profile.refusedRetryMs * 0.7;
    if (count >= 2 && isLater && this.#witnesses(id, 1).length === 0) {
      const again = `${cause}, twice, and nobody else is alive to ask`;
      this.#knowledge.declareDead(entry, again, [roster.selfId], "all");
      return;
    }
    if (!this.#byTarget.has(id)) this.#register(id, false);
    const probe = this.#byTarget.get(id) as Probe;
    probe.isRefused = true;
    this.#askHelpers(probe);
  }

  /**
   * One of the gone is not back; of what is at its address instead, what helps a person is noted.
   */
  #isNotBack(entry: MemberEntry, kind: UnreachableKind): void {
    const probe = this.#byTarget.get(entry.record.id);
    if (probe?.isReconnect) this.#end(probe);
    if (kind !== "other-cluster" && kind !== "not-muster") return;
    if (entry.history.at(-1)?.cause === REFUSALS[kind]) return;
    const { roster, now } = this.#context;
    roster.note(entry, now, REFUSALS[kind], [roster.selfId]);
  }

  /** Whatever a member sends proves that there is a link to it. */
  heardFrom(entry: MemberEntry): void {
    forgetRefusals(entry);
    if (entry.isOutOfReach === undefined) return;
    delete entry.isOutOfReach;
    this.#context.emit({
      type: "reach",
      node: entry.record.id,
      isOutOfReach: false,
      isTold: false,
    });
  }

  /**
   * Refused by one that is there: people hear of it, and the probe under way asks helpers at once.
   */
  #refusedAgain(entry: MemberEntry): void {
    const { id } = entry.record;
    const { now } = this.#context;
    const probe = this.#byTarget.get(id);
    if (probe !== undefined) this.#askHelpers(probe);
    const isTold = now - (entry.reachToldAt ?? -Infinity) >= OUT_OF_REACH_TOLD_MS;
    // Of one that nobody can dial all have been told.
    if (entry.isOutOfReach === undefined || entry.record.undialable || !isTold) return;
    entry.reachToldAt = now;
    this.#context.emit({ type: "reach", node: id, isOutOfReach: true, isTold });
  }

  /** Takes an ack, if it answers what we asked of the member that sent it. */
  ack(message: AckMessage, from: NodeId): void {
    const probe = this.#probes.get(message.sequence);
    // Old ones are common after a late tick or a slow answer; they prove nothing and harm nobody.
    if (probe === undefined) return;
    const isDirect = probe.target === from;
    if (message.target !== probe.target || !(isDirect || probe.helpers.has(from))) {
      return this.#context.reject(from, `ack of a probe of ${this.#context.nameOf(probe.target)}`);
    }
    this.#end(probe);
    if (probe.isReconnect) return this.#reunited(probe.target);
    this.#context.health.add(-1);
    const entry = this.#context.roster.get(probe.target);
    if (entry === undefined) return;
    if (!isDirect) return this.#relayed(entry);
    entry.relayedAcks = 0;
    const measured = this.#context.now - probe.sentAt;
    entry.roundTripMs = entry.roundTripMs === undefined
      ? measured
      : entry.roundTripMs + (measured - entry.roundTripMs) * ROUND_TRIP_GAIN;
  }

  /**
   * The member is there, and our own way to it is not: once is a slow moment, again is a broken
   * link.
   */
  #relayed(entry: MemberEntry): void {
    if (entry.refusals !== undefined) this.#knowledge.outOfReach(entry);
    // A link made anew would be refused.
    if (isBeyondDials(entry)) return;
    entry.relayedAcks = (entry.relayedAcks ?? 0) + 1;
    if (entry.relayedAcks < RELAYED_ACKS) return;
    entry.relayedAcks = 0;
    this.#context.emit({ type: "relink", node: entry.record.id });
  }

  /** Takes a helper's word that it had no answer either. */
  nack(message: NackMessage, from: NodeId): void {
    const probe = this.#probes.get(message.sequence);
    if (probe === undefined) return;
    if (probe.target !== message.target || !probe.helpers.has(from)) {
      return this.#context.reject(from, `nack of a probe of ${this.#context.nameOf(probe.target)}`);
    }
    probe.helpers.set(from, true);
    const entry = this.#context.roster.get(probe.target);
    // Of one that nobody can dial a refusal says nothing.
    if (!message.refused || entry === undefined || entry.record.undialable) return;
    const cause = `${this.#context.nameOf(from)} found that nothing of it listens at its address`;
    this.#knowledge.suspect(entry, from, "refused", cause);
  }

  /** Gives up all rounds without a verdict: we were stopped, not they. */
  discard(): void {
    for (const probe of [...this.#probes.values()]) this.#end(probe);
  }

  #period(): void {
    const { roster, profile, health } = this.#context;
    this.#context.after(health.scale(profile.probeIntervalMs), () => this.#period());
    const id = roster.live.next();
    if (id === undefined || this.#byTarget.has(id) || this.#isNew(id)) return;
    this.#probe(id, false);
  }

  /**
   * Whether a member came within the last two periods; its links tell us if it is gone again. Those
   * whom we meet as newcomers ourselves were there before.
   */
  #isNew(id: NodeId): boolean {
    const { roster, now, profile } = this.#context;
    const newMs = NEWCOMER_PERIODS * profile.probeIntervalMs;
    const metAt = roster.get(id)?.metAt ?? -Infinity;
    return now - metAt < newMs && metAt - roster.self.since >= newMs;
  }

  #probe(target: NodeId, isReunion: boolean): Probe {
    const probe = this.#register(target, isReunion);
    this.#context.counters.probes++;
    const message = { type: "probe", sequence: probe.sequence, target } as const;
    this.#dissemination.send(target, message, isReunion);
    return probe;
  }

  #register(target: NodeId, isReunion: boolean): Probe {
    const { now, profile, health } = this.#context;
    const sequence = this.nextSequence();
    const probe: Probe = {
      sequence,
      target,
      sentAt: now,
      isReconnect: isReunion,
      helpers: new Map(),
      isRefused: false,
    };
    this.#probes.set(sequence, probe);
    this.#byTarget.set(target, probe);
    if (!isReunion) {
      const askAfter = health.scale(profile.probeTimeoutMs);
      probe.askTimer = this.#context.after(askAfter, () => this.#askHelpers(probe));
    }
    const endAfter = health.scale(profile.probeIntervalMs);
    probe.endTimer = this.#context.after(endAfter, () => this.#fail(probe));
    return probe;
  }

  #askHelpers(probe: Probe): void {
    if (probe.isReconnect || probe.helpers.size > 0) return;
    if (probe.askTimer !== undefined) probe.askTimer.isCancelled = true;
    const { sequence, target } = probe;
    const refused = this.#context.roster.get(target)?.refusals !== undefined;
    for (const helper of this.#witnesses(target, this.#context.profile.helpers)) {
      probe.helpers.set(helper, false);
      this.#context.counters.probeRequests++;
      this.#dissemination.send(helper, { type: "probe-request", sequence, target, refused });
    }
  }

  /** Members that can be asked about `target`: alive, and not in doubt themselves. */
  #witnesses(target: NodeId, count: number): NodeId[] {
    const { roster } = this.#context;
    const isAlive = (id: NodeId) => id !== target && roster.get(id)?.record.state === "alive";
    const certain = roster.live.draw(count, (id) => isAlive(id) && !this.#byTarget.has(id));
    return certain.length > 0 ? certain : roster.live.draw(count, isAlive);
  }

  #fail(probe: Probe): void {
    this.#end(probe);
    const { counters, roster, health } = this.#context;
    const entry = roster.get(probe.target);
    if (probe.isReconnect || probe.isRefused || entry === undefined) return;
    if (!isLive(entry.record.state)) return;
    counters.probeFailures++;
    const asked = probe.helpers.size;
    const answered = [...probe.helpers.values()].filter((isAnswered) => isAnswered).length;
    // Helpers that are silent too make it likely that it is our own link or process that is slow.
    health.add(asked > 0 ? asked - answered : 1);
    const helpers = `${asked} ${asked === 1 ? "helper" : "helpers"}`;
    const nacks = answered === 0 ? "" : ` (${answered} had none either)`;
    const through = asked === 0 ? "" : `, nor through ${helpers}${nacks}`;
    const cause = `no answer to a probe${through}`;
    this.#knowledge.suspect(entry, roster.selfId, "silent", cause);
  }

  #end(probe: Probe): void {
    if (probe.askTimer !== undefined) probe.askTimer.isCancelled = true;
    if (probe.endTimer !== undefined) probe.endTimer.isCancelled = true;
    this.#probes.delete(probe.sequence);
    if (this.#byTarget.get(probe.target) === probe) this.#byTarget.delete(probe.target);
  }

  #retry(entry: MemberEntry): void {
    const { refusals, record } = entry;
    if (refusals === undefined || !isLive(record.state)) return;
    if (refusals.count > REFUSED_RETRIES) return;
    const probe = this.#byTarget.get(record.id);
    // A new round draws new helpers.
    if (probe !== undefined) this.#end(probe);
    this.probeAtOnce(record.id);
  }
}
