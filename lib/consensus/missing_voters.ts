import type { Clock, Millis, NodeId } from "../core/mod.ts";
import { isLive, type Member } from "../membership/swim/mod.ts";
import { YOUTH_MS } from "./limits.ts";
import { majority } from "./raft/mod.ts";
import { nameAndAddress, type VoterName, type VoterNames } from "./voter_names.ts";

/** The voters that are missed, for people. */
export interface MissingVoters {
  /** Those that do not answer. */
  readonly silent: readonly VoterName[];
  /** Those that left in order: they are gone because somebody wanted it. */
  readonly left: readonly VoterName[];
  /** Whether this node has only just started, and the others may be about to. */
  readonly isYoung?: boolean;
}

/**
 * The first moments of a node, until it knows a master: of nodes that start together each misses
 * the others at first, and to give them up is no advice yet.
 */
export class Youth {
  readonly #clock: Clock;
  #until: Millis;

  /** Begins now. */
  constructor(clock: Clock) {
    this.#clock = clock;
    this.#until = clock.now() + YOUTH_MS;
  }

  /** Whether it lasts. */
  get isYoung(): boolean {
    return this.#clock.now() < this.#until;
  }

  /** There is a master: whoever is missing later was there. */
  end(): void {
    this.#until = -Infinity;
  }
}

/** What is known of who is missing. */
export interface VotersSeen {
  readonly self: NodeId;
  readonly voters: readonly NodeId[];
  readonly names: VoterNames;
  member(id: NodeId): Member | undefined;
  /** Voters that consensus does not hear. */
  readonly unheard: readonly NodeId[];
  readonly isYoung?: boolean;
}

/** Whether so many voters are dead, as membership sees it, that the rest is no majority. */
export function isMajorityDead(
  voters: readonly NodeId[],
  member: VotersSeen["member"],
): boolean {
  const there = voters.filter((id) => isLive(member(id)?.state ?? "dead"));
  return voters.length > 0 && there.length < majority(voters.length);
}

/** Sorts out who is missing. The node itself never is: it is the one that says so. */
export function missingVoters(seen: VotersSeen): MissingVoters {
  const { self, voters, unheard, names, member, isYoung = false } = seen;
  const gone = voters.filter((id) => member(id)?.state !== "alive");
  const silent: VoterName[] = [];
  const left: VoterName[] = [];
  for (const id of new Set([...gone, ...unheard])) {
    if (id === self) continue;
    const known = member(id);
    const hasLeft = known?.state === "left" && !known.removed;
    (hasLeft ? left : silent).push(names.of(id, known));
  }
  return { silent, left, isYoung };
}

/** Who is missing, as a fragment of a sentence; `undefined` when nobody is. */
export function missingText({ silent, left }: MissingVoters, voters?: number): string | undefined {
  const of = voters === undefined ? "" : ` of ${voters} voter${voters === 1 ? "" : "s"}`;
  const gone = left.map(nameAndAddress).join(", ");
  if (silent.length > 0) {
    return `no answer from ${silent.map(nameAndAddress).join(", ")}${of}${
      gone === "" ? "" : `, and ${gone} left`
    }`;
  }
  return gone === "" ? undefined : `${gone}${of} left`;
}

/**
 * What to do about it. Where voters left in order a cluster is being stopped, or moved: its data
 * are where they were put, and to found it anew from what is left would lose some. So it would
 * where they are just being started.
 */
export function missingAdvice({ left, isYoung }: MissingVoters): string {
  return left.length > 0 || isYoung === true
    ? "start them again"
    : "start them again, or found the cluster anew from what is left (--force-new-cluster)";
}
