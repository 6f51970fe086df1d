import {
  type Json,
  type Random,
  randomBelow,
  type StoredLog,
  type StoredSnapshot,
} from "../core/mod.ts";

/** One change of a disk, as text: nothing in it is shared with the memory of a process. */
export type DiskRecord =
  | { type: "identity"; identity: string }
  | {
    type: "log";
    vote: { term: number; votedFor: string | null } | undefined;
    snapshot: string | undefined;
    truncateFrom: number | undefined;
    entries: [index: number, text: string][];
  }
  | { type: "state"; index: number; first: number; chunks: string[] }
  | { type: "adopt"; index: number; snapshot: string; through: number };

/** A record as its bytes on the disk, with a checksum before it. */
export function recordText(record: DiskRecord): string {
  const text = JSON.stringify(record);
  return `${checksum(text)} ${text}`;
}

/** What is left of a record that was not written to its end, or not all of it. */
export function tornRecord(text: string, random: Random): string {
  const cut = randomBelow(random, text.length);
  // Blocks reach a disk in any order: the end may be there and the middle not.
  return random.next() < 0.5 ? text.slice(0, cut) : text.slice(0, cut) + "\0" + text.slice(cut + 1);
}

/** Reads a record back; `undefined` when it is not as it was written. */
export function wholeRecord(text: string): DiskRecord | undefined {
  const body = text.slice(text.indexOf(" ") + 1);
  return text === `${checksum(body)} ${body}` && body !== "" ? JSON.parse(body) : undefined;
}

/** What a disk holds. */
export class DiskContents {
  /** Who the node is, as text. */
  identity: string | undefined;
  #vote: { term: number; votedFor: string | null } | undefined;
  #snapshot: string | undefined;
  /** By index, in order. */
  #entries = new Map<number, string>();
  /** Saved states by index, chunk by chunk. */
  #states = new Map<number, string[]>();

  /** The same once more, to be changed apart. */
  copy(): DiskContents {
    const copy = new DiskContents();
    copy.identity = this.identity;
    copy.#vote = this.#vote;
    copy.#snapshot = this.#snapshot;
    copy.#entries = new Map(this.#entries);
    copy.#states = new Map(this.#states);
    return copy;
  }

  /**
   * The last entries are gone, as many as that.
   *
   * @returns whether that shows: all may be gone for which the snapshot stands, but not the last of
   * several.
   */
  lose(count: number): boolean {
    const lost = [...this.#entries.keys()].slice(-count);
    for (const index of lost) this.#entries.delete(index);
    const isCutShort = lost.length > 0 && this.#entries.size > 0;
    return isCutShort || lost.some((index) => !this.holds(index, undefined));
  }

  /** What consensus has; `undefined` when it never stored anything. */
  log(): StoredLog | undefined {
    if (this.#vote === undefined && this.#snapshot === undefined && this.#entries.size === 0) {
      return undefined;
    }
    return {
      ...this.#vote ?? { term: 0, votedFor: null },
      ...(this.#snapshot === undefined ? {} : { snapshot: JSON.parse(this.#snapshot) }),
      entries: [...this.#entries.values()].map((entry) => JSON.parse(entry)),
    };
  }

  /**
   * Whether an entry is there, or a snapshot that stands for it; any of that index without a term.
   */
  holds(index: number, term: number | undefined): boolean {
    const entry = this.#entries.get(index);
    if (entry !== undefined) return term === undefined || JSON.parse(entry).term === term;
    return this.#snapshot !== undefined && JSON.parse(this.#snapshot).index >= index;
  }

  /** Whether a state of that index is saved. */
  hasState(index: number): boolean {
    return this.#states.has(index);
  }

  /** The latest snapshot that has a state. */
  latestSnapshot(): StoredSnapshot | undefined {
    const meta: Json & { index: number } | undefined = this.#snapshot === undefined
      ? undefined
      : JSON.parse(this.#snapshot);
    const chunks = meta === undefined ? undefined : this.#states.get(meta.index);
    if (meta === undefined || chunks === undefined) return undefined;
    return { meta, chunks: chunks.map((chunk) => JSON.parse(chunk)) };
  }

  /** Takes a change that is surely there. */
  apply(record: DiskRecord): void {
    switch (record.type) {
      case "identity":
        this.identity = record.identity;
        return;
      case "log": {
        const { vote, snapshot, truncateFrom, entries } = record;
        this.#vote = vote ?? this.#vote;
        this.#snapshot = snapshot ?? this.#snapshot;
        if (truncateFrom !== undefined) drop(this.#entries, (index) => index >= truncateFrom);
        for (const [index, text] of entries) this.#entries.set(index, text);
        return;
      }
      case "state": {
        const { index, first, chunks } = record;
        if (first === 0) this.dropUnadopted();
        // Another copy may share the chunks: they are never added to.
        this.#states.set(index, [...(this.#states.get(index) ?? []).slice(0, first), ...chunks]);
        return;
      }
      case "adopt":
        this.#snapshot = record.snapshot;
        drop(this.#entries, (index) => index <= record.through);
        this.dropUnadopted();
    }
  }

  /** Removes every state but the latest snapshot's; says whether there was another. */
  dropUnadopted(): boolean {
    const { size } = this.#states;
    const latest = this.#snapshot === undefined ? undefined : JSON.parse(this.#snapshot).index;
    drop(this.#states, (index) => index !== latest);
    return this.#states.size < size;
  }
}

function drop<T>(map: Map<number, T>, isDropped: (index: number) => boolean): void {
  for (const index of [...map.keys()]) if (isDropped(index)) map.delete(index);
}

/** A number that hardly any two texts share (FNV-1a). */
function checksum(text: string): number {
  let sum = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    sum = Math.imul(sum ^ text.charCodeAt(at), 16_777_619);
  }
  return sum >>> 0;
}
