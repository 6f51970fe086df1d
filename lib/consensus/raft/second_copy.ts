import type { Millis, NodeId } from "../../core/mod.ts";
import { STEADY_MS } from "./limits.ts";
import { type Config, hasFolder, type Index } from "./entry.ts";
import { LogEnds } from "./log_ends.ts";
import type { Progress } from "./progress.ts";
import { majority } from "./quorum.ts";
import type { Replica } from "./replica.ts";

/** In how many places every acknowledged entry is. */
export interface Counts {
  /** In the logs of so many members, in memory or in a folder. */
  copies: number;
  /** In the folders of so many members. */
  disks: number;
}

/** How a learner with a folder follows. */
interface Step {
  /** Whether the commit index of a single voter waits for it. */
  isIn: boolean;
  /** Out of step: since when it has kept up without a break. */
  steadySince: Millis | undefined;
  /** When this leader began to feed it: before that it can have answered nothing. */
  readonly since: Millis;
}

/**
 * Which learners are in step: while there is one voter, its commit index waits for one of them, so
 * that nothing which is on one disk alone is acknowledged, read, watched or applied.
 *
 * ```text
 *             keeps up for STEADY_MS without a break
 *      out ──────────────────────────────────────────▶ in ◀── found by a new leader, demoted from voter
 *       ▲  link broke · dead or left                    │
 *       └───────────────────────────────────────────────┘
 *          for E it answered nothing, or lacks what the log ended with E ago
 * ```
 * A learner that falls out costs one stall of at most E, and then the voter goes on alone.
 */
export class SecondCopy {
  readonly #replica: Replica;
  readonly #progress: ReadonlyMap<NodeId, Progress>;
  /** Of every learner with a folder. */
  readonly #steps = new Map<NodeId, Step>();
  readonly #ends: LogEnds;

  /**
   * A leader takes office: what it finds may have been acknowledged because these learners had it.
   */
  constructor(replica: Replica, progress: ReadonlyMap<NodeId, Progress>) {
    this.#replica = replica;
    this.#progress = progress;
    this.#ends = new LogEnds(replica.longestTimeoutMs);
    for (const node of learnersWithFolder(replica.config)) {
      this.#add(node, replica.rules.isFoundInStep());
    }
  }

  /** When somebody falls out of step unless it answers. */
  get deadline(): Millis {
    const { config, electionTimeoutMs } = this.#replica;
    if (config.voters.length !== 1) return Infinity;
    let earliest = Infinity;
    for (const [node, step] of this.#steps) {
      if (!step.isIn) continue;
      const progress = this.#progress.get(node);
      const lacksSince = this.#ends.passed(progress?.match ?? 0);
      earliest = Math.min(earliest, lacksSince, heardAt(step, progress));
    }
    return earliest + electionTimeoutMs;
  }

  /** Whether a learner has a folder and is in step: what it holds counts as a second copy. */
  isInStep(node: NodeId): boolean {
    return this.#steps.get(node)?.isIn === true;
  }

  /** The configuration has changed: a voter that was demoted has all that is committed. */
  follow(before: Config): void {
    const learners = learnersWithFolder(this.#replica.config);
    for (const node of this.#steps.keys()) if (!learners.includes(node)) this.#steps.delete(node);
    for (const node of learners) {
      if (!this.#steps.has(node)) this.#add(node, before.voters.includes(node));
    }
  }

  /** Its link broke, it is dead, or it has left. */
  interrupt(node: NodeId): void {
    const step = this.#steps.get(node);
    if (step === undefined) return;
    step.isIn = false;
    step.steadySince = undefined;
  }

  /** Looks who came into step, and who fell out of it. */
  look(): void {
    const { now, log, electionTimeoutMs, rules } = this.#replica;
    this.#ends.note(now, log.lastIndex);
    for (const [node, step] of this.#steps) {
      const progress = this.#progress.get(node);
      const { state = "probe", match = 0 } = progress ?? {};
      const isSilent = heardAt(step, progress) + electionTimeoutMs <= now;
      if (step.isIn) {
        const needed = this.#ends.endBefore(now, electionTimeoutMs);
        if (isSilent || !rules.hasAll(match, needed)) step.isIn = false;
        continue;
      }
      // What is younger may be on its way: a round trip takes up to a third of that time.
      const needed = this.#ends.endBefore(now, electionTimeoutMs / 2);
      if (isSilent || !rules.isSteady(state, match, needed)) step.steadySince = undefined;
      else {
        step.steadySince ??= now;
        step.isIn = now - step.steadySince >= STEADY_MS;
        if (step.isIn) step.steadySince = undefined;
      }
    }
  }

  /** How far a single voter may commit whose log ends at `own`. */
  limit(own: Index): Index {
    const inStep = [...this.#steps].filter(([, { isIn }]) => isIn);
    if (inStep.length === 0 || !this.#replica.rules.waitsForSecond()) return own;
    return Math.min(own, Math.max(...inStep.map(([node]) => this.#matchOf(node))));
  }

  /**
   * In how many places every acknowledged entry is: as many as the committed configuration and the
   * latest both see to.
   *
   * @param hasCommitted whether this leader has committed an entry of its term: before that it does
   * not know what has been acknowledged.
   */
  counts(hasCommitted: boolean): Counts {
    const { configs, commitIndex, rules } = this.#replica;
    const latest = configs.latest.config;
    const isSecond = (node: NodeId) =>
      hasCommitted && rules.hasAll(this.#matchOf(node), commitIndex) &&
      (this.isInStep(node) || latest.voters.includes(node));
    const [a, b] = [configs.at(commitIndex).config, latest].map((config) => {
      const second = config.voters.length === 1 && learnersWithFolder(config).some(isSecond);
      return countsOf(config, second, rules.memoryVoters(config));
    }) as [Counts, Counts];
    return { copies: Math.min(a.copies, b.copies), disks: Math.min(a.disks, b.disks) };
  }

  #add(node: NodeId, isIn: boolean): void {
    this.#steps.set(node, { isIn, steadySince: undefined, since: this.#replica.now });
  }

  #matchOf(node: NodeId): Index {
    return this.#progress.get(node)?.match ?? 0;
  }
}

/**
 * In how many places an entry is that the voters of a configuration have committed.
 *
 * With v voters of which m keep nothing: copies = majority(v), disks = max(0, majority(v) − m); a
 * second copy beside a single voter is one more of each, but a single voter without a folder has 0
 * disks.
 *
 * @param hasSecond whether there is one voter, and a learner in step.
 */
export function countsOf(config: Config, hasSecond: boolean, memoryVoters: number): Counts {
  const { voters } = config;
  const copies = majority(voters.length);
  const second = hasSecond ? 1 : 0;
  const isKept = voters.length > 1 || memoryVoters === 0;
  return {
    copies: copies + second,
    disks: isKept ? Math.max(0, copies - memoryVoters) + second : 0,
  };
}

function learnersWithFolder(config: Config): NodeId[] {
  return config.learners.filter((node) => hasFolder(config, node));
}

function heardAt(step: Step, progress: Progress | undefined): Millis {
  return Math.max(step.since, progress?.lastHeard ?? -Infinity);
}
