import { type ConsensusStatus, hasFolder } from "./raft/mod.ts";
import type { NodeId } from "../core/mod.ts";
import type { ToldCounts } from "./told_counts.ts";

/** What a node has that is the second copy beside a single voter. */
export interface SecondCopyView {
  /** The voter's name. */
  readonly voter: string;
  /** The last entry that its folder has. */
  readonly lastIndex: number;
  /**
   * Whether the voter said last, as far as it was heard, that all that it acknowledges is here,
   * too.
   */
  readonly isWhole: boolean;
  /** The names of others that may have a second copy. */
  readonly others: readonly string[];
}

/** What the second copy is seen by: a node's own consensus, and what it was told. */
export interface SecondCopySeen {
  readonly id: NodeId;
  /** Whether this node has a folder. */
  readonly isDurable: boolean;
  readonly status: Pick<ConsensusStatus, "config" | "lastIndex">;
  readonly told: ToldCounts;
  nameOf(node: NodeId): string;
}

/** What this node has as the second copy beside a single voter; `undefined` when it is none. */
export function secondCopyOf(seen: SecondCopySeen): SecondCopyView | undefined {
  const { id, isDurable, status: { config, lastIndex }, told } = seen;
  const [voter] = config.voters;
  const isSecond = isDurable && config.learners.includes(id);
  if (!isSecond || voter === undefined || config.voters.length > 1) return undefined;
  const others = config.learners.filter((node) => node !== id && hasFolder(config, node));
  // Of several that have a copy the voter's word is true of one.
  const isWhole = others.length === 0 && told.isTwice(voter);
  return { voter: seen.nameOf(voter), lastIndex, isWhole, others: others.map(seen.nameOf) };
}

/**
 * What this node's folder has, for a person whose only voter is lost; `undefined`: it is no second
 * copy.
 *
 * A voter that lost touch with the second copy goes on alone, and cannot tell it so: what it
 * acknowledged after it was heard last nobody here can know.
 */
export function keptHere(second: SecondCopyView | undefined): string | undefined {
  if (second === undefined) return undefined;
  const { voter, lastIndex, isWhole, others } = second;
  const what = isWhole
    ? `everything that ${voter} acknowledged as long as this node heard it, up to entry ${lastIndex}; ` +
      "what it may have acknowledged alone since is in its folder alone"
    : `everything up to entry ${lastIndex}, and nothing that ${voter} acknowledged later`;
  const who = others.length === 0
    ? "this node goes on from here"
    : `the one of this node and ${others.join(", ")} that has the latest entry goes on`;
  return `${voter} was the only voter; this folder has ${what}: if that one is lost for good, ${who} ` +
    "with --force-new-cluster";
}
