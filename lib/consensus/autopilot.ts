import type { Millis, NodeId } from "../core/mod.ts";
import type { Change } from "./input.ts";
import { majority } from "./quorum.ts";
import type { ConsensusStatus } from "./status.ts";

/** What membership says of one member; times are on the clock of the `now` that is handed in. */
export interface AutopilotMember {
  id: NodeId;
  /** `dead` also stands for "unknown to membership"; `leaving`: alive, and wants to go. */
  state: "alive" | "leaving" | "dead";
  /** Since when it is in that state. */
  since: Millis;
}

/** How patient the autopilot is. */
export interface AutopilotTiming {
  /** How long a member is alive before it may become a voter, ms. */
  stableMs: Millis;
  /** How long a voter is dead before it is removed, ms: long enough for a restart to be cheaper. */
  deadMs: Millis;
  /** How long a leaving voter waits for its replacement, ms. */
  leaveMs: Millis;
}

/** For `lan`: a crash every ten seconds leaves time for each removal, and a quick restart for none. */
export const AUTOPILOT_TIMING: AutopilotTiming = { stableMs: 5_000, deadMs: 3_000, leaveMs: 5_000 };

/** How many voters a cluster has at most: two may fail at once, and more would only slow writes. */
export const MOST_VOTERS = 5;

/** What the leader should do next about its voters. */
export type AutopilotStep = Change | { type: "transfer"; node: NodeId };

/**
 * The number of voters that suits a number of members: odd, at most {@linkcode MOST_VOTERS}.
 *
 * An even set tolerates no more failures than the odd one below it, and has one more that can fail.
 */
export function suitableVoters(members: number): number {
  const bounded = Math.max(1, Math.min(MOST_VOTERS, members));
  return bounded % 2 === 1 ? bounded : bounded - 1;
}

/**
 * The next single step towards a healthy set of voters, or `undefined` when there is nothing to do.
 *
 * With v voters of which a are alive, a − majority(v) more may fail. The order never lowers that
 * number, except that a voter which wants to leave and cannot be replaced takes its part with it:
 * 1. a dead voter is removed (never lowers it: majority(v − 1) ≤ majority(v));
 * 2. a leaving voter is replaced, hands over when it leads, and is removed;
 * 3. missing voters are added as learners and promoted once they have caught up; from an odd set two
 *    at a time, so that the even set between (as tolerant, but with one more to fail) is brief;
 * 4. surplus voters are removed: from an even set that cannot grow one leaves, at no cost.
 *
 * So five of which one died, and no spare: 5 → 4 (removed) → 3 (even, so one more). Two members have
 * one voter. Each step is a committed entry; a partitioned leader commits none, whatever it believes.
 *
 * @param status the leader's own view: its configuration and progress.
 */
export function nextStep(
  status: ConsensusStatus,
  members: readonly AutopilotMember[],
  now: Millis,
  timing: AutopilotTiming = AUTOPILOT_TIMING,
): AutopilotStep | undefined {
  if (status.role !== "leader" || !status.canChange || status.transferTarget !== undefined) {
    return undefined;
  }
  const view = new View(status, members, now, timing);
  return view.removeDead() ?? view.replaceLeaving() ?? view.grow() ?? view.shrink() ??
    view.removeLearner();
}

/** One look at the cluster. */
class View {
  readonly #status: ConsensusStatus;
  readonly #members: Map<NodeId, AutopilotMember>;
  readonly #now: Millis;
  readonly #timing: AutopilotTiming;
  readonly #voters: readonly NodeId[];
  /** Voters that are there and stay. */
  readonly #staying: readonly NodeId[];
  /** Voters that are there and want to go. */
  readonly #leaving: readonly NodeId[];
  /** Stable members without a vote. */
  readonly #spares: readonly NodeId[];
  readonly #suitable: number;

