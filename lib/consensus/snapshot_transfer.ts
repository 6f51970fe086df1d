import {
  ClusterError,
  isInteger,
  isJsonObject,
  type Json,
  type JsonObject,
  type NodeId,
  type StoredSnapshot,
} from "../core/mod.ts";
import { SNAPSHOT_CHUNKS } from "./limits.ts";
import type { MemberCalls } from "../rpc/mod.ts";
import type { ReplicatedMachine } from "./replicated_machine.ts";

/** The service by which a snapshot reaches a member, chunk by chunk over the data link. */
export const SNAPSHOT_SERVICE = "muster.snapshot";

/** Milliseconds that one chunk may take. */
const CHUNK_TIMEOUT_MS = 10_000;

/**
 * Sends a snapshot: one call a chunk, the next when the last was taken, so that a slow receiver is
 * waited for and never flooded.
 *
 * @throws {ClusterError} when a chunk was not taken; the leader tries again later.
 */
export async function sendSnapshot(
  rpc: MemberCalls,
  to: NodeId,
  term: number,
  snapshot: StoredSnapshot,
): Promise<void> {
  let part = 0;
  const send = (chunk: Json, isLast: boolean) =>
    rpc.call(to, {
      service: SNAPSHOT_SERVICE,
      body: { term, meta: snapshot.meta, part: part++, chunk, last: isLast },
      timeoutMs: CHUNK_TIMEOUT_MS,
    });
  for (const chunk of snapshot.chunks) await send(chunk, false);
  await send(null, true);
}

/** A snapshot that arrived whole. */
export interface ReceivedSnapshot {
  /** Which leader sent it. */
  from: NodeId;
  /** That leader's term. */
  term: number;
  /** What it covers. */
  meta: JsonObject;
  /** Its chunks, in order. */
  chunks: Json[];
  /** Puts what the chunks hold in its place; what cannot be read takes the place of nothing. */
  adopt: () => void;
}

/** Puts the chunks of snapshots together: one sender at a time, in order. */
export class SnapshotReceiver {
  #from: NodeId | undefined;
  #term = 0;
  #chunks: Json[] = [];
  readonly #machine: Pick<ReplicatedMachine, "restore">;

  /** @param machine what the snapshots are of. */
  constructor(machine: Pick<ReplicatedMachine, "restore">) {
    this.#machine = machine;
  }

  /**
   * Takes one chunk.
   *
   * @returns the snapshot, with its last chunk.
   * @throws {ClusterError} `BAD_REQUEST` when the chunk is malformed or out of order, `BAD_MESSAGE`
   * when they are no snapshot, all together.
   */
  take(from: NodeId, body: Json): ReceivedSnapshot | undefined {
    if (!isJsonObject(body) || !isInteger(body["term"]) || !isInteger(body["part"])) {
      throw new ClusterError("BAD_REQUEST", "A snapshot's chunk needs a term and a part");
    }
    const { term, part, meta, chunk } = body;
    if (part === 0 && term >= this.#term) {
      this.#from = from;
      this.#term = term;
      this.#chunks = [];
    }
    const isNext = from === this.#from && term === this.#term && part === this.#chunks.length;
    if (!isNext || !isJsonObject(meta)) {
      throw new ClusterError("BAD_REQUEST", `Chunk ${part} is not the next of this snapshot`);
    }
    if (body["last"] !== true) {
      if (this.#chunks.length >= SNAPSHOT_CHUNKS) {
        throw new ClusterError("TOO_LARGE", `A snapshot has at most ${SNAPSHOT_CHUNKS} chunks`);
      }
      this.#chunks.push((chunk ?? null) as Json);
      return undefined;
    }
    const chunks = this.#chunks;
    this.#from = undefined;
    this.#chunks = [];
    return { from, term, meta, chunks, adopt: this.#machine.restore(chunks) };
  }
}
