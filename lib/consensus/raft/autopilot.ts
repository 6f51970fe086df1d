import type { Millis, NodeId } from "../../core/mod.ts";
import { AUTOPILOT_RULES, type AutopilotRules } from "./autopilot_rules.ts";
import { hasFolder } from "./entry.ts";
import type { Change } from "./input.ts";
import { majority } from "./quorum.ts";
import type { ConsensusStatus } from "./status.ts";

/** What membership says of one member; times are on the clock of the `now` that is handed in. */
export interface AutopilotMember {
  /** Who it is. */
  id: NodeId;
  /**
   * `dead` also stands for "unknown to membership"; `leaving`: alive, and wants to go; `left`: it
   * went in order or was removed, and nobody waits for it.
   */
  state: "alive" | "leaving" | "dead" | "left";
  /** Since when it is in that state. */
  since: Millis;
  /**
   * Whether it keeps nothing; `undefined`: it is of a version that does not say, and is no folder
   * to count on: as one that keeps nothing it is dealt with as that version does.
   */
  memory?: boolean | undefined;
}

/** How patient the autopilot is. */
export interface AutopilotTiming {
  /** How long a member is alive before it may become a voter, ms. */
  stableMs: Millis;
  /**
   * How long a voter is dead before it may be removed, ms: long enough for a restart to be cheaper.
   */
  deadMs: Millis;
  /** How long a leaving voter waits for its replacement, ms. */
  leaveMs: Millis;
}

/** How many voters a cluster has at most: two may fail at once, and more would only slow writes. */
export const MOST_VOTERS = 5;

/**
 * Up to so many voters, a dead one with a folder is waited for: two of the last three are a
 * majority.
 */
export const FLOOR_VOTERS = 3;

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
 * 1. what the configuration has wrong of who keeps nothing is put right;
 * 2. a dead voter is removed (never lowers it: majority(v − 1) ≤ majority(v)). **The floor**: one
 *    with a folder stays in a set of up to {@linkcode FLOOR_VOTERS} until a spare with a folder has
 *    caught up as a learner; then it goes, and the spare is promoted by the next entry. One without
 *    a folder never comes back under its id, and goes whatever the set;
 * 3. a leaving voter is replaced, hands over when it leads, and is removed, once a majority of
 *    those that remain has acknowledged something since it asked, and lately; if they do not, dead
 *    ones go first;
 * 4. missing voters are added as learners, those with a folder first, and promoted once they have
 *    caught up; from an odd set two at a time, so that the even set between (as tolerant, but with
 *    one more to fail) is brief. A single voter that stays alone gets a learner with a folder: the
 *    second copy;
 * 5. surplus voters are removed, those without a folder first: from an even set that cannot grow
 *    one leaves, at no cost. Of two the second is demoted: it stays the second copy;
 * 6. learners without a purpose are removed, but not a single voter's last one with a folder.
 *
 * So five of which one died, and no spare: 5 → 4 (removed) → 3 (even, so one more: it becomes a
 * spare, for the next that dies). Two members have one voter. Each step is a committed entry; a
 * partitioned leader commits none, whatever it believes.
 *
 * @param status the leader's own view: its configuration and progress.
 */
export function nextStep(
  status: ConsensusStatus,
  members: readonly AutopilotMember[],
  now: Millis,
  timing: AutopilotTiming,
  rules: Partial<AutopilotRules> = {},
): AutopilotStep | undefined {
  if (status.role !== "leader" || !status.canChange || status.transferTarget !== undefined) {
    return undefined;
  }
  const view = new View(status, members, now, timing, { ...AUTOPILOT_RULES, ...rules });
  return view.mark() ?? view.removeDead() ?? view.replaceLeaving() ?? view.grow() ??
    view.addSecond() ?? view.shrink() ?? view.removeLearner();
}

/**
 * Which voters a leaving one waits for: those that would remain and have not acknowledged anything
 * since it asked; none when the others can do without it.
 */