  constructor(
    status: ConsensusStatus,
    members: readonly AutopilotMember[],
    now: Millis,
    timing: AutopilotTiming,
  ) {
    this.#status = status;
    this.#members = new Map(members.map((member) => [member.id, member]));
    this.#now = now;
    this.#timing = timing;
    this.#voters = status.config.voters;
    this.#leaving = this.#voters.filter((id) => this.#stateOf(id) === "leaving");
    this.#staying = this.#voters.filter((id) => this.#stateOf(id) === "alive");
    this.#spares = members.filter(({ id, state, since }) =>
      state === "alive" && now - since >= timing.stableMs && !this.#voters.includes(id)
    ).map(({ id }) => id).toSorted();
    this.#suitable = suitableVoters(this.#staying.length + this.#spares.length);
  }

  removeDead(): AutopilotStep | undefined {
    const dead = this.#voters.find((id) => this.#isLongDead(id));
    const alive = this.#staying.length + this.#leaving.length;
    // What cannot be committed would only block everything else.
    if (dead === undefined || alive < majority(this.#voters.length - 1)) return undefined;
    return { type: "remove", node: dead };
  }

  replaceLeaving(): AutopilotStep | undefined {
    const leaver = this.#leaving.find((id) => id !== this.#status.id) ?? this.#leaving[0];
    if (leaver === undefined) return undefined;
    const since = this.#members.get(leaver)?.since ?? -Infinity;
    const mayWait = this.#now - since < this.#timing.leaveMs || this.#staying.length === 0;
    const mustWait = mayWait && this.#spares.length > 0 && this.#staying.length < this.#suitable;
    if (mustWait) return this.grow();
    if (leaver === this.#status.id) {
      const heir = this.#mostAdvanced(this.#staying);
      return heir === undefined ? undefined : { type: "transfer", node: heir };
    }
    const staysCommittable =
      this.#staying.length + this.#leaving.length - 1 >= majority(this.#voters.length - 1);
    return staysCommittable ? { type: "remove", node: leaver } : undefined;
  }

  grow(): AutopilotStep | undefined {
    const staying = this.#staying.length;
    // A voter that seems dead, but not for long, is neither counted in nor replaced yet.
    const isUnsure = this.#voters.some((id) => this.#stateOf(id) === "dead");
    if (staying >= this.#suitable || isUnsure) return undefined;
    const needed = staying % 2 === 0 ? 1 : 2;
    const { learners } = this.#status.config;
    const joining = this.#spares.filter((id) => learners.includes(id));
    const ready = joining.filter((id) => this.#hasCaughtUp(id));
    const next = this.#mostAdvanced(ready);
    if (next !== undefined && ready.length >= needed) return { type: "promote", node: next };
    const spare = this.#spares.find((id) => !learners.includes(id));
    if (joining.length < needed && spare !== undefined) return { type: "add-learner", node: spare };
    return undefined;
  }

  shrink(): AutopilotStep | undefined {
    const count = this.#voters.length;
    const isUnsure = this.#staying.length < count;
    if (isUnsure || count <= this.#suitable || count === 1) return undefined;
    // The one that has least of the log costs least; never the leader itself.
    const others = this.#voters.filter((id) => id !== this.#status.id);
    const least =
      others.toSorted((a, b) => this.#matchOf(a) - this.#matchOf(b) || compare(b, a))[0];
    return least === undefined ? undefined : { type: "remove", node: least };
  }

  removeLearner(): AutopilotStep | undefined {
    const { learners } = this.#status.config;
    const gone = learners.find((id) => this.#isLongDead(id) || this.#stateOf(id) === "leaving");
    const isComplete = this.#staying.length >= this.#suitable;
    const node = gone ?? (isComplete ? learners[0] : undefined);
    return node === undefined ? undefined : { type: "remove", node };
  }

  #stateOf(id: NodeId): AutopilotMember["state"] {
    // The leader lives, whatever others say.
    const state = this.#members.get(id)?.state ?? "dead";
    return id === this.#status.id && state === "dead" ? "alive" : state;
  }

  #isLongDead(id: NodeId): boolean {
    if (this.#stateOf(id) !== "dead") return false;
    return this.#now - (this.#members.get(id)?.since ?? -Infinity) >= this.#timing.deadMs;
  }

  #matchOf(id: NodeId): number {
    return this.#status.progress[id]?.match ?? 0;
  }

  #hasCaughtUp(id: NodeId): boolean {
    const progress = this.#status.progress[id];
    return progress?.state === "replicate" && progress.match >= this.#status.commitIndex;
  }

  #mostAdvanced(ids: readonly NodeId[]): NodeId | undefined {
    const others = ids.filter((id) => id !== this.#status.id);
    return others.toSorted((a, b) => this.#matchOf(b) - this.#matchOf(a) || compare(a, b))[0];
  }
}

function compare(a: NodeId, b: NodeId): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
