import type { Clock, Json, Store, Timer } from "../core/mod.ts";

/** What became of a state that is written. */
export interface SnapshotWriterOwner {
  /** All of the state as of that index is on disk. */
  written(index: number): void;
  /** It could not be made or stored; nothing more comes of it. */
  failed(error: unknown): void;
}

/** A state that is being written. */
interface Writing {
  readonly index: number;
  readonly chunks: Iterator<Json>;
  /** The part that comes next. */
  part: number;
  timer: Timer;
}

/**
 * Writes a state to disk, one chunk a turn of the event loop: a large one takes seconds, and a node
 * that is not heard of for so long is taken for dead.
 */
export class SnapshotWriter {
  readonly #clock: Clock;
  readonly #store: Store;
  readonly #owner: SnapshotWriterOwner;
  /**
   * Invariant: one state at a time, for the next that begins removes what is on disk of another.
   */
  #writing: Writing | undefined;

  constructor(clock: Clock, store: Store, owner: SnapshotWriterOwner) {
    this.#clock = clock;
    this.#store = store;
    this.#owner = owner;
  }

  /** Whether a state is being written. */
  get isWriting(): boolean {
    return this.#writing !== undefined;
  }

  /**
   * Begins to write a state, in place of one that is being written.
   *
   * @param chunks of the state as of `index`, whatever is applied while they are read.
   */
  begin(index: number, chunks: Iterable<Json>): void {
    this.abandon();
    this.#writing = { index, chunks: chunks[Symbol.iterator](), part: 0, timer: this.#nextTurn() };
  }

  /** Writes no more; what is on disk counts for nothing. */
  abandon(): void {
    this.#writing?.timer.cancel();
    this.#writing = undefined;
  }

  #nextTurn(): Timer {
    return this.#clock.setTimer(0, () => this.#writeNext());
  }

  #writeNext(): void {
    const writing = this.#writing;
    if (writing === undefined) return;
    try {
      const { done, value } = writing.chunks.next();
      if (done !== true) {
        this.#store.saveChunks(writing.index, writing.part++, [value]);
        writing.timer = this.#nextTurn();
        return;
      }
    } catch (error) {
      this.abandon();
      return this.#owner.failed(error);
    }
    this.abandon();
    this.#owner.written(writing.index);
  }
}
