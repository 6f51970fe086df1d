import {
  type Clock,
  ClusterError,
  invariant,
  type Json,
  type NodeId,
  type Store,
} from "../core/mod.ts";
import type { ConsensusInput, SnapshotMeta } from "./raft/mod.ts";
import type { MemberCalls } from "../rpc/mod.ts";
import { type ReceivedSnapshot, sendSnapshot } from "./snapshot_transfer.ts";
import type { ReplicatedMachine } from "./replicated_machine.ts";
import { SnapshotWriter } from "./snapshot_writer.ts";

/** What the snapshots of a node need of it. */
export interface SnapshotsOwner {
  readonly clock: Clock;
  readonly store: Store;
  readonly rpc: MemberCalls;
  /** Hands the consensus machine an input. */
  step(input: ConsensusInput): void;
  /** The disk failed, or what is on it cannot be read. */
  failed(error: unknown): void;
}

/** The snapshots of what a node applied: taken, adopted, sent to others and received from them. */
export class Snapshots {
  readonly #owner: SnapshotsOwner;
  readonly #writer: SnapshotWriter;
  /** The last that arrived, until the consensus machine says what becomes of it. */
  #received: ReceivedSnapshot | undefined;
  #isStopped = false;

  constructor(owner: SnapshotsOwner) {
    this.#owner = owner;
    this.#writer = new SnapshotWriter(owner.clock, owner.store, {
      // Whatever was applied or taken meanwhile: the index says which state is on disk.
      written: (index) => owner.step({ type: "snapshot-taken", index }),
      failed: (error) => owner.failed(error),
    });
  }

  /**
   * Puts the stored snapshot in its place, for a restart to begin with.
   *
   * @throws {ClusterError} `BAD_MESSAGE` when the stored snapshot is not whole.
   */
  restoreInto(machine: ReplicatedMachine): void {
    const snapshot = this.#owner.store.latestSnapshot();
    if (snapshot !== undefined) machine.restore(snapshot.chunks)();
  }

  /** Whether a snapshot is being taken: another one has to wait. */
  get isTaking(): boolean {
    return this.#writer.isWriting;
  }

  /** Begins to take a snapshot; the consensus machine is told when all of it is on disk. */
  take(index: number, machine: Pick<ReplicatedMachine, "snapshot">): void {
    this.#writer.begin(index, machine.snapshot());
  }

  /** The entries up to `through` may go: the snapshot that was taken covers them. */
  accept(through: number, snapshot: SnapshotMeta): void {
    this.#owner.store.compact(through, stored(snapshot));
  }

  /** Holds a snapshot that another node sent. */
  receive(received: ReceivedSnapshot): void {
    this.#received = received;
    const { from, term, meta } = received;
    const snapshot = meta as unknown as SnapshotMeta;
    this.#owner.step({ type: "snapshot-received", from, term, snapshot });
  }

  /** What was received is of no use. */
  discard(): void {
    this.#received = undefined;
  }

  /**
   * Puts what was received in the place of the stored snapshot and log, and of what was applied.
   */
  install(snapshot: SnapshotMeta): void {
    const received = this.#received;
    this.#received = undefined;
    invariant(received?.meta["index"] === snapshot.index, "what is installed is what arrived last");
    // It is older than what takes its place.
    this.#writer.abandon();
    this.#owner.store.saveChunks(snapshot.index, 0, received.chunks);
    this.#owner.store.install(stored(snapshot));
    received.adopt();
  }

  /** Sends the latest snapshot to a node, and tells the consensus machine how it went. */
  async send(to: NodeId, term: number, meta: SnapshotMeta): Promise<void> {
    const owner = this.#owner;
    // A cluster that has taken no snapshot yet starts from an empty state at index 0.
    const snapshot = owner.store.latestSnapshot() ?? { meta: meta as unknown as Json, chunks: [] };
    try {
      await sendSnapshot(owner.rpc, to, term, snapshot);
      const { index } = snapshot.meta as unknown as SnapshotMeta;
      if (!this.#isStopped) owner.step({ type: "snapshot-sent", to, index });
    } catch (error) {
      // What cannot be read any more is not there either: trying again would never end.
      if (error instanceof ClusterError && error.code === "STORE_FAILED") owner.failed(error);
      else if (!this.#isStopped) owner.step({ type: "snapshot-failed", to });
    }
  }

  /** Ends it: what is being taken is abandoned. */
  stop(): void {
    this.#isStopped = true;
    this.#writer.abandon();
  }
}

type StoredMeta = Parameters<Store["install"]>[0];

function stored(snapshot: SnapshotMeta): StoredMeta {
  return snapshot as unknown as StoredMeta;
}
