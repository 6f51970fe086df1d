import type { NodeId } from "../core/mod.ts";
import { SYNC_SHARES } from "../core/mod.ts";
import type { MemberRecord } from "./record.ts";

/** Records of one share at the most, as long as there are not more than `4 * SYNC_SHARES`. */
const RECORDS_PER_SHARE = 4;

/**
 * Digests of a view: two members whose digests are equal believe the same, but for one chance in 2^32 or less.
 *
 * A record counts with what decides between two of them: id, incarnation, state and force; everything else
 * follows from these, or is no belief. The views are cut into shares by their ids, so that two members
 * that differ find out where, and tell each other only that.
 */
export class ViewDigest {
  /** How many shares: a power of two. */
  readonly of: number;
  /** The digest of each share: 32 bits. */
  readonly shares: number[];
  /** The digest of the whole: 53 bits. */
  readonly whole: number;

  /** @param of how many shares; by default as many as suit the number of records. */
  constructor(records: readonly MemberRecord[], of = suitableShares(records.length)) {
    this.of = of;
    this.shares = new Array<number>(of).fill(0);
    let high = 0;
    let low = 0;
    for (const record of records) {
      const { share, a, b } = digestOf(record, of);
      // Exclusive or: the order in which the members are known is no part of what is believed.
      this.shares[share] = ((this.shares[share] as number) ^ a) >>> 0;
      low ^= a;
      high ^= b;
    }
    this.whole = (high & 0x1fffff) * 2 ** 32 + (low >>> 0);
  }

  /** The shares that differ from another's, of whom there are as many. */
  difference(others: readonly number[]): number[] {
    const differing: number[] = [];
    for (let share = 0; share < this.of; share++) {
      if (this.shares[share] !== others[share]) differing.push(share);
    }
    return differing;
  }
}

/** The share of `of` to which a member belongs. */
export function shareOf(id: NodeId, of: number): number {
  return mix(hash(0x811c9dc5, id)) & (of - 1);
}

function suitableShares(records: number): number {
  let of = 1;
  while (of < SYNC_SHARES && of * RECORDS_PER_SHARE < records) of *= 2;
  return of;
}

function digestOf(record: MemberRecord, of: number): { share: number; a: number; b: number } {
  const { id, incarnation, state, forced } = record;
  const belief = `${incarnation} ${state}${forced ? " forced" : ""}`;
  const first = hash(0x811c9dc5, id);
  return {
    share: mix(first) & (of - 1),
    a: mix(hash(first, belief)),
    b: mix(hash(hash(0x9e3779b9, id), belief)),
  };
}

/** FNV-1a (Fowler, Noll, Vo), 32 bits, going on from `seed`. */
function hash(seed: number, text: string): number {
  let hashed = seed;
  for (let at = 0; at < text.length; at++) {
    hashed = Math.imul(hashed ^ text.charCodeAt(at), 0x01000193);
  }
  return hashed;
}

/** The finalizer of MurmurHash3 (Appleby): every bit in depends on every bit out, which FNV-1a lacks. */
function mix(hashed: number): number {
  let mixed = hashed ^ (hashed >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
