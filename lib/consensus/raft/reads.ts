import { type Millis, type NodeId, randomBelow } from "../../core/mod.ts";
import { READS_PENDING, REMOTE_READS_PENDING } from "./limits.ts";
import type { RefusalCode } from "./effect.ts";
import type { Index } from "./entry.ts";
import type { RequestId } from "./input.ts";
import type { ReadReply, ReadRequest } from "./messages.ts";
import type { Replica } from "./replica.ts";

/** Who waits for a read index: a request of this node, or another node. */
type Reader = { request: RequestId } | { node: NodeId; read: number };

/** A leader's reads: each waits for a round of messages that began after it came (D §6.4). */
export class LeaderReads {
  readonly #replica: Replica;
  /** Reads that wait for the next round. */
  #waiting: Reader[] = [];
  /** Reads whose round is under way; one at a time, so that many share one. */
  #confirming: { round: number; index: Index; readers: Reader[] } | undefined;
  #remoteCount = 0;

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  /** Whether a round should begin now. */
  get wantsRound(): boolean {
    return this.#waiting.length > 0 && this.#confirming === undefined;
  }

  add(reader: Reader): void {
    const isRemote = "node" in reader;
    const isFull = isRemote
      ? this.#remoteCount >= REMOTE_READS_PENDING
      : this.#waiting.length >= READS_PENDING;
    if (isFull) return this.#fail(reader, "OVERLOADED", []);
    if (isRemote) this.#remoteCount++;
    this.#waiting.push(reader);
  }

  /** The round begins: all that wait are in it. */
  begin(round: number): void {
    this.#confirming = { round, index: this.#replica.commitIndex, readers: this.#waiting };
    this.#waiting = [];
  }

  /** A majority has answered everything up to `majorityRound`. */
  confirm(majorityRound: number): void {
    const batch = this.#confirming;
    if (batch === undefined) return;
    if (!this.#replica.rules.isReadConfirmed(batch.round, majorityRound)) return;
    this.#confirming = undefined;
    for (const reader of batch.readers) {
      if ("node" in reader) {
        this.#remoteCount--;
        reply(this.#replica, reader, { ok: true, index: batch.index });
      } else {
        this.#replica.emit({ type: "read-ready", request: reader.request, index: batch.index });
      }
    }
  }

  /** Leadership is over. */
  end(code: RefusalCode, missing: NodeId[]): void {
    for (const reader of [...this.#confirming?.readers ?? [], ...this.#waiting]) {
      this.#fail(reader, code, missing);
    }
    this.#confirming = undefined;
    this.#waiting = [];
  }

  #fail(reader: Reader, code: RefusalCode, missing: NodeId[]): void {
    if ("node" in reader) return reply(this.#replica, reader, { ok: false, index: 0 });
    const { leader } = this.#replica;
    this.#replica.emit({ type: "read-failed", request: reader.request, code, leader, missing });
  }
}

function reply(
  replica: Replica,
  { node, read }: { node: NodeId; read: number },
  outcome: Pick<ReadReply, "ok" | "index">,
): void {
  replica.send(node, { type: "read-reply", term: replica.term, read, ...outcome });
}

/** A follower's reads: it asks its leader for an index, and waits until it has applied it. */
export class FollowerReads {
  readonly #replica: Replica;
  /** Starts anywhere, so that an answer to an earlier life of this node is none to this one. */
  #lastRead: number;
  /** Requests that go out with the next question. */
  #waiting: RequestId[] = [];
  #asked = new Map<
    number,
    { leader: NodeId; deadline: Millis; index: Index | undefined; requests: RequestId[] }
  >();
  #count = 0;

  constructor(replica: Replica) {
    this.#replica = replica;
    this.#lastRead = randomBelow(replica.random, 2 ** 48);
  }

  /** When the oldest question is given up. */
  get deadline(): Millis {
    const oldest = this.#asked.values().next();
    return oldest.done ? Infinity : oldest.value.deadline;
  }

  add(request: RequestId, missing: NodeId[]): void {
    const { leader, isVoter, config } = this.#replica;
    if (leader === undefined) {
      const isMember = isVoter || config.learners.includes(this.#replica.id);
      return this.#fail(request, isMember ? "NO_QUORUM" : "NOT_MASTER", missing);
    }
    if (this.#count >= READS_PENDING) return this.#fail(request, "OVERLOADED", []);
    this.#count++;
    this.#waiting.push(request);
  }

  reply(from: NodeId, { read, ok, index }: ReadReply): void {
    const batch = this.#asked.get(read);
    if (batch === undefined || batch.leader !== from) return;
    if (ok) batch.index = index;
    else this.#drop(read);
  }

  /** Asks for what came this turn, gives what is ready, gives up what is too late. */
  settle(): void {
    const { leader, now, commitIndex, term, electionTimeoutMs: timeout, id } = this.#replica;
    if (this.#waiting.length > 0) {
      const read = ++this.#lastRead;
      const requests = this.#waiting;
      this.#waiting = [];
      const batch = { leader: leader ?? id, deadline: now + timeout, index: undefined, requests };
      this.#asked.set(read, batch);
      const request: ReadRequest = { type: "read-request", term, read };
      if (leader !== undefined && leader !== id) this.#replica.send(leader, request);
    }
    for (const [read, batch] of this.#asked) {
      const { index, requests } = batch;
      if (index !== undefined && index <= commitIndex) {
        this.#asked.delete(read);
        this.#count -= requests.length;
        for (const request of requests) {
          this.#replica.emit({ type: "read-ready", request, index });
        }
      } else if (now >= batch.deadline || (index === undefined && leader !== batch.leader)) {
        this.#drop(read);
      }
    }
  }

  #drop(read: number): void {
    const batch = this.#asked.get(read);
    if (batch === undefined) return;
    this.#asked.delete(read);
    this.#count -= batch.requests.length;
    for (const request of batch.requests) this.#fail(request, "NOT_MASTER", []);
  }

  #fail(request: RequestId, code: RefusalCode, missing: NodeId[]): void {
    this.#replica.emit({
      type: "read-failed",
      request,
      code,
      leader: this.#replica.leader,
      missing,
    });
  }
}
