import { randomBetween, SYNC_BYTES, SYNC_RECORDS } from "../core/mod.ts";
import type { NodeId } from "../core/mod.ts";
import { recordBytes } from "./broadcast_queue.ts";
import type { Context } from "./context.ts";
import type { Dissemination } from "./dissemination.ts";
import type { Knowledge } from "./knowledge.ts";
import type { SyncMessage } from "./messages.ts";
import { reconnectIntervalMs, syncIntervalMs } from "./profile.ts";
import type { MemberRecord } from "./record.ts";

/** Between two looks for records whose time is over. */
const EXPIRY_INTERVAL_MS = 60_000;
/** The least time between two asks for a stranger's records. */
const STRANGER_INTERVAL_MS = 200;

/** Full exchanges: periodic, after a join, and with the dead that answer again. */
export class Exchange {
  readonly #context: Context;
  readonly #dissemination: Dissemination;
  readonly #knowledge: Knowledge;
  readonly #probeDead: (id: NodeId) => void;
  #strangerAskedAt = -Infinity;

  constructor(
    context: Context,
    dissemination: Dissemination,
    knowledge: Knowledge,
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

  /** Sends everything, and asks for everything in turn. */
  begin(to: NodeId): void {
    this.#context.counters.syncs++;
    this.#sendAll(to, true);
  }

  /** Takes a member's view, and answers with ours if it asks. */
  take(message: SyncMessage, from: NodeId): void {
    for (const record of message.members) this.#knowledge.learn(record, from, "sync");
    if (message.answer && this.#context.phase === "member") this.#sendAll(from, false);
  }

  /** Hears a node that is no member to us: asks who it is, at most five times a second in all. */
  meetStranger(from: NodeId): void {
    const { now, counters } = this.#context;
    if (now - this.#strangerAskedAt < STRANGER_INTERVAL_MS) return;
    this.#strangerAskedAt = now;
    counters.syncs++;
    this.#sendAll(from, true);
  }

  #sendAll(to: NodeId, isAsking: boolean): void {
    let answer = isAsking;
    let members: MemberRecord[] = [];
    let room = SYNC_BYTES;
    const flush = () => {
      this.#dissemination.sendAnyone(to, { type: "sync", members, answer });
      answer = false;
      members = [];
      room = SYNC_BYTES;
    };
    for (const record of this.snapshot()) {
      const bytes = recordBytes(record);
      if (members.length >= SYNC_RECORDS || (bytes > room && members.length > 0)) flush();
      members.push(record);
      room -= bytes;
    }
    flush();
  }

  #armSync(): void {
    const { roster, profile, random } = this.#context;
    const interval = syncIntervalMs(profile, roster.liveCount);
    this.#context.after(interval * randomBetween(random, 0.75, 1.25), () => {
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
    for (const id of roster.gone) {
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
