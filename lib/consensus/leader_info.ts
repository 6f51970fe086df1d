import type { Counts } from "./raft/mod.ts";
import { isId, isInteger, type Message, type NodeId } from "../core/mod.ts";

/** Who leads, as far as a node knows. */
export interface LeaderInfo {
  /** The master; `undefined` while there is none. */
  master: NodeId | undefined;
  term: number;
  voters: readonly NodeId[];
  learners: readonly NodeId[];
  /** In how many places its master says that acknowledged writes are; `undefined`: it has not said. */
  counts?: Counts | undefined;
}

/** What a member that takes no part in consensus is told of who leads. */
export function leadershipMessage(view: LeaderInfo): Message {
  return { type: "master", ...leadershipData(view) };
}

/** The same as fields of another message. */
export function leadershipData(view: LeaderInfo): Record<string, unknown> {
  const { master, term, voters, learners, counts } = view;
  return { master: master ?? null, term, voters, learners, ...counts };
}

/** Reads what another member says of who leads; `undefined` when it is malformed. */
export function parseLeadership(message: Record<string, unknown>): LeaderInfo | undefined {
  const { master, term, voters, learners, copies, disks } = message;
  if ((master !== null && !isId(master)) || !isInteger(term)) return undefined;
  if (!isIdList(voters) || !isIdList(learners)) return undefined;
  const counts = isInteger(copies) && isInteger(disks) ? { counts: { copies, disks } } : {};
  return { master: master ?? undefined, term, voters, learners, ...counts };
}

/**
 * Whether what is told is newer than what is known: a later term, or of the same term a word on who
 * leads it (only its leader can have told that), or its leader's later word: on the voters, or that it
 * leads no more.
 *
 * @param from who tells it.
 */
export function isNewer(told: LeaderInfo, known: LeaderInfo, from: NodeId): boolean {
  if (told.term !== known.term) return told.term > known.term;
  return told.master !== undefined || from === known.master;
}

function isIdList(value: unknown): value is NodeId[] {
  return Array.isArray(value) && value.length <= 16 && value.every(isId);
}
