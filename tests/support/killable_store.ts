import type { Json, LogChange, Store, StoredLog, StoredSnapshot } from "../../lib/core/mod.ts";

/**
 * A store with two switches: one ends it as the death of its process would, one makes its disk
 * full.
 */
export class KillableStore implements Store {
  readonly isDurable = true;
  readonly #store: Store;
  #isDead = false;
  /** Whether every further write of the log fails. */
  isFull = false;

  constructor(store: Store) {
    this.#store = store;
  }

  /** From now on nothing reaches the disk, and nobody notices. */
  die(): void {
    this.close();
    this.#isDead = true;
  }

  identity(): Json | undefined {
    return this.#store.identity();
  }

  saveIdentity(identity: Json): void {
    if (!this.#isDead) this.#store.saveIdentity(identity);
  }

  load(): StoredLog | undefined {
    return this.#store.load();
  }

  persist(change: LogChange): void {
    if (this.isFull) throw new Error("database or disk is full");
    if (!this.#isDead) this.#store.persist(change);
  }

  noteCommit(index: number): void {
    if (!this.#isDead) this.#store.noteCommit(index);
  }

  saveChunks(index: number, first: number, chunks: readonly Json[]): void {
    if (!this.#isDead) this.#store.saveChunks(index, first, chunks);
  }

  compact(through: number, snapshot: Json & { index: number }): void {
    if (!this.#isDead) this.#store.compact(through, snapshot);
  }

  install(snapshot: Json & { index: number }): void {
    if (!this.#isDead) this.#store.install(snapshot);
  }

  latestSnapshot(): StoredSnapshot | undefined {
    return this.#store.latestSnapshot();
  }

  close(): void {
    this.#store.close();
  }
}
