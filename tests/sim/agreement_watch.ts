import {
  type Config,
  Consensus,
  type ConsensusEffect,
  type ConsensusInput,
} from "../../lib/consensus/raft/mod.ts";
import type { Millis, NodeId } from "../../lib/core/mod.ts";
import { type ApplyResult, State } from "../../lib/state/store/mod.ts";
import { Checker } from "../consensus/raft/checker.ts";
import { committedBy, type FloorWatch } from "./floor_watch.ts";
import type { HostProcess } from "../../lib/simulation/mod.ts";
import { promise } from "./violation.ts";

/**
 * Another order or content of what a consensus machine wants done: an injected bug of who does it.
 */
export type Tamper = (effects: ConsensusEffect[]) => ConsensusEffect[];

/** A machine that is watched. */
interface Watched {
  readonly id: NodeId;
  readonly process: HostProcess;
  /** Its term, as it was stored last. */
  term: number;
  /** What came of the entries that it applies now. */
  outcomes: [index: number, outcome: string][];
}

/** Of votes and leaders some are watched too. */
const WATCHED: ReadonlySet<ConsensusEffect["type"]> = new Set([
  "persist",
  "apply",
  "install",
  "copies",
]);

const { handle } = Consensus.prototype;
const { apply } = State.prototype;

/**
 * Sees every step of the consensus machines of all real nodes in a world, after each effect was
 * performed, and holds it against Raft's promises: election safety, one vote a term, log matching,
 * leader completeness, state machine safety.
 *
 * What a process does behind a sync that never returns has not happened, and is not held against
 * it.
 */
export class AgreementWatch {
  readonly #processOf: (id: NodeId) => HostProcess | undefined;
  readonly #fail: (violation: unknown) => void;
  readonly #tamper: Tamper | undefined;
  readonly #floor: FloorWatch | undefined;
  readonly #watched = new WeakMap<Consensus, Watched>();
  readonly #outcomes = new Map<number, string>();
  #checker: Checker | undefined;
  /** The machine whose committed entries are being applied. */
  #applying: Watched | undefined;
  /** Steps that were looked at, by what was done. */
  readonly seen: Partial<Record<ConsensusEffect["type"], number>> = {};

  /**
   * @param processOf the process whose node has that id, in its latest life.
   * @param fail told of what is held against it.
   */
  constructor(
    processOf: (id: NodeId) => HostProcess | undefined,
    fail: (violation: unknown) => void,
    tamper?: Tamper,
    floor?: FloorWatch,
  ) {
    this.#processOf = processOf;
    this.#fail = fail;
    this.#floor = floor;
    this.#tamper = tamper;
  }

  /**
   * From now on every machine is watched, until another watch begins: worlds run one after another.
   *
   * A node makes its machine deep inside, where no port reaches: only the class is there to be
   * held.
   */
  begin(): void {
    const watched = (machine: Consensus, effects: ConsensusEffect[]) =>
      this.#observed(machine, effects);
    const applied = (index: number, result: ApplyResult) => {
      this.#applying?.outcomes.push([index, JSON.stringify(result)]);
    };
    State.prototype.apply = function (index: number, data: unknown): ApplyResult {
      const result = apply.call(this, index, data);
      applied(index, result);
      return result;
    };
    Consensus.prototype.handle = function (now: Millis, input: ConsensusInput): ConsensusEffect[] {
      return watched(this, handle.call(this, now, input));
    };
  }

  /** The effects, each of which is seen when whoever performs them asks for the next. */
  #observed(machine: Consensus, effects: ConsensusEffect[]): ConsensusEffect[] {
    if (this.#tamper === undefined && !effects.some(isWatched)) return effects;
    const watched = this.#watched.get(machine) ?? this.#meet(machine);
    if (watched === undefined) return effects;
    const see = (effect: ConsensusEffect) => this.#see(watched, machine, effect);
    const tampered = this.#tamper?.(effects) ?? effects;
    const performs = (effect: ConsensusEffect) => {
      this.#applying = effect.type === "apply" ? watched : undefined;
    };
    return {
      *[Symbol.iterator]() {
        for (const effect of tampered) {
          performs(effect);
          yield effect;
          if (isWatched(effect)) see(effect);
        }
      },
    } as unknown as ConsensusEffect[];
  }

