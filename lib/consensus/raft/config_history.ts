import { CONFIG_NODES, type NodeId } from "../../core/mod.ts";
import { type Config, configOf, type Entry, type Index, NO_CONFIG } from "./entry.ts";
import type { Change } from "./input.ts";

/** A configuration and where it stands in the log. */
export interface PlacedConfig {
  index: Index;
  config: Config;
}

/**
 * The configurations that the log holds, the base's first.
 *
 * A configuration is in force from the moment it is appended, committed or not (D §4.1), and is
 * undone when its entry is truncated.
 */
export class ConfigHistory {
  /** Invariant: never empty, indexes increase. */
  #placed: PlacedConfig[];

  constructor(base: PlacedConfig = { index: 0, config: NO_CONFIG }) {
    this.#placed = [base];
  }

  /** The configuration in force. */
  get latest(): PlacedConfig {
    return this.#placed.at(-1) as PlacedConfig;
  }

  /** The configuration that was in force at an index. */
  at(index: Index): PlacedConfig {
    return this.#placed.findLast((placed) => placed.index <= index) ??
      this.#placed[0] as PlacedConfig;
  }

  /** Takes note of the configurations among entries that were appended. */
  append(entries: readonly Entry[]): void {
    for (const entry of entries) {
      if (entry.type === "config") {
        this.#placed.push({ index: entry.index, config: configOf(entry) });
      }
    }
  }

  /** Forgets the configurations from `index` on. */
  truncateFrom(index: Index): void {
    while (this.#placed.length > 1 && this.latest.index >= index) this.#placed.pop();
  }

  /** Forgets what was before the configuration in force at `index`. */
  compactThrough(index: Index): void {
    const keep = this.#placed.indexOf(this.at(index));
    if (keep > 0) this.#placed.splice(0, keep);
  }
}

/**
 * The configuration one step on.
 *
 * @returns why it makes no sense, when it does not.
 */
export function changeConfig(config: Config, change: Change): Config | string {
  const { type, node, memory = false } = change;
  const isVoter = config.voters.includes(node);
  const isLearner = config.learners.includes(node);
  const voters = without(config.voters, node);
  const learners = without(config.learners, node);
  // A place stays free until a voter is added, or another goes of its own will.
  const { vacant } = config;
  switch (type) {
    case "add-learner":
      if (isVoter || isLearner) return `${node} takes part already`;
      if (voters.length + learners.length >= CONFIG_NODES) {
        return `A configuration has at most ${CONFIG_NODES} nodes`;
      }
      return of(voters, [...learners, node], marked(config, node, memory), vacant);
    case "promote":
      if (!isLearner) return `${node} is not a learner`;
      return of([...voters, node], learners, config.memory);
    case "demote":
      if (!isVoter) return `${node} is not a voter`;
      if (voters.length === 0) return "The last voter has to stay";
      return of(voters, [...learners, node], config.memory);
    case "remove":
      if (!isVoter && !isLearner) return `${node} takes no part`;
      if (voters.length === 0) return "The last voter has to stay";
      return of(
        voters,
        learners,
        config.memory,
        change.vacates === true || (vacant === true && isLearner) ? true : undefined,
      );
    case "mark":
      if (!isVoter && !isLearner) return `${node} takes no part`;
      return of(config.voters, config.learners, marked(config, node, memory), vacant);
  }
}

/** A configuration in its shortest form: what says nothing is left out. */
function of(
  voters: NodeId[],
  learners: NodeId[],
  memory: readonly NodeId[] = [],
  vacant?: true,
): Config {
  const known = memory.filter((id) => voters.includes(id) || learners.includes(id));
  return {
    voters,
    learners,
    ...(known.length === 0 ? {} : { memory: known }),
    ...(vacant === undefined ? {} : { vacant }),
  };
}

function marked({ memory = [] }: Config, node: NodeId, isMemory: boolean): NodeId[] {
  return isMemory ? [...without(memory, node), node] : without(memory, node);
}

function without(nodes: readonly NodeId[], node: NodeId): NodeId[] {
  return nodes.filter((other) => other !== node);
}
