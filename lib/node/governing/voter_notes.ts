import type { NodeId } from "../../core/mod.ts";
import type { MemberView } from "../belonging/views.ts";

/** What the notes are about, as one node sees it. */
export interface VotersView {
  readonly members: readonly Pick<MemberView, "id" | "name" | "state">[];
  readonly master: NodeId | undefined;
  readonly voters: readonly NodeId[];
  /** Names of the voters that do not answer. */
  readonly missing: readonly string[];
  /** Whether a member that is here has a copy of the state: only then can stale reads work. */
  readonly hasCopy: boolean;
}

/** What a person should know of who votes: that there is no majority, or that one crash would end it. */
export function voterNotes({ members, master, voters, missing, hasCopy }: VotersView): string[] {
  const nameOf = (id: NodeId) => members.find((member) => member.id === id)?.name ?? id;
  if (master === undefined) {
    const who = missing.length === 0
      ? "none is elected yet"
      : `no answer from ${missing.join(", ")} of ${voters.length} voter${
        voters.length === 1 ? "" : "s"
      }; start them again, or found the cluster anew from what is left (--force-new-cluster)`;
    return [
      `There is no master: ${who}; until then nothing can be written, but ` +
      (hasCopy ? "members, calls and stale reads work" : "members and calls work"),
    ];
  }
  const live = members.filter(({ state }) => state === "alive" || state === "suspect");
  const [only] = voters;
  if (live.length !== 2 || voters.length !== 1 || only === undefined) return [];
  return [
    `Two members have one voter, ${nameOf(only)}: without it nothing can be written; ` +
    "with a third member any one may go",
  ];
}
