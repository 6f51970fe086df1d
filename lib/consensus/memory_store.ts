import type { Json, LogChange, Store, StoredLog, StoredSnapshot } from "../core/mod.ts";

/**
 * The disk of a node that has none: it keeps only what others may still need, the latest snapshot.
 *
 * The log itself is in the consensus machine; after a restart such a node is a new one, so there is
 * nothing to find again.
 */
export class MemoryStore implements Store {
  readonly isDurable: boolean = false;
  #saved: { index: number; chunks: Json[] } | undefined;
  #latest: StoredSnapshot | undefined;

  identity(): Json | undefined {
    return undefined;
  }

  /** Keeps nothing: the identity is gone with the process. */
  saveIdentity(_identity: Json): void {}

  load(): StoredLog | undefined {
    return undefined;
  }

  /** Keeps the log in memory alone. */
  persist(_change: LogChange): void {}

  noteCommit(_index: number): void {}

  saveChunks(index: number, first: number, chunks: readonly Json[]): void {
    if (first === 0) this.#saved = { index, chunks: [] };
    this.#saved?.chunks.push(...chunks);
  }

  compact(_through: number, snapshot: Json & { index: number }): void {
    this.install(snapshot);
  }

  install(snapshot: Json & { index: number }): void {
    if (this.#saved?.index !== snapshot.index) return;
    this.#latest = { meta: snapshot, chunks: this.#saved.chunks };
    this.#saved = undefined;
  }

  latestSnapshot(): StoredSnapshot | undefined {
    return this.#latest;
  }

  /** Closes nothing. */
  close(): void {}
}
