import type {
  Config,
  ConsensusMessage,
  ConsensusStatus,
  Entry,
  SnapshotMeta,
} from "../../../lib/consensus/raft/mod.ts";

/** A safety property that did not hold. */
export class Violation extends Error {
  override readonly name = "Violation";
}

/** The hash of a state after one more entry. */
export function hashAfter(hash: number, { index, term, data }: Entry): number {
  let next = (Math.imul(hash, 31) + Math.imul(term, 7) + index) | 0;
  const text = JSON.stringify(data);
  for (let i = 0; i < text.length; i++) next = (Math.imul(next, 31) + text.charCodeAt(i)) | 0;
  return next;
}

/** Texts of the data of entries: nodes hand the same one around, and nobody changes it. */
const texts = new WeakMap<object, string>();

function textOf({ type, data }: Entry): string {
  if (typeof data !== "object" || data === null) return JSON.stringify([type, data]);
  const known = texts.get(data) ?? JSON.stringify([type, data]);
  texts.set(data, known);
  return known;
}

/**
 * Sees everything that all nodes do, and says when it contradicts Raft's promises (D figure 3.2).
 */
export class Checker {
  readonly #leaders = new Map<number, string>();
  /** For whom each node voted, by term and node. */
  readonly #votes = new Map<string, string>();
  /** Every entry ever written, by index and term, with the term before it. */
  readonly #entries = new Map<string, { text: string; termBefore: number }>();
  /**
   * What was applied first at each index, and the term of whoever did: it was committed by then.
   */
  readonly #applied: { term: number; committedIn: number; text: string; hash: number }[] = [];
  readonly #configs: { index: number; config: Config }[];
  /** The last entry whose proposer was told that it is done. */
  acknowledged = 0;

  constructor(first: Config) {
    this.#configs = [{ index: 0, config: first }];
  }

  get committed(): number {
    return this.#applied.length;
  }

  /**
   * Election safety, and leader completeness when a leader is new: it has all that was committed in
   * earlier terms (one that is elected late may lack what a later term has committed since).
   */
  leads(status: ConsensusStatus, termAt: (index: number) => number | undefined): void {
    const known = this.#leaders.get(status.term);
    if (known === status.id) return;
    if (known !== undefined) fail(`term ${status.term} has two leaders: ${known}, ${status.id}`);
    this.#leaders.set(status.term, status.id);
    for (let index = status.firstIndex; index <= this.#applied.length; index++) {
      const { term, committedIn } = this.#applied[index - 1]!;
      if (committedIn < status.term && termAt(index) !== term) {
        fail(`leader ${status.id} of term ${status.term} lacks committed entry ${index}`);
      }
    }
  }

  /** One vote a term, whatever happens to the voter; asking for votes is voting for oneself. */
  says(node: string, to: string, message: ConsensusMessage): void {
    const isVote = message.type === "vote" && message.granted && !message.pre;
    const isCandidacy = message.type === "vote-request" && !message.pre;
    if (!isVote && !isCandidacy) return;
    const key = `${message.term} ${node}`;
    const candidate = isVote ? to : node;
    const known = this.#votes.get(key) ?? candidate;
    if (known !== candidate) {
      fail(`${node} votes for ${known} and ${candidate} in term ${message.term}`);
    }
    this.#votes.set(key, candidate);
  }

  /** Log matching: an index and a term name one entry, and one term before it. */
  writes(node: string, entries: readonly Entry[], termBefore: number | undefined): void {
    let before = termBefore;
    for (const entry of entries) {
      const key = `${entry.index}:${entry.term}`;
      const text = textOf(entry);
      const known = this.#entries.get(key);
      if (known === undefined) {
        if (before !== undefined) this.#entries.set(key, { text, termBefore: before });
      } else if (known.text !== text || (before !== undefined && known.termBefore !== before)) {
        fail(`${node} has another entry ${key} than others: ${text}, ${known.text}`);
      }
      before = entry.term;
    }
  }

  /** State machine safety: the same entry everywhere at each index. */
  applies(node: string, termOfNode: number, entry: Entry, hash: number): void {
    const text = textOf(entry);
    const known = this.#applied[entry.index - 1];
    if (known !== undefined) {
      if (known.term !== entry.term || known.text !== text || known.hash !== hash) {
        fail(
          `${node} applied ${entry.index}:${entry.term} ${text}, others ${known.term} ${known.text}`,
        );
      }
      return;
    }
    if (entry.index !== this.#applied.length + 1) fail(`${node} skipped to ${entry.index}`);
    this.#applied.push({ term: entry.term, committedIn: termOfNode, text, hash });
    if (entry.type === "config") {
      this.#configs.push({ index: entry.index, config: entry.data as unknown as Config });
    }
  }

  /** A snapshot stands for what was applied, with the configuration of that moment. */
  installs(node: string, snapshot: SnapshotMeta, hash: number, config: Config): void {
    const known = this.#applied[snapshot.index - 1];
    if (known?.term !== snapshot.term || known.hash !== hash) {
      fail(`${node} installed a snapshot of ${snapshot.index} that nobody had`);
    }
    const right = this.#configs.findLast(({ index }) => index <= snapshot.index)!.config;
    if (JSON.stringify(right) !== JSON.stringify(config)) {
      fail(`${node} has the wrong configuration after a snapshot of ${snapshot.index}`);
    }
  }

  /** Linearizable reads: what was done before the read began is seen. */
  reads(node: string, index: number, applied: number, acknowledgedBefore: number): void {
    if (index < acknowledgedBefore || applied < index) {
      fail(`${node} read at ${index} (applied ${applied}) after ${acknowledgedBefore} was done`);
    }
  }

  /** Only an entry of the leader's own term is committed by counting (D §3.6.2). */
  commits(node: string, term: number, termOfCommit: number | undefined): void {
    if (termOfCommit !== term) {
      fail(`leader ${node} of term ${term} committed by counting term ${termOfCommit}`);
    }
  }

  /**
   * The correction of 2015: a change of configuration needs a committed entry of the leader's term.
   */
  changes(node: string, term: number, termOfCommit: number | undefined): void {
    if (termOfCommit !== term) {
      fail(`${node} changed the configuration before it knew what is committed`);
    }
  }
}

/** Ends a run. */
export function fail(message: string): never {
  throw new Violation(message);
}
