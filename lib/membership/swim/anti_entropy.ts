import { type NodeId, randomBetween, SYNC_BYTES, utf8Bytes } from "../../core/mod.ts";
import { SYNC_RECORDS } from "./limits.ts";
import type { Context } from "./context.ts";
import { shareDigests, shareOf } from "./digest.ts";
import type { Bare, Dissemination } from "./dissemination.ts";
import type { MemberTable } from "./member_table.ts";
import type {
  Shares,
  SyncDigestsMessage,
  SyncMessage,
  SyncPullMessage,
  SyncRecordsMessage,
} from "./messages.ts";
import { reconnectIntervalMs } from "./profile.ts";
import type { MemberRecord } from "./record.ts";
import type { MemberEntry } from "./roster.ts";

/** Between two looks for records whose time is over. */
const EXPIRY_INTERVAL_MS = 60_000;
/** The least time between two asks for a stranger's records. */
const STRANGER_INTERVAL_MS = 200;

/**
 * Exchanges of whole views: periodic, after a join, and with the dead that answer again.
 *
 *     a ──sync: digest of all──▶ b            equal: nothing more, which is the rule
 *     a ◀──sync-digests: of each share── b    else both find out where they differ,
 *     a ──sync-pull: shares──▶ b              and get that of each other, a page a round trip
 *     a ◀──sync-records, sync-pull── b
 *
 * Whoever answers keeps nothing for it: what is still to come travels with the pages.
 */
export class AntiEntropy {
  readonly #context: Context;
  readonly #dissemination: Dissemination;
  readonly #knowledge: MemberTable;
  readonly #probeDead: (id: NodeId) => void;
  #strangerAskedAt = -Infinity;

  constructor(
    context: Context,
    dissemination: Dissemination,
    knowledge: MemberTable,
    probeDead: (id: NodeId) => void,
  ) {
    this.#context = context;
    this.#dissemination = dissemination;
    this.#knowledge = knowledge;
    this.#probeDead = probeDead;
  }

  /** Begins the periodic work. */
  start(): void {
    this.#armSync();
    this.#armReconnect();
    this.#armExpiry();
  }

  /** All that this node knows, as it goes to others. */
  snapshot(): MemberRecord[] {
    const { roster, now } = this.#context;
    return Array.from(roster.entries(), (entry) => roster.wire(entry, now));
  }

  /** Compares views with another node, and brings both together where they differ. */
  begin(to: NodeId): void {
    this.#context.counters.syncs++;
    this.#dissemination.sendAnyone(to, { type: "sync", digest: this.#context.roster.digest });
  }

  /** A member's view in one number: when ours is another, it learns where. */
  compare({ digest }: SyncMessage, from: NodeId): void {
    if (digest === this.#context.roster.digest) return;
    this.#dissemination.sendAnyone(from, { type: "sync-digests", digests: this.#shares() });
  }

  /** Where a member's view is another than ours: each gets the other's records there. */
  pull({ digests }: SyncDigestsMessage, from: NodeId): void {
    const of = digests.length;
    const own = this.#shares(of);
    const shares = [...own.keys()].filter((share) => own[share] !== digests[share]);
    if (shares.length === 0) return;
    this.#dissemination.sendAnyone(from, { type: "sync-pull", of, shares, mutual: true });
  }

  /** Gives a member a page of the shares that it asks for. */
  give({ of, shares, after, mutual }: SyncPullMessage, from: NodeId): void {
    this.#dissemination.sendAnyone(from, this.#page({ of, shares, ...(after ? { after } : {}) }));
    if (!mutual) return;
    this.#dissemination.sendAnyone(from, { type: "sync-pull", of, shares, mutual: false });
  }

  /** Takes a page of a member's view, and asks for the next. */
  take({ members, rest }: SyncRecordsMessage, from: NodeId): void {
    for (const record of members) this.#knowledge.merge(record, from, "sync");
    if (rest === undefined || this.#context.phase !== "member") return;
    this.#dissemination.sendAnyone(from, { type: "sync-pull", ...rest, mutual: false });
  }

  /** Hears a node that is no member to us: asks who it is, at most five times a second in all. */
  meetStranger(from: NodeId): void {
    const { now } = this.#context;
    if (now - this.#strangerAskedAt < STRANGER_INTERVAL_MS) return;
    this.#strangerAskedAt = now;
    this.begin(from);
  }

  #shares(of?: number): number[] {
    return shareDigests(Array.from(this.#context.roster.entries(), ({ record }) => record), of);
  }

  #page({ of, shares, after }: Shares): Bare {
    const { roster, now } = this.#context;
    const wanted = new Map<number, MemberEntry[]>(shares.map((share) => [share, []]));
    for (const entry of roster.entries()) wanted.get(shareOf(entry.record.id, of))?.push(entry);
    const members: MemberRecord[] = [];
    let room = SYNC_BYTES;
    for (const [at, share] of shares.entries()) {
      const entries = (wanted.get(share) ?? []).toSorted((a, b) =>
        a.record.id < b.record.id ? -1 : 1
      );
      for (const entry of entries) {
        if (at === 0 && after !== undefined && entry.record.id <= after) continue;
        const record = roster.wire(entry, now);
        room -= utf8Bytes(JSON.stringify(record));
        if (members.length > 0 && (room < 0 || members.length >= SYNC_RECORDS)) {
          const last = members.at(-1) as MemberRecord;
          const isSame = shareOf(last.id, of) === share;
          const rest = { of, shares: shares.slice(at), ...(isSame ? { after: last.id } : {}) };
          return { type: "sync-records", members, rest };
        }
        members.push(record);
      }
    }
    return { type: "sync-records", members };
  }

  #armSync(): void {
    const { roster, profile, random } = this.#context;
    this.#context.after(profile.syncIntervalMs * randomBetween(random, 0.75, 1.25), () => {
      this.#armSync();
      const [partner] = roster.live.draw(1, () => true);
      if (partner !== undefined) this.begin(partner);
    });
  }

  #armReconnect(): void {
    const { roster, profile, random } = this.#context;
    const interval = reconnectIntervalMs(profile, roster.liveCount);
    this.#context.after(interval * randomBetween(random, 0.5, 1), () => {
      this.#armReconnect();
      const id = this.#someDead();
      if (id === undefined) return;
      this.#context.counters.reconnects++;
      this.#probeDead(id);
    });
  }

  #armExpiry(): void {
    this.#context.after(EXPIRY_INTERVAL_MS, () => {
      this.#armExpiry();
      this.#knowledge.expire();
    });
  }

  /** One of the dead whose address nobody else has, the latest dead most often. */
  #someDead(): NodeId | undefined {
    const { roster, random } = this.#context;
    const dead: NodeId[] = [];
    for (const id of roster.departed) {
      const record = roster.get(id)?.record;
      if (record?.state !== "dead" || roster.holderOfAddress(record.address) !== undefined) {
        continue;
      }
      dead.push(id);
    }
    // The square leans towards the end of the list, where the latest stand.
    return dead[dead.length - 1 - Math.floor(random.next() ** 2 * dead.length)];
  }
}