  #meet(machine: Consensus): Watched | undefined {
    const { id, term } = machine.status();
    const process = this.#processOf(id);
    if (process === undefined) return undefined;
    const watched = { id, process, term, outcomes: [] };
    this.#watched.set(machine, watched);
    return watched;
  }

  #see(watched: Watched, machine: Consensus, effect: ConsensusEffect): void {
    const { process } = watched;
    const check = this.#checkOf(watched, machine, effect);
    if (check === undefined) return;
    process.emit(() => {
      this.seen[effect.type] = (this.seen[effect.type] ?? 0) + 1;
      try {
        check();
      } catch (violation) {
        this.#fail(violation);
      }
    });
  }

  /** What is to be checked once the effect is certain; the machine may have gone on by then. */
  #checkOf(
    watched: Watched,
    machine: Consensus,
    effect: ConsensusEffect,
  ): (() => void) | undefined {
    const { id } = watched;
    switch (effect.type) {
      case "persist": {
        watched.term = effect.vote?.term ?? watched.term;
        if (effect.snapshot !== undefined) this.#founds(effect.snapshot.config);
        const { entries = [] } = effect;
        const [first] = entries;
        if (first === undefined) return undefined;
        const termBefore = machine.termAt(first.index - 1);
        return () => this.#checker?.writes(id, entries, termBefore);
      }
      case "send": {
        const { to, message } = effect;
        return () => this.#checker?.says(id, to, message);
      }
      case "apply": {
        const { term, outcomes } = watched;
        const committed = machine.isLeader ? committedBy(machine) : undefined;
        watched.outcomes = [];
        this.#applying = undefined;
        return () => {
          for (const [index, outcome] of outcomes) this.#expectOutcome(id, index, outcome);
          for (const entry of effect.entries) this.#checker?.applies(id, term, entry, 0);
          this.#floor?.applies(effect.entries);
          if (committed !== undefined) this.#floor?.commits(id, committed);
        };
      }
      case "copies": {
        const { copies, disks } = effect;
        const committed = committedBy(machine);
        return () => this.#floor?.tells(id, { copies, disks }, committed);
      }
      case "install": {
        const { snapshot } = effect;
        // What a founding starts from was never applied.
        if (snapshot.index === 0) return undefined;
        return () => this.#checker?.installs(id, snapshot, 0, snapshot.config);
      }
      case "role": {
        if (effect.role !== "leader") return undefined;
        const status = machine.status();
        const terms = new Map<number, number | undefined>();
        for (let { firstIndex: index } = status; index <= status.lastIndex; index++) {
          terms.set(index, machine.termAt(index));
        }
        return () => this.#checker?.leads(status, (index) => terms.get(index));
      }
      default:
        return undefined;
    }
  }

  /** A command does the same wherever it is applied: the states before it were one. */
  #expectOutcome(id: NodeId, index: number, outcome: string): void {
    const known = this.#outcomes.get(index) ?? outcome;
    this.#outcomes.set(index, known);
    promise(known === outcome, `at index ${index} ${id} has ${outcome}, others ${known}`);
  }

  #founds(first: Config): void {
    this.#checker ??= new Checker(first);
    this.#floor?.founds(first);
  }
}

function isWatched(effect: ConsensusEffect): boolean {
  switch (effect.type) {
    case "send":
      return effect.message.type === "vote" || effect.message.type === "vote-request";
    case "role":
      return effect.role === "leader";
    default:
      return WATCHED.has(effect.type);
  }
}
