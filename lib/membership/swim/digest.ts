import type { NodeId } from "../../core/mod.ts";
import { SYNC_SHARES } from "./limits.ts";
import type { MemberRecord } from "./record.ts";

/** Records of one share at the most, as long as there are not more than `4 * SYNC_SHARES`. */
const RECORDS_PER_SHARE = 4;

/**
 * The digest of a view: two members whose digests are equal believe the same, but for one chance in
 * 2^53.
 *
 * A record counts with what decides between two of them: id, incarnation, state and force;
 * everything else follows from these, or is no belief. The order in which the members are known
 * does not count.
 */
export class ViewDigest {
  #high = 0;
  #low = 0;

  /** Puts a record in, or takes it out. */
  toggle(record: MemberRecord): void {
    const { a, b } = digestOf(record);
    this.#low ^= a;
    this.#high ^= b;
  }

  /** 53 bits. */
  get value(): number {
    return (this.#high & 0x1fffff) * 2 ** 32 + (this.#low >>> 0);
  }
}

/**
 * The digests, 32 bits each, of the shares into which a view is cut by ids: two members that differ
 * find out where, and tell each other only that.
 *
 * @param of how many shares, a power of two; by default as many as suit the number of records.
 */
export function shareDigests(
  records: readonly MemberRecord[],
  of: number = suitableShares(records.length),
): number[] {
  const shares = new Array<number>(of).fill(0);
  for (const record of records) {
    const { first, a } = digestOf(record);
    const share = mix(first) & (of - 1);
    shares[share] = ((shares[share] as number) ^ a) >>> 0;
  }
  return shares;
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

function digestOf(record: MemberRecord): { first: number; a: number; b: number } {
  const { id, incarnation, state, forced } = record;
  const belief = `${incarnation} ${state}${forced ? " forced" : ""}`;
  const first = hash(0x811c9dc5, id);
  const second = hash(0x9e3779b9, id);
  return { first, a: mix(hash(first, belief)), b: mix(hash(second, belief)) };
}

/** FNV-1a (Fowler, Noll, Vo), 32 bits, going on from `seed`. */
function hash(seed: number, text: string): number {
  let hashed = seed;
  for (let at = 0; at < text.length; at++) {
    hashed = Math.imul(hashed ^ text.charCodeAt(at), 0x01000193);
  }
  return hashed;
}

/**
 * The finalizer of MurmurHash3 (Appleby): every bit in depends on every bit out, which FNV-1a
 * lacks.
 */
function mix(hashed: number): number {
  let mixed = hashed ^ (hashed >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
