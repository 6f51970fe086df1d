import type { Counts } from "../../consensus/mod.ts";
import type { NodeId } from "../../core/mod.ts";
import { isObserver } from "../../membership/mod.ts";
import type { MemberView } from "../belonging/views.ts";
import { missingAdvice, missingText, type MissingVoters } from "./missing_voters.ts";

/** What a node has that is the second copy beside a single voter. */
export interface SecondCopyView {
  /** The voter's name. */
  readonly voter: string;
  /** The last entry that its folder has. */
  readonly lastIndex: number;
  /** Whether the voter said last that all that it acknowledges is here, too. */
  readonly isWhole: boolean;
}

/** What the notes are about, as one node sees it. */
export interface VotersView {
  readonly members: readonly Pick<MemberView, "id" | "name" | "state" | "tags">[];
  readonly master: NodeId | undefined;
  readonly voters: readonly NodeId[];
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

/** What a person should know of who votes: that there is no majority, or that one crash would end it. */
export function voterNotes(view: VotersView): string[] {
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

/** What this node's folder has, for a person whose only voter is lost; `undefined`: it is no second copy. */
export function keptHere(second: SecondCopyView | undefined): string | undefined {
  if (second === undefined) return undefined;
  const { voter, lastIndex, isWhole } = second;
  const what = isWhole
    ? `everything that ${voter} acknowledged, up to entry ${lastIndex}`
    : `everything up to entry ${lastIndex}; what ${voter} acknowledged later is in its folder alone`;
  return `${voter} was the only voter; this folder has ${what}: if that one is lost for good, this node ` +
    "goes on from here with --force-new-cluster";
}

function twoMembers({ members, learners = [], counts }: VotersView, only: NodeId): string {
  const nameOf = (id: NodeId) => members.find((member) => member.id === id)?.name ?? id;
  const third = "with a third member any one may go";
  const voter = `Two members have one voter, ${nameOf(only)}`;
  const [learner] = learners;
  if (learner === undefined || counts === undefined) {
    return `${voter}: without it nothing can be written; ${third}`;
  }
  const second = counts.copies > 1
    ? `${nameOf(learner)} has all that it acknowledges, too`
    : `there is one copy, for ${nameOf(learner)} is not in step`;
  return `${voter}: without it nothing can be written; ${second}; ${third}`;
}
