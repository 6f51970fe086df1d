import { isLive, type MemberState, type NodeId } from "../../core/mod.ts";

export { isLive, type MemberState };

/** What a record says of its member, whoever tells it. */
export type MemberRecord = {
  id: NodeId;
  /** Unique among the members that are alive. */
  name: string;
  /** Where others dial it, as `host:port`. */
  address: string;
  /**
   * Counts up with every word of the member about itself, and only the member raises it. Hence two
   * records of one id and one incarnation agree on name, address, tags and services.
   */
  incarnation: number;
  state: MemberState;
  tags: Record<string, string>;
  /** Names of the services that it offers. */
  services: string[];
  /**
   * Members that had its name before and were gone when it took it, the latest last, at most
   * `REPLACED_MAX`: should one of them come back, the name is no longer its own.
   */
  replaces?: NodeId[];
  /**
   * It was here before: held for dead until it refuted that, or started again with its data folder.
   */
  returned?: true;
  /** Its own word: so many milliseconds its process did not run, as it has just found. */
  stalledMs?: number;
  /**
   * Its own word, once it was told: others cannot dial its address, and only links that it opens
   * lead to it.
   */
  undialable?: true;
  /**
   * Of `suspect` and `dead`: the members that failed to reach it, themselves, at most
   * `OBSERVERS_MAX`.
   */
  by?: NodeId[];
  /** Of `suspect` and `dead`: those of `by` to whom its address answered that it is not there. */
  refused?: NodeId[];
  /** Of `left`: an operator removed it; it may never come back under this id. */
  forced?: true;
  /**
   * Of `dead` and `left`: milliseconds since it became so, by the sender's clock; 0 when absent.
   */
  ageMs?: number;
  /** Of `dead` and `left`: why, as a fragment of a sentence. */
  cause?: string;
};

/** A member as this node sees it. */
export interface Member {
  /** Who it is. */
  id: NodeId;
  /** What people call it. */
  name: string;
  /** Where it is dialled, as `host:port`. */
  address: string;
  /** Of its last word about itself that we know. */
  incarnation: number;
  /** What we believe of it. */
  state: MemberState;
  /** Its metadata. */
  tags: Readonly<Record<string, string>>;
  /** Names of the services that it offers. */
  services: readonly string[];
  /** Whether an operator removed it (its state is `left`). */
  removed: boolean;
  /** The local monotonic time at which we learned of its present state. */
  since: number;
  /** Smoothed round-trip time of direct probes in milliseconds, once there was one. */
  roundTripMs?: number;
  /** Whether it says that others cannot dial its address. */
  isUndialable: boolean;
  /** Whether this node's own dials are refused although others reach it. */
  isOutOfReach: boolean;
  /** Whether it is this node. */
  isSelf: boolean;
}

const RANK: Record<MemberState, number> = { alive: 0, suspect: 1, dead: 2, left: 3 };

/** The part of a record that decides which of two is believed. */
export type Standing = Pick<MemberRecord, "incarnation" | "state"> & { forced?: boolean };

/**
 * Whether `told` replaces `known`: a total order, so that members who heard the same claims in any
 * order, any number of times, believe the same (the table stands in `mod.ts`).
 */
export function overrides(told: Standing, known: Standing): boolean {
  if ((told.forced === true) !== (known.forced === true)) return told.forced === true;
  if (told.incarnation !== known.incarnation) return told.incarnation > known.incarnation;
  return RANK[told.state] > RANK[known.state];
}

/**
 * Whether the last who was at a member's address, that member or another after it, left of its own
 * will.
 */
export function hasLeftInOrder(members: readonly Member[], id: NodeId): boolean {
  const address = members.find((member) => member.id === id)?.address;
  const last = members.filter((member) => member.address === address)
    .reduce<Member | undefined>((a, b) => a === undefined || isLater(b, a) ? b : a, undefined);
  return last?.state === "left" && !last.removed;
}

function isLater(a: Member, b: Member): boolean {
  return a.since > b.since || (a.since === b.since && a.id > b.id);
}
