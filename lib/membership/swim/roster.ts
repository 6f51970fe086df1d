import type { Millis, NodeId, Random } from "../../core/mod.ts";
import { GONE_MEMBERS, HISTORY_EVENTS, STALL_REMEMBERED_MS } from "./limits.ts";
import { nameWinner } from "./conflict.ts";
import type { HistoryEvent } from "./interface.ts";
import { ViewDigest } from "./digest.ts";
import { LiveList } from "./live_list.ts";
import { isLive, type Member, type MemberRecord } from "./record.ts";
import type { Suspicion } from "./suspicion.ts";
import type { MachineTimer } from "./timers.ts";

/** What a node keeps of one member. */
export interface MemberEntry {
  /** As last believed; `ageMs` is left out, `since` says it. */
  record: MemberRecord;
  since: Millis;
  roundTripMs?: number;
  /** Open exactly while `record.state` is `suspect`. */
  suspicion?: Suspicion;
  suspicionTimer?: MachineTimer;
  /** Our own dials that were refused in a row, and when the first was. */
  refusals?: { count: number; firstAt: Millis; retry: MachineTimer };
  /** When our own refused dials last made it suspect. */
  refusedAt?: Millis;
  /** Our own dials are refused although the member is there: they are no evidence against it. */
  isOutOfReach?: true;
  /** When people were last told that it is out of our reach. */
  reachToldAt?: Millis;
  /**
   * Since when we know it, if it came while we were here: a newcomer's machine is busy starting.
   */
  metAt?: Millis;
  /** That it said that it was stopped, for how long and when we heard it. */
  stall?: { ms: Millis; heardAt: Millis };
  /** Our last probes in a row that only a helper could have answered. */
  relayedAcks?: number;
  /** When we last told a dead member, that still speaks, what it is held for. */
  toldAt?: Millis;
  /** The last `HISTORY_EVENTS`, oldest first. */
  history: HistoryEvent[];
}

/** What our own dials were answered counts no more: the member was heard, or has refuted. */
export function forgetRefusals(entry: MemberEntry): void {
  if (entry.refusals === undefined) return;
  entry.refusals.retry.isCancelled = true;
  delete entry.refusals;
}

/** How long a member's process was stopped, by its own word of not long ago; 0 when it was not. */
export function recentStallMs({ stall }: MemberEntry, now: Millis): Millis {
  return stall !== undefined && now - stall.heardAt < STALL_REMEMBERED_MS ? stall.ms : 0;
}

/**
 * Whether a refused dial of ours says nothing of the member: it is there, or nobody can dial it
 * anyway.
 */
export function isBeyondDials({ isOutOfReach, record }: MemberEntry): boolean {
  return isOutOfReach === true || record.undialable === true;
}

/** All members that a node knows, itself too, with the indexes that spare every scan. */
export class Roster {
  readonly selfId: NodeId;
  /** The others that are alive or suspect. */
  readonly live: LiveList;
  readonly #entries = new Map<NodeId, MemberEntry>();
  /** Dead and left members, the latest last. At most `GONE_MEMBERS`. */
  readonly #gone = new Set<NodeId>();
  /** Of live members only; of two with one name the one that may keep it. */
  readonly #byName = new Map<string, NodeId>();
  readonly #byAddress = new Map<string, NodeId>();
  /** Of the records of all entries. */
  readonly #digest = new ViewDigest();

  constructor(self: MemberRecord, random: Random) {
    this.selfId = self.id;
    this.live = new LiveList(random);
    this.#entries.set(self.id, { record: self, since: 0, history: [] });
    this.#digest.toggle(self);
    this.#index(self);
  }

  /** This node's own entry. */
  get self(): MemberEntry {
    return this.#entries.get(this.selfId) as MemberEntry;
  }

  /** All members that are known, in whatever state. */
  get size(): number {
    return this.#entries.size;
  }

  /** Members that are alive or suspect, this one too: the `n` of every formula. */
  get liveCount(): number {
    return this.live.size + 1;
  }

  /** Members that are dead or left. */
  get goneCount(): number {
    return this.#gone.size;
  }

  /** Dead and left members, the latest last. */
  get departed(): Iterable<NodeId> {
    return this.#gone;
  }

