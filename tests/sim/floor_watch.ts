import {
  type Config,
  type Consensus,
  type Counts,
  type Entry,
  hasFolder,
} from "../../lib/consensus/raft/mod.ts";
import type { NodeId } from "../../lib/core/mod.ts";
import { promise } from "./violation.ts";

/** What the watch needs of the world. */
export interface FloorWorld {
  /** Whether the folder of a node surely has an entry, or a state that it is part of. */
  holds(node: NodeId, index: number, term: number | undefined): boolean;
  /** Whether a node leaves in order, has left, or was removed. */
  isParting(node: NodeId): boolean;
}

/** What a leader has committed, at one moment. */
export interface Committed {
  config: Config;
  index: number;
  term: number | undefined;
}

/** What a machine has committed, now. */
export function committedBy(machine: Consensus): Committed {
  const { committedConfig: config, commitIndex: index } = machine.status();
  return { config, index, term: machine.termAt(index) };
}

/**
 * The voters' floor and the second copy, looked at at each step:
 * - what is committed, and so acknowledged, read or watched, is in the folders of as many members
 *   as the leader said last;
 * - nothing but an orderly leave or a removal takes a voter with a folder out of three, unless the
 *   voters change next by one that is promoted; nor out of two, unless it is demoted.
 */
export class FloorWatch {
  readonly #world: FloorWorld;
  readonly #told = new Map<NodeId, Counts>();
  #latest: { index: number; config: Config } | undefined;
  /** A voter that was taken out of three for another, which is to be promoted next. */
  #owed: NodeId | undefined;
  /** How often it was told of two disks and more, and of a second copy beside one voter. */
  readonly seen = { disks: 0, seconds: 0 };

  constructor(world: FloorWorld) {
    this.#world = world;
  }

  /** A cluster is founded. */
  founds(config: Config): void {
    this.#latest ??= { index: 0, config };
  }

  /** A leader says in how many places what it acknowledges is. */
  tells(leader: NodeId, counts: Counts, committed: Committed): void {
    this.#told.set(leader, counts);
    if (counts.disks > 1) this.seen.disks++;
    if (counts.copies === 2 && committed.config.voters.length === 1) this.seen.seconds++;
    this.#expectDisks(leader, committed);
  }

  /** A leader has committed. */
  commits(leader: NodeId, committed: Committed): void {
    this.#expectDisks(leader, committed);
  }

  /** Entries are applied, by anybody. */
  applies(entries: readonly Entry[]): void {
    for (const { type, index, data } of entries) {
      if (type !== "config" || this.#latest === undefined || index <= this.#latest.index) continue;
      const config = data as unknown as Config;
      this.#changes(this.#latest.config, config);
      this.#latest = { index, config };
    }
  }

  #expectDisks(leader: NodeId, { config, index, term }: Committed): void {
    const told = this.#told.get(leader);
    if (told === undefined || told.disks === 0 || index === 0) return;
    const members = [...config.voters, ...config.learners].filter((id) => hasFolder(config, id));
    const holders = members.filter((id) => this.#world.holds(id, index, term));
    promise(
      holders.length >= told.disks,
      `${leader} said ${told.disks} disks, and entry ${index} is on those of ${holders}`,
    );
  }

  #changes(before: Config, after: Config): void {
    const taken = before.voters.filter((id) => !after.voters.includes(id));
    const added = after.voters.filter((id) => !before.voters.includes(id));
    if (taken.length + added.length === 0) return;
    const isOrderly = before.voters.some((id) => this.#world.isParting(id));
    promise(
      this.#owed === undefined || added.length > 0 || isOrderly,
      `${this.#owed} was taken out of three, and then ${taken}, instead of one put in`,
    );
    this.#owed = undefined;
    for (const node of taken.filter((id) => hasFolder(before, id))) {
      if (isOrderly) continue;
      if (before.voters.length === 3) this.#owed = node;
      promise(
        before.voters.length > 2 || after.learners.includes(node),
        `${node} was taken out of two, not demoted`,
      );
    }
  }
}
