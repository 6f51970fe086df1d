import type { Json, LogChange, Store, StoredLog, StoredSnapshot } from "../../lib/core/mod.ts";

/** What the disk holds, as text: nothing in it is shared with the memory of a process. */
interface Contents {
  identity: string | undefined;
  term: number;
  votedFor: string | null;
  /** Whether anything was ever persisted. */
  isUsed: boolean;
  snapshot: string | undefined;
  /** By index, in order. */
  entries: Map<number, string>;
  /** Saved states by index, chunk by chunk. */
  states: Map<number, string[]>;
}

/** What a disk may do to a state that is saved: a planted bug. */
export type SpoilChunks = (chunks: Json[]) => Json[];

/** A disk that may outlive processes. What was written is there, whole, when the method has returned. */
export class SimDisk {
  readonly #snapshotEntries: number;
  readonly #spoil: SpoilChunks;

  constructor(snapshotEntries: number, spoil: SpoilChunks = (chunks) => chunks) {
    this.#snapshotEntries = snapshotEntries;
    this.#spoil = spoil;
  }

  readonly #contents: Contents = {
    identity: undefined,
    term: 0,
    votedFor: null,
    isUsed: false,
    snapshot: undefined,
    entries: new Map(),
    states: new Map(),
  };

  /** The disk as one life of a process sees it: once that is over, it writes nothing any more. */
  mount(isDurable: boolean, isAlive: () => boolean): Store {
    const snapshotEntries = this.#snapshotEntries;
    return new MountedDisk(
      this.#contents,
      { isDurable, snapshotEntries, spoil: this.#spoil, isAlive },
    );
  }
}

interface Mounting extends Required<Pick<Store, "isDurable" | "snapshotEntries">> {
  spoil: SpoilChunks;
  isAlive(): boolean;
}

class MountedDisk implements Store {
  readonly isDurable: boolean;
  readonly snapshotEntries: number;
  readonly #contents: Contents;
  readonly #spoil: SpoilChunks;
  readonly #isAlive: () => boolean;

  constructor(contents: Contents, { isDurable, snapshotEntries, spoil, isAlive }: Mounting) {
    this.isDurable = isDurable;
    this.snapshotEntries = snapshotEntries;
    this.#contents = contents;
    this.#spoil = spoil;
    this.#isAlive = isAlive;
  }

  identity(): Json | undefined {
    return read(this.#contents.identity);
  }

  saveIdentity(identity: Json): void {
    if (this.#isAlive()) this.#contents.identity = JSON.stringify(identity);
  }

  load(): StoredLog | undefined {
    const { isUsed, term, votedFor, snapshot, entries } = this.#contents;
    if (!isUsed) return undefined;
    return {
      term,
      votedFor,
      ...(snapshot === undefined ? {} : { snapshot: JSON.parse(snapshot) }),
      entries: [...entries.values()].map((entry) => JSON.parse(entry)),
    };
  }

  persist({ vote, snapshot, truncateFrom, entries = [] }: LogChange): void {
    if (!this.#isAlive()) return;
    const contents = this.#contents;
    contents.isUsed = true;
    if (vote !== undefined) {
      contents.term = vote.term;
      contents.votedFor = vote.votedFor;
    }
    if (snapshot !== undefined) contents.snapshot = JSON.stringify(snapshot);
    if (truncateFrom !== undefined) drop(contents.entries, (index) => index >= truncateFrom);
    for (const entry of entries) contents.entries.set(entry.index, JSON.stringify(entry));
  }

  saveSnapshot(index: number, chunks: Iterable<Json>): void {
    if (!this.#isAlive()) return;
    const saved = this.#spoil([...chunks]);
    this.#contents.states.set(index, saved.map((chunk) => JSON.stringify(chunk)));
  }

  compact(through: number, snapshot: Json & { index: number }): void {
    this.#adopt(snapshot, (index) => index <= through);
  }

  install(snapshot: Json & { index: number }): void {
    this.#adopt(snapshot, () => true);
  }

  latestSnapshot(): StoredSnapshot | undefined {
    const meta = read(this.#contents.snapshot) as (Json & { index: number }) | undefined;
    const chunks = meta === undefined ? undefined : this.#contents.states.get(meta.index);
    if (meta === undefined || chunks === undefined) return undefined;
    return { meta, chunks: chunks.map((chunk) => JSON.parse(chunk)) };
  }

  close(): void {}

  #adopt(snapshot: Json & { index: number }, isCovered: (index: number) => boolean): void {
    if (!this.#isAlive()) return;
    this.#contents.isUsed = true;
    this.#contents.snapshot = JSON.stringify(snapshot);
    drop(this.#contents.entries, isCovered);
    drop(this.#contents.states, (index) => index < snapshot.index);
  }
}

function read(text: string | undefined): Json | undefined {
  return text === undefined ? undefined : JSON.parse(text);
}

function drop<T>(map: Map<number, T>, isDropped: (index: number) => boolean): void {
  for (const index of [...map.keys()]) if (isDropped(index)) map.delete(index);
}
