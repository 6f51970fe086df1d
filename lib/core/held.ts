import { isJsonObject, type Json } from "./json.ts";
import type { LogChange, StoredLog } from "./ports.ts";

/**
 * What a data folder is known to hold, in few words: enough to notice, when it is opened again,
 * that some of it is gone. It is noted behind each change, so that it never says more than what was
 * durable.
 */
export interface Held {
  /** The node that the folder is of, once it is one's. */
  readonly node: string | null;
  /** And its cluster. */
  readonly cluster: string | null;
  /** The latest term, and the vote in it. */
  readonly term: number;
  /** Whom that node voted for in its term; `null`: nobody. */
  readonly votedFor: string | null;
  /** The last entry of the log, or the latest snapshot's. */
  readonly last: number;
  /** The last entry that is known to be agreed on; `null` when nobody has noted that. */
  readonly commit: number | null;
}

/** What a new folder holds. */
export const NOTHING_HELD: Held = {
  node: null,
  cluster: null,
  term: 0,
  votedFor: null,
  last: 0,
  commit: 0,
};

/** What is held when a change of the log is durable. */
export function heldAfter(held: Held, change: LogChange): Held {
  const { vote, snapshot, truncateFrom, entries = [] } = change;
  const kept = truncateFrom === undefined ? held.last : Math.min(held.last, truncateFrom - 1);
  const last = entries.at(-1)?.index ?? Math.max(kept, indexOf(snapshot));
  return { ...held, ...(vote ?? {}), last };
}

/** What is held while a change takes something away: no more than before it, nor than after. */
export function heldDuring(held: Held, last: number): Held {
  return { ...held, last: Math.min(held.last, last) };
}

/** What a store holds, read from it. */
export function heldIn(identity: Json | undefined, log: StoredLog | undefined): Held {
  const { id, cluster }: Record<string, unknown> = isJsonObject(identity) ? identity : {};
  const entries = log?.entries as { index: number }[] | undefined;
  return {
    node: typeof id === "string" ? id : null,
    cluster: typeof cluster === "string" ? cluster : null,
    term: log?.term ?? 0,
    votedFor: log?.votedFor ?? null,
    last: entries?.at(-1)?.index ?? indexOf(log?.snapshot),
    commit: null,
  };
}

/**
 * Holds what a folder was known to hold against what is found in it.
 *
 * @returns what is gone, if anything.
 */
export function findLoss(known: Held, found: Held): string | undefined {
  if (known.node !== null && found.node === null) {
    return "it does not say any more which node it is of";
  }
  if (known.node !== null && known.node !== found.node) {
    return `it was of node ${known.node}, and what is in it is of ${found.node}`;
  }
  if (known.cluster !== null && known.cluster !== found.cluster) {
    return `it was of cluster ${known.cluster}, and what is in it is of ${found.cluster}`;
  }
  if (found.last < known.last) {
    const end = found.last === 0 ? "is empty" : `ends at entry ${found.last}`;
    return `its log ${end}, and entries up to ${known.last} were durable in it`;
  }
  if (found.term < known.term) {
    return found.term === 0
      ? "its term and vote are gone"
      : `its vote is of term ${found.term}, and it had one of term ${known.term}`;
  }
  const isVoteGone = found.term === known.term && known.votedFor !== null &&
    found.votedFor !== known.votedFor;
  return isVoteGone ? `its vote in term ${known.term} is gone` : undefined;
}

function indexOf(snapshot: Json | undefined): number {
  const index = isJsonObject(snapshot) ? snapshot["index"] : undefined;
  return typeof index === "number" ? index : 0;
}
