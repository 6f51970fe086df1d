import { ClusterError, type ErrorCode, type NodeId } from "../core/mod.ts";
import type { ConsensusEffect, RequestId } from "./raft/mod.ts";

interface Waiting<T> {
  resolve(value: T): void;
  reject(error: ClusterError): void;
}

/** The effects of consensus that answer somebody. */
export type AnswerEffect = Extract<
  ConsensusEffect,
  { type: "accepted" | "refused" | "failed" | "read-ready" | "read-failed" | "transferred" }
>;

/**
 * Who waits for an answer of consensus: proposals, reads and transfers, by the number of their
 * request.
 */
export class PendingRequests {
  #last: RequestId = 0;
  /** Proposals that have no place in the log yet. */
  readonly #asked = new Map<RequestId, Waiting<unknown>>();
  /** Those that have, by index: their term says whether it was they that were committed. */
  readonly #accepted = new Map<
    number,
    { term: number; waiting: Waiting<unknown> }
  >();
  readonly #reads = new Map<RequestId, Waiting<void>>();
  readonly #transfers = new Map<RequestId, Waiting<NodeId>>();

  /** A number that no request of this process had. */
  next(): RequestId {
    return ++this.#last;
  }

  /** Waits for a proposal to be committed and applied: resolves to what applying it came to. */
  ofProposal(request: RequestId): Promise<unknown> {
    return new Promise((resolve, reject) => this.#asked.set(request, { resolve, reject }));
  }

  /** Waits for a read to be confirmed. */
  ofRead(request: RequestId): Promise<void> {
    return new Promise((resolve, reject) => this.#reads.set(request, { resolve, reject }));
  }

  /** Waits for a transfer to end. */
  ofTransfer(request: RequestId): Promise<NodeId> {
    return new Promise((resolve, reject) => this.#transfers.set(request, { resolve, reject }));
  }

  /** An entry was committed and applied: whoever proposed it hears of it. */
  applied(index: number, term: number, result: unknown): void {
    const accepted = take(this.#accepted, index);
    if (accepted === undefined) return;
    if (accepted.term === term) accepted.waiting.resolve(result);
    else accepted.waiting.reject(overtaken());
  }

  /** Answers whoever asked. */
  answer(effect: AnswerEffect): void {
    switch (effect.type) {
      case "accepted": {
        const { index, term } = effect;
        const waiting = take(this.#asked, effect.request);
        if (waiting !== undefined) this.#accepted.set(index, { term, waiting });
        return;
      }
      case "refused": {
        const error = refusal(effect.code, effect.reason, effect.leader, effect.missing);
        take(this.#asked, effect.request)?.reject(error);
        take(this.#transfers, effect.request)?.reject(error);
        return;
      }
      case "failed":
        return take(this.#accepted, effect.index)?.waiting.reject(outcomeUnknown());
      case "read-ready":
        return take(this.#reads, effect.request)?.resolve();
      case "read-failed": {
        const { code, leader, missing } = effect;
        const error = refusal(code, "No majority confirmed the read", leader, missing);
        return take(this.#reads, effect.request)?.reject(error);
      }
      case "transferred": {
        const waiting = take(this.#transfers, effect.request);
        if (effect.ok) return waiting?.resolve(effect.to);
        const reason = "The other node did not take over in time; the master stays";
        return waiting?.reject(new ClusterError("TIMEOUT", reason));
      }
    }
  }

  /** Whatever waits fails. */
  failAll(error: ClusterError): void {
    const all = [
      ...this.#asked.values(),
      ...[...this.#accepted.values()].map(({ waiting }) => waiting),
      ...this.#reads.values(),
      ...this.#transfers.values(),
    ];
    for (const waiting of all) waiting.reject(error);
    for (const map of [this.#asked, this.#accepted, this.#reads, this.#transfers]) map.clear();
  }
}

function take<K, V>(map: Map<K, V>, key: K): V | undefined {
  const value = map.get(key);
  if (value !== undefined) map.delete(key);
  return value;
}

function outcomeUnknown(): ClusterError {
  const details = { outcome: "unknown" };
  return new ClusterError("UNREACHABLE", "The outcome is unknown", { details });
}

function overtaken(): ClusterError {
  return refusal("NOT_MASTER", "Another master took over before it was agreed", undefined, []);
}

function refusal(
  code: ErrorCode,
  reason: string,
  leader: NodeId | undefined,
  missing: readonly NodeId[],
): ClusterError {
  const details = { leader: leader ?? null, missing: [...missing] };
  return new ClusterError(code, reason, { details });
}