export function awaitedVoters(
  status: ConsensusStatus,
  leaver: NodeId,
  since: Millis,
  now: Millis,
): NodeId[] {
  const rest = status.config.voters.filter((id) => id !== leaver);
  const notBefore = Math.max(since, now - status.electionTimeoutMs);
  const silent = rest.filter((id) =>
    id !== status.id && !((status.progress[id]?.answeredAt ?? -Infinity) >= notBefore)
  );
  return rest.length - silent.length >= majority(rest.length) ? [] : silent;
}

/**
 * Which voters one that would like to leave had to wait for: those that would remain and have not
 * acknowledged anything since it asked, without the dead ones that can be removed first.
 */
export function missedVoters(
  status: ConsensusStatus,
  members: readonly AutopilotMember[],
  leaver: NodeId,
  since: Millis,
  now: Millis,
  timing: AutopilotTiming,
): NodeId[] {
  return new View(status, members, now, timing, AUTOPILOT_RULES).missed(leaver, since);
}

/** One look at the cluster. */
class View {
  readonly #status: ConsensusStatus;
  readonly #members: Map<NodeId, AutopilotMember>;
  readonly #now: Millis;
  readonly #timing: AutopilotTiming;
  readonly #rules: AutopilotRules;
  readonly #voters: readonly NodeId[];
  /** Voters that are there and stay. */
  readonly #staying: readonly NodeId[];
  /** Voters that are there and want to go. */
  readonly #leaving: readonly NodeId[];
  /** Stable members without a vote, those with a folder first. */
  readonly #spares: readonly NodeId[];
  readonly #suitable: number;

  constructor(
    status: ConsensusStatus,
    members: readonly AutopilotMember[],
    now: Millis,
    timing: AutopilotTiming,
    rules: AutopilotRules,
  ) {
    this.#status = status;
    this.#members = new Map(members.map((member) => [member.id, member]));
    this.#now = now;
    this.#timing = timing;
    this.#rules = rules;
    this.#voters = status.config.voters;
    this.#leaving = this.#voters.filter((id) => this.#stateOf(id) === "leaving");
    this.#staying = this.#voters.filter((id) => this.#stateOf(id) === "alive");
    this.#spares = members.filter(({ id, state, since }) =>
      state === "alive" && now - since >= timing.stableMs && !this.#voters.includes(id)
    ).map(({ id }) => id).toSorted((a, b) => this.#byFolder(a, b) || compare(a, b));
    this.#suitable = suitableVoters(this.#staying.length + this.#spares.length);
  }

  mark(): AutopilotStep | undefined {
    const { config } = this.#status;
    // Nothing comes between a removal and the promotion that it is for.
    if (config.vacant === true) return undefined;
    for (const node of [...config.voters, ...config.learners]) {
      const member = this.#members.get(node);
      if (member === undefined) continue;
      const { memory = true } = member;
      if (memory === hasFolder(config, node)) return { type: "mark", node, memory };
    }
    return undefined;
  }

