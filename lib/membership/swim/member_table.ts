import {
  INCARNATION_JUMP,
  invariant,
  MEMBERS_MAX,
  type Millis,
  type NodeId,
} from "../../core/mod.ts";
import { DEAD_RECORD_MS, GONE_MEMBERS, OBSERVERS_MAX } from "./limits.ts";
import { addressWinner, nameWinner } from "./conflict.ts";
import type { Context } from "./context.ts";
import type { Dissemination } from "./dissemination.ts";
import type { MemberEvent } from "./interface.ts";
import { isLive, type MemberRecord, type MemberState, overrides } from "./record.ts";
import { forgetRefusals, type MemberEntry, recentStallMs } from "./roster.ts";
import type { LocalMember } from "./local_member.ts";
import { type Evidence, Suspicion } from "./suspicion.ts";

/**
 * How a record came: `gossip` is news, `sync` a member's whole view, `join` the view we start from,
 * which is news for nobody.
 */
export type Source = "gossip" | "sync" | "join";

/** Who hears of a change from us: all directly, a few by gossip, or nobody. */
export type Audience = "all" | "gossip" | "nobody";

/** What is believed of the others, and by which claims and evidence that changes. */
export class MemberTable {
  readonly #context: Context;
  readonly #dissemination: Dissemination;
  readonly #standing: LocalMember;
  /** The members that are suspect. */
  readonly #suspects = new Set<MemberEntry>();

  constructor(context: Context, dissemination: Dissemination, standing: LocalMember) {
    this.#context = context;
    this.#dissemination = dissemination;
    this.#standing = standing;
  }

  /**
   * Takes a claim of `from` on any member, this one too.
   *
   * @param from this node itself, for what comes with a join.
   * @param given why, if something better is known than who said so.
   */
  merge(told: MemberRecord, from: NodeId, source: Source, given?: string): void {
    const { roster } = this.#context;
    if (this.#context.phase === "out") return;
    if (told.id === roster.selfId) return this.#standing.receive(told, from);
    if ((told.ageMs ?? 0) >= DEAD_RECORD_MS) return;
    const entry = roster.get(told.id);
    if (told.incarnation - (entry?.record.incarnation ?? 0) > INCARNATION_JUMP) {
      return this.#context.reject(
        from,
        `${told.id} at incarnation ${told.incarnation}, far beyond ${
          entry?.record.incarnation ?? 0
        }`,
      );
    }
    if (entry === undefined) return this.#addMember(told, from, source, given);
    const believed = this.#asBelieved(told, entry, from, source);
    if (overrides(believed, entry.record)) {
      this.#apply(
        believed,
        causeOf(believed, this.#context.nameOf(from)),
        this.#observers(believed, from),
      );
      if (believed !== told) this.#dissemination.tell(told.id, entry.record);
    } else if (
      believed.state === "suspect" && entry.suspicion?.incarnation === believed.incarnation
    ) {
      for (const id of this.#observers(believed, from)) {
        // The first two of them may have decided it.
        if (entry.suspicion === undefined) return;
        this.#observe(entry, id, believed.refused?.includes(id) ? "refused" : "silent");
      }
    } else if (source === "gossip") this.#correct(told, entry, from);
  }