  /** All that is believed, in one number. */
  get digest(): number {
    return this.#digest.value;
  }

  /** Every entry. */
  entries(): Iterable<MemberEntry> {
    return this.#entries.values();
  }

  /** What is known of a member. */
  get(id: NodeId): MemberEntry | undefined {
    return this.#entries.get(id);
  }

  /** The live member of that name. */
  holderOfName(name: string): MemberEntry | undefined {
    return this.#entries.get(this.#byName.get(name) ?? "");
  }

  /** The live member at that address. */
  holderOfAddress(address: string): MemberEntry | undefined {
    return this.#entries.get(this.#byAddress.get(address) ?? "");
  }

  /**
   * Writes what is believed of a member, new or known.
   *
   * @returns its entry, and the oldest of the gone if that had to be forgotten for this one.
   */
  put(record: MemberRecord, since: Millis): { entry: MemberEntry; evicted?: MemberEntry } {
    let entry = this.#entries.get(record.id);
    if (entry === undefined) {
      entry = { record, since, history: [] };
      this.#entries.set(record.id, entry);
    } else {
      this.#unindex(entry.record);
      this.#digest.toggle(entry.record);
      if (entry.record.state !== record.state) entry.since = since;
      entry.record = record;
    }
    this.#digest.toggle(record);
    if (isLive(record.state)) {
      this.#gone.delete(record.id);
      this.#index(record);
      if (record.id !== this.selfId) this.live.add(record.id);
      return { entry };
    }
    this.live.remove(record.id);
    if (record.id === this.selfId) return { entry };
    this.#gone.add(record.id);
    if (this.#gone.size <= GONE_MEMBERS) return { entry };
    const [oldest] = this.#gone;
    const evicted = this.forget(oldest as NodeId);
    return evicted === undefined ? { entry } : { entry, evicted };
  }

  /** Forgets one of the gone. */
  forget(id: NodeId): MemberEntry | undefined {
    const entry = this.#entries.get(id);
    if (entry === undefined || !this.#gone.delete(id)) return undefined;
    this.#entries.delete(id);
    this.#digest.toggle(entry.record);
    return entry;
  }

  /** Records a step for `why NODE`. */
  note(entry: MemberEntry, at: Millis, cause: string, by: readonly NodeId[]): void {
    const { state, incarnation } = entry.record;
    if (entry.history.length >= HISTORY_EVENTS) entry.history.shift();
    entry.history.push({ at, state, incarnation, cause, by: [...by] });
  }

  /** A member as others may see it. */
  view(entry: MemberEntry): Member {
    const { record } = entry;
    const member: Member = {
      id: record.id,
      name: record.name,
      address: record.address,
      incarnation: record.incarnation,
      state: record.state,
      tags: record.tags,
      services: record.services,
      removed: record.forced === true,
      since: entry.since,
      isUndialable: record.undialable === true,
      isOutOfReach: entry.isOutOfReach === true,
      isSelf: record.id === this.selfId,
    };
    if (entry.roundTripMs !== undefined) member.roundTripMs = entry.roundTripMs;
    return member;
  }

  /** A record as it goes to others: with its age, when that counts. */
  wire(entry: MemberEntry, now: Millis): MemberRecord {
    const { record } = entry;
    if (isLive(record.state)) return record;
    return { ...record, ageMs: Math.max(0, Math.round(now - entry.since)) };
  }

  #index(record: MemberRecord): void {
    this.#byAddress.set(record.address, record.id);
    const holder = this.#byName.get(record.name);
    // An alive member keeps its name against a suspect one; else it is as every member decides.
    const known = holder === undefined ? undefined : this.#entries.get(holder)?.record;
    if (known !== undefined && known.id !== record.id && isLive(known.state)) {
      const isKept = known.state === record.state
        ? nameWinner(known, record) === known
        : known.state === "alive";
      if (isKept) return;
    }
    this.#byName.set(record.name, record.id);
  }

  #unindex(record: MemberRecord): void {
    if (this.#byName.get(record.name) === record.id) this.#byName.delete(record.name);
    if (this.#byAddress.get(record.address) === record.id) this.#byAddress.delete(record.address);
  }
}