  removeDead(): AutopilotStep | undefined {
    const gone = this.#voters.filter((id) => this.#isGone(id));
    for (const node of gone.toSorted((a, b) => this.#byFolder(b, a))) {
      // What cannot be committed would only block everything else.
      if (!this.#canDoWithout(node, -Infinity)) continue;
      const hasLeft = this.#stateOf(node) === "left";
      const isAwaited = this.#voters.length <= FLOOR_VOTERS &&
        this.#rules.isAwaited(this.#hasFolder(node));
      if (hasLeft || !isAwaited) return { type: "remove", node };
      const heir = this.#readySpares(true).find((id) => this.#hasFolder(id));
      if (heir === undefined) continue;
      if (!this.#rules.vacatesFirst()) return { type: "promote", node: heir };
      return { type: "remove", node, vacates: true };
    }
    return undefined;
  }

  replaceLeaving(): AutopilotStep | undefined {
    const leaver = this.#leaving.find((id) => id !== this.#status.id) ?? this.#leaving[0];
    if (leaver === undefined) return undefined;
    const since = this.#members.get(leaver)?.since ?? -Infinity;
    const mayWait = this.#now - since < this.#timing.leaveMs || this.#staying.length === 0;
    const mustWait = mayWait && this.#spares.length > 0 && this.#staying.length < this.#suitable;
    if (mustWait) return this.grow();
    if (!this.#canDoWithout(leaver, since)) {
      const dead = this.#voters.find((id) =>
        this.#isGone(id) && this.#canDoWithout(id, -Infinity) && this.#hasAnswered(leaver, since)
      );
      return dead === undefined ? undefined : { type: "remove", node: dead };
    }
    if (leaver !== this.#status.id) return { type: "remove", node: leaver };
    const heir = this.#mostAdvanced(this.#staying.filter((id) => this.#hasAnswered(id, since)));
    return heir === undefined ? undefined : { type: "transfer", node: heir };
  }

  missed(leaver: NodeId, since: Millis): NodeId[] {
    const others = this.#voters.filter((id) => id !== leaver);
    const gone = others.find((id) => this.#isGone(id));
    const goFirst = gone !== undefined && this.#canDoWithout(gone, -Infinity) &&
      this.#hasAnswered(leaver, since);
    const rest = goFirst ? others.filter((id) => !this.#isGone(id)) : others;
    const silent = rest.filter((id) => !this.#hasAnswered(id, since));
    return rest.length - silent.length >= majority(rest.length) ? [] : silent;
  }

  grow(): AutopilotStep | undefined {
    const staying = this.#staying.length;
    // A voter that seems dead, but not for long, is neither counted in nor replaced yet.
    const isUnsure = this.#voters.some((id) => this.#isDead(id) && !this.#isGone(id));
    if (staying >= this.#suitable || isUnsure) return undefined;
    const { learners } = this.#status.config;
    // A dead one that is waited for gives its place to a folder only, and gives it before that has
    // a vote.
    const isPlaceTaken = this.#voters.some((id) => this.#isGone(id));
    const spares = isPlaceTaken ? this.#spares.filter((id) => this.#hasFolder(id)) : this.#spares;
    const needed = isPlaceTaken || staying % 2 === 0 ? 1 : 2;
    const ready = isPlaceTaken ? [] : this.#readySpares(this.#voters.length % 2 === 1);
    const next = ready[0];
    if (next !== undefined && ready.length >= needed) return { type: "promote", node: next };
    const spare = spares.find((id) => !learners.includes(id));
    const joining = spares.filter((id) => learners.includes(id));
    return joining.length < needed && spare !== undefined ? this.#add(spare) : undefined;
  }

  /** A single voter gets a second copy. */
  addSecond(): AutopilotStep | undefined {
    if (this.#voters.length !== 1 || this.#staying.length === 0) return undefined;
    const { learners } = this.#status.config;
    const isThere = learners.some((id) => this.#hasFolder(id) && this.#stateOf(id) === "alive");
    const spare = this.#spares.find((id) => this.#hasFolder(id) && !learners.includes(id));
    return isThere || spare === undefined ? undefined : this.#add(spare);
  }

  shrink(): AutopilotStep | undefined {
    const count = this.#voters.length;
    const isUnsure = this.#staying.length < count;
    if (isUnsure || count <= this.#suitable || count === 1) return undefined;
    const { id: self, config } = this.#status;
    // Of those without a folder, or else of all, the one that has least of the log costs least; the
    // leader itself last.
    const least = this.#voters.toSorted((a, b) =>
      this.#byFolder(b, a) || Number(a === self) - Number(b === self) ||
      this.#matchOf(a) - this.#matchOf(b) || compare(b, a)
    )[0] as NodeId;
    const isKept = this.#hasFolder(least);
    if ((isKept && config.vacant === true) || !this.#canDoWithout(least, -Infinity)) {
      return undefined;
    }
    if (least !== self) return { type: isKept && count === 2 ? "demote" : "remove", node: least };
    const heir = this.#mostAdvanced(this.#voters.filter((id) => this.#hasFolder(id)));
    return heir === undefined ? undefined : { type: "transfer", node: heir };
  }

  removeLearner(): AutopilotStep | undefined {
    const { learners } = this.#status.config;
    const second = this.#voters.length === 1 ? this.#bestSecond() : undefined;
    const gone = learners.find((id) => {
      const state = this.#stateOf(id);
      return state === "left" || state === "leaving" || (id !== second && this.#isGone(id));
    });
    const isComplete = this.#staying.length >= this.#suitable;
    const surplus = learners.toSorted((a, b) => this.#byFolder(b, a)).find((id) => id !== second);
    const node = gone ?? (isComplete ? surplus : undefined);
    return node === undefined ? undefined : { type: "remove", node };
  }

  #add(node: NodeId): AutopilotStep {
    const memory = !this.#hasFolder(node);
    return { type: "add-learner", node, ...(memory ? { memory } : {}) };
  }

  /** The learner with a folder that a single voter keeps. */
  #bestSecond(): NodeId | undefined {
    const rank = (id: NodeId) =>
      Number(this.#stateOf(id) === "alive") * 2 +
      Number(this.#status.progress[id]?.isInStep === true);
    return this.#status.config.learners.filter((id) => this.#hasFolder(id))
      .toSorted((a, b) =>
        rank(b) - rank(a) || this.#matchOf(b) - this.#matchOf(a) || compare(a, b)
      )[0];
  }

  /**
   * Spares that are learners and have caught up, those with a folder first, then by what they have.
   */
  #readySpares(isStrict: boolean): NodeId[] {
    const { config: { learners }, progress, commitIndex } = this.#status;
    return this.#spares.filter((id) => {
      const { state, match = 0 } = progress[id] ?? {};
      // To a set that is even, a voter adds nothing that a commit has to wait for: it may lack a
      // little.
      const isThere = !isStrict || match >= commitIndex;
      return learners.includes(id) && state === "replicate" && isThere &&
        this.#hasAnswered(id, -Infinity);
    }).toSorted((a, b) =>
      this.#byFolder(a, b) || this.#matchOf(b) - this.#matchOf(a) || compare(a, b)
    );
  }

  #stateOf(id: NodeId): AutopilotMember["state"] {
    // The leader lives, whatever others say.
    const state = this.#members.get(id)?.state ?? "dead";
    return id === this.#status.id && (state === "dead" || state === "left") ? "alive" : state;
  }

  #isDead(id: NodeId): boolean {
    const state = this.#stateOf(id);
    return state === "dead" || state === "left";
  }

  /** Left, or dead for so long that it may be removed. */
  #isGone(id: NodeId): boolean {
    if (!this.#isDead(id)) return false;
    const { state, since = -Infinity } = this.#members.get(id) ?? {};
    return state === "left" || this.#now - since >= this.#timing.deadMs;
  }

  #hasFolder(id: NodeId): boolean {
    const { config } = this.#status;
    const isPart = config.voters.includes(id) || config.learners.includes(id);
    return isPart ? hasFolder(config, id) : this.#members.get(id)?.memory === false;
  }

  /** Those with a folder first. */
  #byFolder(a: NodeId, b: NodeId): number {
    return Number(this.#hasFolder(b)) - Number(this.#hasFolder(a));
  }

  /** Whether a majority of the other voters acknowledges, and has since then. */
  #canDoWithout(node: NodeId, since: Millis): boolean {
    const rest = this.#voters.filter((id) => id !== node);
    return rest.filter((id) => this.#hasAnswered(id, since)).length >= majority(rest.length);
  }

  /**
   * Whether a node has acknowledged what was sent since then, and lately; the leader itself always
   * has.
   */
  #hasAnswered(id: NodeId, since: Millis): boolean {
    if (id === this.#status.id) return true;
    const notBefore = Math.max(since, this.#now - this.#status.electionTimeoutMs);
    return this.#rules.hasAnswered(this.#status.progress[id]?.answeredAt, notBefore);
  }

  #matchOf(id: NodeId): number {
    return this.#status.progress[id]?.match ?? 0;
  }

  #mostAdvanced(ids: readonly NodeId[]): NodeId | undefined {
    const others = ids.filter((id) => id !== this.#status.id);
    return others.toSorted((a, b) => this.#matchOf(b) - this.#matchOf(a) || compare(a, b))[0];
  }
}

function compare(a: NodeId, b: NodeId): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
