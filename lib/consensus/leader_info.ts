import type { ConsensusStatus, Counts } from "./raft/mod.ts";
import { isId, isInteger, type Message, type NodeId } from "../core/mod.ts";
import { isObserver, type Member } from "../membership/swim/mod.ts";
import type { MemberRole } from "../wire/mod.ts";

/** Who leads, as far as a node knows. */
export interface LeaderInfo {
  /** The master; `undefined` while there is none. */
  master: NodeId | undefined;
  /** The newest term that is known. */
  term: number;
  /** Who votes. */
  voters: readonly NodeId[];
  /** Who gets the log, and has no vote yet. */
  learners: readonly NodeId[];
  /**
   * In how many places its master says that acknowledged writes are; `undefined`: it has not said.
   */
  counts?: Counts | undefined;
}

/** What a member that does not lead is, by that view. */
export function roleIn(view: LeaderInfo, node: NodeId, member: Member | undefined): MemberRole {
  if (view.voters.includes(node)) return "voter";
  if (view.learners.includes(node)) return "learner";
  return member !== undefined && isObserver(member) ? "observer" : "member";
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

/**
 * Asks a member who leads, and says whom its asker takes for the master: who does not lead any more
 * denies it.
 */
export function leaderQuery({ master, term }: LeaderInfo): Message {
  return { type: "master-query", ...(master === undefined ? {} : { master, term }) };
}

/**
 * What a member answers that is asked who leads; `undefined`: it does not know.
 *
 * One that is taken for the master and is none, because no majority answered or it was started
 * anew, says so in the term that its asker named: in that one it led, and leads no more.
 */
export function answerQuery(
  query: Record<string, unknown>,
  self: NodeId,
  view: LeaderInfo,
  isKnown: boolean,
): Message | undefined {
  if (isKnown) return leadershipMessage(view);
  const { master, term } = query;
  if (master !== self || !isInteger(term) || view.voters.length === 0) return undefined;
  return leadershipMessage({ ...view, master: undefined, term, counts: undefined });
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
 * Whether what is told is news to a node that hears no leader by consensus: newer than what it
 * knows, and told by somebody who can know.
 */
export function isNews(told: LeaderInfo, known: LeaderInfo, from: NodeId, self: NodeId): boolean {
  // Whether it leads itself it knows from consensus alone: who says so has not heard that it
  // stepped down.
  if (!isNewer(told, known, from) || told.master === self) return false;
  // Of the voters of a term others may know less than this node: only its master's word counts.
  const isHearsay = told.term === known.term && from !== told.master && from !== known.master;
  return !isHearsay || known.master === undefined;
}

/**
 * Whether what is told is newer than what is known: a later term, or of the same term a word on who
 * leads it (only its leader can have told that), or its leader's later word: on the voters, or that
 * it leads no more.
 *
 * @param from who tells it.
 */
function isNewer(told: LeaderInfo, known: LeaderInfo, from: NodeId): boolean {
  if (told.term !== known.term) return told.term > known.term;
  return told.master !== undefined || from === known.master;
}

function isIdList(value: unknown): value is NodeId[] {
  return Array.isArray(value) && value.length <= 16 && value.every(isId);
}

/** What `status` shows of who takes part: how far it is, and by how much the others lag. */
export function viewStatus(
  { role, term, commitIndex, appliedIndex, lastIndex, progress }: ConsensusStatus,
  { voters, learners }: LeaderInfo,
  nameOf: (node: NodeId) => string,
): Record<string, unknown> {
  const lag: Record<string, number> = {};
  // Removed members stay in `progress` until they have the entry that removes them, and dead ones
  // for good.
  for (const id of [...voters, ...learners]) {
    const fed = progress[id];
    if (fed !== undefined) lag[nameOf(id)] = fed.lag;
  }
  return { role, term, commitIndex, appliedIndex, lastIndex, lag };
}
