import type { NodeId } from "../../core/mod.ts";
import type { MemberRecord } from "./record.ts";

/** One piece of news; `order` counts up with age, `sent` with every message it rode on. */
interface Broadcast {
  record: MemberRecord;
  bytes: number;
  order: number;
  sent: number;
}

/**
 * The news that this node still passes on: the least sent first, then the newest, one a member.
 *
 * Its size is bounded by the members, each of which has at most one record here.
 */
export class BroadcastQueue {
  readonly #byMember = new Map<NodeId, Broadcast>();
  /** Sorted by `sent` descending, then `order` ascending: the next to send is the last. */
  #sorted: Broadcast[] = [];
  #order = 0;

  /** Pieces of news. */
  get size(): number {
    return this.#byMember.size;
  }

  /** Adds news; what was known of the same member is dropped. */
  put(record: MemberRecord): void {
    this.drop(record.id);
    const broadcast = { record, bytes: recordBytes(record), order: ++this.#order, sent: 0 };
    this.#byMember.set(record.id, broadcast);
    this.#insert(broadcast);
  }

  /** Says no more of a member. */
  drop(id: NodeId): void {
    const known = this.#byMember.get(id);
    if (known === undefined) return;
    this.#byMember.delete(id);
    this.#sorted.splice(this.#position(known), 1);
  }

  /**
   * Takes what rides on one message, at most `count` records and `bytes` characters of JSON; what
   * has been sent `limit` times is dropped.
   */
  take(count: number, bytes: number, limit: number): MemberRecord[] {
    const taken: Broadcast[] = [];
    const passed: Broadcast[] = [];
    let room = bytes;
    while (taken.length < count && this.#sorted.length > 0 && passed.length < count) {
      const broadcast = this.#sorted.pop() as Broadcast;
      if (broadcast.bytes > room) {
        passed.push(broadcast);
        continue;
      }
      room -= broadcast.bytes;
      taken.push(broadcast);
    }
    while (passed.length > 0) this.#sorted.push(passed.pop() as Broadcast);
    for (const broadcast of taken) {
      broadcast.sent++;
      if (broadcast.sent < limit) this.#insert(broadcast);
      else this.#byMember.delete(broadcast.record.id);
    }
    return taken.map((broadcast) => broadcast.record);
  }

  #insert(broadcast: Broadcast): void {
    this.#sorted.splice(this.#position(broadcast), 0, broadcast);
  }

  /** Where the broadcast stands, or would. */
  #position(broadcast: Broadcast): number {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.#sorted[middle] as Broadcast;
      const isBefore = other.sent === broadcast.sent
        ? other.order < broadcast.order
        : other.sent > broadcast.sent;
      if (isBefore) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Characters of a record as JSON, guessed from above without writing it (escapes aside). */
export function recordBytes(record: MemberRecord): number {
  let bytes = 200 + record.name.length + record.address.length + (record.cause?.length ?? 0) +
    39 * ((record.by?.length ?? 0) + (record.refused?.length ?? 0));
  for (const service of record.services) bytes += service.length + 3;
  for (const key in record.tags) bytes += key.length + (record.tags[key] as string).length + 6;
  return bytes;
}