  /** Whoever still accuses a member has missed what became of it, and would miss it for long. */
  #correct(told: MemberRecord, entry: MemberEntry, from: NodeId): void {
    const isAccusation = told.state === "suspect" || told.state === "dead";
    if (!isAccusation || !overrides(entry.record, told) || from === told.id) return;
    const teller = this.#context.roster.get(from);
    if (teller === undefined || !isLive(teller.record.state)) return;
    this.#dissemination.tell(from, entry.record);
  }

  /** Counts what an observer (we, or a helper) saw of a live member. */
  suspect(entry: MemberEntry, observer: NodeId, evidence: Evidence, cause: string): void {
    if (!isLive(entry.record.state)) return;
    if (entry.suspicion === undefined) {
      const told: MemberRecord = { ...entry.record, state: "suspect", by: [observer] };
      if (evidence === "refused") told.refused = [observer];
      this.#apply(told, cause, [observer]);
    } else this.#observe(entry, observer, evidence, cause);
  }

  /**
   * Our own dials of a live member were refused, and it is there all the same: a helper had its
   * answer, or it has refuted. So they are no evidence any more, until it is heard over a link.
   */
  outOfReach(entry: MemberEntry): void {
    forgetRefusals(entry);
    if (entry.isOutOfReach) return;
    entry.isOutOfReach = true;
    const { roster, now } = this.#context;
    roster.note(entry, now, "our own dials are refused, but others reach it", [roster.selfId]);
    this.#context.emit({
      type: "reach",
      node: entry.record.id,
      isOutOfReach: true,
      isTold: false,
    });
  }

  /** Declares a live member dead on our own evidence. */
  declareDead(entry: MemberEntry, cause: string, by: NodeId[], audience: Audience): void {
    if (!isLive(entry.record.state)) return;
    const refused = entry.suspicion?.refused ?? [];
    const told: MemberRecord = { ...entry.record, state: "dead", by, cause };
    delete told.refused;
    if (refused.length > 0) told.refused = refused;
    this.#apply(told, cause, by, audience);
  }

  /** Lets an operator force a member out, for good. */
  remove(id: NodeId): void {
    const entry = this.#context.roster.get(id);
    if (entry === undefined || entry.record.forced) return;
    const { by: _by, refused: _refused, ...rest } = entry.record;
    const cause = "an operator removed it";
    const wasLive = isLive(entry.record.state);
    this.#apply({ ...rest, state: "left", forced: true, cause }, cause, [
      this.#context.roster.selfId,
    ], "all");
    // It is told too, although it is none of the live any more.
    if (wasLive) this.#dissemination.tell(id, entry.record);
  }

  /** Forgets those whose time is over. */
  expire(): void {
    const { roster, now } = this.#context;
    for (const id of [...roster.departed]) {
      const entry = roster.get(id);
      invariant(entry !== undefined, "a gone member without an entry");
      if (now - entry.since < DEAD_RECORD_MS) continue;
      roster.forget(id);
      this.#forgotten(entry);
    }
  }

  /** Moves every open suspicion by the time in which this process did not run. */
  shift(lateness: Millis): void {
    for (const entry of this.#suspects) entry.suspicion?.shift(lateness);
  }

  /** A member we never heard of, or have forgotten. */
  #addMember(told: MemberRecord, from: NodeId, source: Source, given?: string): void {
    const { roster } = this.#context;
    if (roster.size >= MEMBERS_MAX) {
      return this.#context.reject(from, `${told.id}: there are ${MEMBERS_MAX} members already`);
    }
    if (!isLive(told.state) && roster.goneCount >= GONE_MEMBERS) return;
    const cause = given ?? causeOf(told, this.#context.nameOf(from));
    // What a view says of others whom only we did not know is no news, nor are the old dead for
    // anyone: of a newcomer that passed on all that it learned, two thousand members would hear for
    // minutes.
    const isNewcomer = source === "gossip" || told.id === from;
    const isNews = isNewcomer && (isLive(told.state) || told.forced === true);
    this.#apply(told, cause, this.#observers(told, from), isNews ? "gossip" : "nobody");
    const entry = roster.get(told.id);
    if (entry !== undefined && source !== "join") entry.metAt = this.#context.now;
  }

  /**
   * A full exchange may come from a member that was cut off and holds half of the cluster for dead:
   * its word only makes suspect whom we hold for live.
   */
  #asBelieved(told: MemberRecord, entry: MemberEntry, from: NodeId, source: Source): MemberRecord {
    if (source === "gossip" || told.state !== "dead" || !isLive(entry.record.state)) return told;
    const { cause: _cause, ageMs: _ageMs, refused: _refused, ...rest } = told;
    return { ...rest, state: "suspect", by: from === this.#context.roster.selfId ? [] : [from] };
  }

  /**
   * Believes `told`, which stands above what was believed (or its member is new), and passes it on.
   */
  #apply(told: MemberRecord, cause: string, by: NodeId[], audience: Audience = "gossip"): void {
    const { roster, now, counters } = this.#context;
    const { ageMs, ...record } = told;
    const reason = this.#resolveConflict(record);
    if (this.#context.phase === "out") return;
    const before = roster.get(record.id)?.record;
    const { entry, evicted } = roster.put(record, now - (isLive(record.state) ? 0 : ageMs ?? 0));
    if (evicted !== undefined) this.#forgotten(evicted);
    if (record.stalledMs !== undefined && record.incarnation !== before?.incarnation) {
      entry.stall = { ms: record.stalledMs, heardAt: now };
    }
    this.#closeSuspicion(entry);
    this.#weighRefusals(entry, before);
    if (record.state === "suspect") this.#openSuspicion(entry, by, told.refused ?? []);
    const isNews = before?.state !== record.state || before.forced !== record.forced ||
      isDescribedOtherwise(before, record);
    if (record.state === "dead" && before !== undefined && before.state !== "dead") {
      counters.deaths++;
    }
    if (isNews) {
      roster.note(entry, now, reason ?? cause, by);
      this.#notify(entry, before, reason ?? cause, by);
    } else if (before.incarnation !== record.incarnation) roster.note(entry, now, cause, by);
    if (audience !== "nobody") this.#dissemination.announce(record, audience === "all");
    if (!isLive(record.state)) this.#standing.noteGone(record);
    if (record.state === "suspect") this.#decide(entry);
  }

  /**
   * Our refused dials of before count no more: a helper would answer with them, and two of them
   * would kill.
   */
  #weighRefusals(entry: MemberEntry, before: MemberRecord | undefined): void {
    const { state, address } = entry.record;
    if (!isLive(state)) delete entry.isOutOfReach;
    if (state !== "alive" || entry.refusals === undefined) return;
    const wasThere = before !== undefined && isLive(before.state) && before.address === address;
    if (wasThere) this.outOfReach(entry);
    else forgetRefusals(entry);
  }

  #notify(entry: MemberEntry, before: MemberRecord | undefined, cause: string, by: NodeId[]): void {
    const { record } = entry;
    if (before === undefined && !isLive(record.state)) return;
    const event: MemberEvent = {
      type: eventType(before?.state, record),
      member: this.#context.roster.view(entry),
      cause,
      by: [...by],
    };
    if (before !== undefined) event.previous = before.state;
    this.#context.emit({ type: "notify", event });
  }

  #forgotten(entry: MemberEntry): void {
    const { roster } = this.#context;
    this.#dissemination.drop(entry.record.id);
    const event: MemberEvent = {
      type: "forgotten",
      member: roster.view(entry),
      previous: entry.record.state,
      cause: "its time, or the room for it, is over",
      by: [],
    };
    this.#context.emit({ type: "notify", event });
  }

  /** Settles a name or address that two live members claim; may turn `record` into a dead one. */
  #resolveConflict(record: MemberRecord): string | undefined {
    if (!isLive(record.state)) return undefined;
    const { roster } = this.#context;
    const neighbour = roster.holderOfAddress(record.address);
    if (neighbour !== undefined && neighbour.record.id !== record.id) {
      const winner = addressWinner(neighbour.record, record);
      const cause = `${winner.name} replaced it at its address`;
      if (winner !== record) {
        // Should it be there after all, at another address than it believes, it stops.
        this.#dissemination.tellAt(record, winner);
        record.state = "dead";
        record.cause = cause;
        return cause;
      }
      if (neighbour.record.id === roster.selfId) {
        this.#standing.forceOut("ADDRESS_TAKEN", `${record.name} has our address`, record);
        return undefined;
      }
      this.declareDead(neighbour, cause, [roster.selfId], "gossip");
    }
    const namesake = roster.holderOfName(record.name);
    if (namesake === undefined || namesake.record.id === record.id) return undefined;
    if (record.state !== "alive" || namesake.record.state !== "alive") return undefined;
    const winner = nameWinner(namesake.record, record);
    const loser = winner === record ? namesake.record : record;
    if (loser.id === roster.selfId) {
      this.#standing.loseName(winner);
    } else this.#dissemination.tellAt(loser, winner);
    return undefined;
  }

  #openSuspicion(entry: MemberEntry, by: NodeId[], refused: NodeId[]): void {
    const { now, profile, roster, hasLifeguard, counters } = this.#context;
    const expected = hasLifeguard ? undefined : 0;
    entry.suspicion = new Suspicion(
      now,
      entry.record.incarnation,
      profile,
      roster.liveCount,
      expected,
      recentStallMs(entry, now),
    );
    for (const id of by) entry.suspicion.observe(id, refused.includes(id) ? "refused" : "silent");
    this.#suspects.add(entry);
    counters.suspicions++;
    this.#arm(entry);
  }

  #closeSuspicion(entry: MemberEntry): void {
    if (entry.suspicion === undefined) return;
    if (entry.record.state === "alive") this.#context.counters.falseAlarms++;
    if (entry.suspicionTimer !== undefined) entry.suspicionTimer.isCancelled = true;
    delete entry.suspicion;
    delete entry.suspicionTimer;
    this.#suspects.delete(entry);
  }

  #observe(entry: MemberEntry, observer: NodeId, evidence: Evidence, cause?: string): void {
    const { suspicion } = entry;
    invariant(suspicion !== undefined, "evidence against a member that is not suspect");
    const wasSettled = suspicion.isSettled;
    if (!suspicion.observe(observer, evidence)) return;
    const { roster, now } = this.#context;
    roster.note(entry, now, cause ?? confirmation(evidence), [observer]);
    const record: MemberRecord = { ...entry.record, by: suspicion.observers };
    if (suspicion.refused.length > 0) record.refused = suspicion.refused;
    roster.put(record, entry.since);
    // What changes no verdict is not passed on: a thousand members may all confirm.
    if (!wasSettled || evidence === "refused") this.#dissemination.announce(record);
    this.#arm(entry);
    this.#decide(entry);
  }

  #arm(entry: MemberEntry): void {
    if (entry.suspicionTimer !== undefined) entry.suspicionTimer.isCancelled = true;
    const { timers } = this.#context;
    const { suspicion } = entry;
    invariant(suspicion !== undefined, "a suspicion timer without a suspicion");
    entry.suspicionTimer = timers.set(suspicion.deadline, () => {
      const { observers, timeoutMs } = suspicion;
      const others = this.#context.roster.liveCount > 2
        ? "all were told"
        : "nobody else is there to ask";
      const cause = observers.length > 1
        ? `${observers.length} members had no answer, and it did not refute`
        : `it did not refute within ${(timeoutMs / 1_000).toFixed(1)} s, and ${others}`;
      this.declareDead(entry, cause, observers, "all");
    });
  }

  /** Two observers that were refused are enough (rule 1 of `mod.ts`). */
  #decide(entry: MemberEntry): void {
    if (entry.record.undialable) return;
    const refused = entry.suspicion?.refused ?? [];
    if (refused.length < 2) return;
    this.declareDead(
      entry,
      `nothing answers at its address, ${refused.length} members found`,
      refused,
      "gossip",
    );
  }

  /** Who saw what a record says: members that we know, or else whoever told us. */
  #observers(record: MemberRecord, from: NodeId): NodeId[] {
    const { roster } = this.#context;
    const known = (record.by ?? []).filter((id) =>
      id !== record.id && roster.get(id) !== undefined
    );
    if (known.length > 0) return known.slice(0, OBSERVERS_MAX);
    // A join brings what others saw; it makes no observer of this node.
    return from === roster.selfId ? [] : [from];
  }
}

function eventType(before: MemberState | undefined, record: MemberRecord): MemberEvent["type"] {
  if (record.forced) return "removed";
  if (record.state !== "alive") return before === undefined ? "joined" : record.state;
  if (before === undefined || before === "left") return "joined";
  return before === "alive" ? "updated" : "alive";
}

function isDescribedOtherwise(before: MemberRecord, record: MemberRecord): boolean {
  if (before.incarnation === record.incarnation) return false;
  return before.name !== record.name || before.undialable !== record.undialable ||
    before.address !== record.address ||
    JSON.stringify([before.tags, before.services]) !==
      JSON.stringify([record.tags, record.services]);
}

function causeOf(record: MemberRecord, teller: string): string {
  if (record.cause !== undefined) return record.cause;
  if (record.state === "alive") return `${teller} said so`;
  if (record.state === "left") return "it left in order";
  const kind = (record.refused?.length ?? 0) > 0 ? "refused" : "silent";
  return `${confirmation(kind)}, ${teller} said`;
}

function confirmation(evidence: Evidence): string {
  return evidence === "refused" ? "nothing answers at its address" : "it does not answer";
}
