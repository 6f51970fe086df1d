import type { MemberRecord } from "./record.ts";

/** What decides over a name. */
export type NameClaim = Pick<MemberRecord, "id" | "replaces" | "returned">;

/**
 * Which of two alive members keeps their one name: who was given it when the other was gone,
 * whatever their ids; else who was here all the time against who came back; else the older, whose
 * id is smaller. All of that stands in the two records, so that every member decides alike.
 */
export function nameWinner<T extends NameClaim>(a: T, b: T): T {
  const isGivenToA = a.replaces?.includes(b.id) === true;
  const isGivenToB = b.replaces?.includes(a.id) === true;
  if (isGivenToA !== isGivenToB) return isGivenToA ? a : b;
  if ((a.returned === true) !== (b.returned === true)) return a.returned ? b : a;
  return a.id < b.id ? a : b;
}

/** Which of two members is at their one address: the newer, since only one can listen there. */
export function addressWinner<T extends Pick<MemberRecord, "id">>(a: T, b: T): T {
  return a.id > b.id ? a : b;
}
