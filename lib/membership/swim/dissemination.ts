import { GOSSIP_RECORDS, LINKS_TO_ALL, type Millis, type NodeId } from "../../core/mod.ts";
import { GOSSIP_BYTES } from "./limits.ts";
import { BroadcastQueue, recordBytes } from "./broadcast_queue.ts";
import type { Context } from "./context.ts";
import type { MembershipMessage } from "./messages.ts";
import { retransmitLimit } from "./profile.ts";
import type { MemberRecord } from "./record.ts";

/** A message without its gossip, which this part adds. */
export type Bare = MembershipMessage extends infer M ? M extends unknown ? Omit<M, "gossip"> : never
  : never;

/** How news gets about: on every message, and in rounds of its own while there is any. */
export class Dissemination {
  readonly #context: Context;
  readonly #queue = new BroadcastQueue();
  /** Whether a round is due some time. */
  #isArmed = false;
  #lastRoundAt: Millis = -Infinity;

  constructor(context: Context) {
    this.#context = context;
  }

  /** Pieces of news that are still passed on. */
  get pending(): number {
    return this.#queue.size;
  }

  /**
   * Sends a message to a known member, with the news that fits.
   *
   * @param isLook whether it is to find out if one of the gone is back.
   */
  send(to: NodeId, message: Bare, isLook = false): void {
    const { roster, hasLifeguard } = this.#context;
    const entry = roster.get(to);
    if (entry === undefined) return;
    const { state } = entry.record;
    // Lifeguard's buddy system: whoever is accused hears it before anything else.
    const isTold = state !== "alive" && (hasLifeguard || state !== "suspect");
    const news = this.#news(isTold ? [roster.wire(entry, this.#context.now)] : []);
    this.#send(to, message, news, isLook);
  }

  /** Sends to whoever asked, member or not: a stranger's link is known to the shell. */
  sendAnyone(to: NodeId, message: Bare): void {
    if (this.#context.roster.get(to) !== undefined) this.send(to, message);
    else this.#send(to, message, []);
  }

  /** Tells a node one thing, at the address that its record gives: it may be no member of ours. */
  tellAt(to: MemberRecord, record: MemberRecord): void {
    this.#emit(to.id, to.address, { type: "gossip", gossip: [this.#aged(record)] });
  }

  /** Tells a node one thing if there is a link to it: it may be gone, and is not worth a dial. */
  tellOverLink(to: NodeId, record: MemberRecord): void {
    this.#emit(to, "", { type: "gossip", gossip: [this.#aged(record)] });
  }

  /** Tells one member one thing. */
  tell(to: NodeId, record: MemberRecord): void {
    this.#send(to, { type: "gossip" }, [this.#aged(record)]);
  }

  /**
   * Passes news on, from now until it was sent often enough.
   *
   * @param isDirect whether we are its origin and tell all at once, where links to all are open.
   */
  announce(record: MemberRecord, isDirect = false): void {
    const { roster } = this.#context;
    this.#queue.put(record);
    if (isDirect && roster.liveCount <= LINKS_TO_ALL) {
      for (const id of roster.live.ids) this.tell(id, record);
    }
    this.arm();
  }

  /** Says no more of a member that was forgotten. */
  drop(id: NodeId): void {
    this.#queue.drop(id);
  }

  /** Sees to it that a round comes, unless nobody is there to hear it. */
  arm(): void {
    const { roster, profile, now, timers } = this.#context;
    if (this.#isArmed || this.#queue.size === 0 || roster.live.size === 0) return;
    this.#isArmed = true;
    const at = Math.max(now, this.#lastRoundAt + profile.gossipIntervalMs);
    timers.set(at, () => this.#round());
  }

  #round(): void {
    const { roster, profile } = this.#context;
    this.#isArmed = false;
    this.#lastRoundAt = this.#context.now;
    for (const id of roster.live.draw(profile.gossipFanout, () => true)) {
      if (this.#queue.size > 0) this.send(id, { type: "gossip" });
    }
    this.arm();
  }

  #news(first: MemberRecord[]): MemberRecord[] {
    if (this.#queue.size === 0) return first;
    const { profile, roster } = this.#context;
    const room = first.reduce((bytes, record) => bytes - recordBytes(record), GOSSIP_BYTES);
    const limit = retransmitLimit(profile, roster.liveCount);
    for (const record of this.#queue.take(GOSSIP_RECORDS - first.length, room, limit)) {
      if (record.id !== first[0]?.id) first.push(this.#aged(record));
    }
    return first;
  }

  #aged(record: MemberRecord): MemberRecord {
    const entry = this.#context.roster.get(record.id);
    return entry?.record === record ? this.#context.roster.wire(entry, this.#context.now) : record;
  }

  #send(to: NodeId, message: Bare, gossip: MemberRecord[], isLook = false): void {
    const address = this.#context.roster.get(to)?.record.address ?? "";
    this.#emit(to, address, { ...message, gossip } as MembershipMessage, isLook);
  }

  #emit(to: NodeId, address: string, message: MembershipMessage, isLook = false): void {
    this.#context.counters.sent[message.type]++;
    this.#context.emit({ type: "send", to, address, message, ...(isLook ? { isLook } : {}) });
  }
}
