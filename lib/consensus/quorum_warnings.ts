import type { Counts } from "./raft/mod.ts";
import type { NodeId } from "../core/mod.ts";
import { isObserver } from "../membership/swim/mod.ts";
import type { MemberView } from "../wire/mod.ts";
import { keptHere, type SecondCopyView } from "./kept_here.ts";
import { missingAdvice, missingText, type MissingVoters } from "./missing_voters.ts";

/** What the notes are about, as one node sees it. */
export interface VotersView {
  /** All members that are known. */
  readonly members: readonly Pick<MemberView, "id" | "name" | "state" | "tags">[];
  /** Who leads; `undefined`: nobody. */
  readonly master: NodeId | undefined;
  /** Who votes. */
  readonly voters: readonly NodeId[];
  /** Who gets the log, and has no vote. */
  readonly learners?: readonly NodeId[];
  /** The voters that do not answer, or have left. */
  readonly missing: MissingVoters;
  /** Whether a member that is here has a copy of the state: only then can stale reads work. */
  readonly hasCopy: boolean;
  /** In how many places the master says that acknowledged writes are. */
  readonly counts?: Counts | undefined;
  /** What this node has as the second copy. */
  readonly second?: SecondCopyView | undefined;
}

/**
 * What a person should know of who votes: that there is no majority, or that one crash would end
 * it.
 */
export function quorumWarnings(view: VotersView): string[] {
  const { members, master, voters, missing, hasCopy } = view;
  if (master === undefined) {
    const gone = missingText(missing, voters.length);
    const who = gone === undefined ? "none is elected yet" : `${gone}; ${missingAdvice(missing)}`;
    const note = `There is no master: ${who}; until then nothing can be written, but ` +
      (hasCopy ? "members, calls and stale reads work" : "members and calls work");
    const kept = keptHere(view.second);
    return kept === undefined ? [note] : [note, kept];
  }
  const live = members.filter(({ state }) => state === "alive" || state === "suspect");
  const [only] = voters;
  if (voters.length !== 1 || only === undefined) return [];
  return [
    ...(live.length === 2 ? [twoMembers(view, only)] : []),
    ...(live.length === 1 ? absentNote(view) : []),
    ...observerNote(members.find(({ id }) => id === only)),
  ];
}

/** An observer that its folder makes the only voter has nobody to give its vote to. */
function observerNote(only: VotersView["members"][number] | undefined): string[] {
  if (only === undefined || !isObserver(only)) return [];
  return [
    `${only.name} is an observer, and by its folder the only voter all the same: it gives its vote up when ` +
    "a member that may vote has joined it",
  ];
}

/** Who would have the second copy is not here: what is written now is in one place. */
function absentNote({ members, learners = [], counts }: VotersView): string[] {
  const [learner] = learners;
  if (learner === undefined || counts?.copies !== 1) return [];
  const name = nameIn(members, learner);
  return [`There is one copy of what is written now, for ${name} is not here: start it again`];
}

function nameIn(members: VotersView["members"], id: NodeId): string {
  return members.find((member) => member.id === id)?.name ?? id;
}

function twoMembers({ members, learners = [], counts }: VotersView, only: NodeId): string {
  const third = "with a third member any one may go";
  const voter = `Two members have one voter, ${nameIn(members, only)}`;
  const [learner] = learners;
  if (learner === undefined || counts === undefined) {
    return `${voter}: without it nothing can be written; ${third}`;
  }
  const second = counts.copies > 1
    ? `${nameIn(members, learner)} has all that it acknowledges, too`
    : `there is one copy, for ${nameIn(members, learner)} is not in step`;
  return `${voter}: without it nothing can be written; ${second}; ${third}`;
}
