import {
  ClusterError,
  isJsonObject,
  type Json,
  type JsonObject,
  MASTER_WAIT_MS,
  type Millis,
  NO_QUORUM_WAIT_MS,
  type NodeId,
  SESSION_TTL_MS,
  WATCH_POLL_MS,
} from "../core/mod.ts";
import {
  type Command,
  type CompareAndSet,
  type CompareAndSetResult,
  type DeleteResult,
  type KeyValue,
  type Outcome,
  PROTOCOL_1_TABLES,
  type PutResult,
  type SessionResult,
  type Transaction,
  type TransactionResult,
} from "./store/mod.ts";
import { type AskOptions, masterIsSlow, noQuorum, outcomeUnknown, Patience } from "./patience.ts";
import type { KeyValueOwner } from "./key_value_owner.ts";
import { type RequestId, RequestIds } from "./request_ids.ts";
import { resultOf } from "./outcome.ts";
import { STATE_SERVICE } from "./state_service.ts";
import { type WatchBatch, watchKeys } from "./key_watch.ts";

/** The service by which clients use the state through any member: the requests of `KvClient.request`. */
export const KEY_VALUE_SERVICE = "muster.kv";

/** Milliseconds before a request that met no master is tried again: an election takes tens. */
const RETRY_MS = 20;
/** Milliseconds that one try may take: a master that is silent for so long is asked no more. */
const TRY_MS = 2_000;
/** What a node answers that has done nothing, and never will: it did not even put the command into its log. */
const REFUSALS: ReadonlySet<string> = new Set([
  "NOT_MASTER",
  "NO_QUORUM",
  "NOT_READY",
  "OVERLOADED",
]);
/** How to read. */
export interface ReadKeyOptions extends AskOptions {
  /** At an older revision. */
  revision?: number;
  /**
   * Any replica's copy will do: possibly old, and readable without a majority; `NOT_READY` when all that are here
   * have just restarted and cannot tell what was agreed on. Default false.
   */
  stale?: boolean;
}

/** How to list. */
export interface ListKeysOptions extends ReadKeyOptions {
  /** Entries at the most. Default and bound 1,000. */
  limit?: number;
  /** Only keys behind this one: for the next page. */
  after?: string;
}

/**
 * The small consistent state that the members share: revisioned keys, in the model of etcd v3.
 *
 * Reads are linearizable and writes exactly once, also when the master changes meanwhile: both are sent
 * again until a master has answered, for up to 3 s, or for as long as their caller has.
 */
export class KvClient {
  readonly #owner: KeyValueOwner;
  /** What waits for the master of now, by what gives it up. */
  readonly #tries = new Map<AbortController, NodeId>();
  /** What ends the pause of a request before its next try. */
  readonly #pauses = new Set<() => void>();
  #stamps: Promise<RequestIds> | undefined;

  /** Made by the node. */
  constructor(owner: KeyValueOwner) {
    this.#owner = owner;
  }

  /**
   * Reads a key.
   *
   * @returns `undefined` when there is no such key.
   * @throws {ClusterError} `NO_QUORUM` when no master answers, `COMPACTED` for a forgotten revision.
   */
  async get(key: string, options: ReadKeyOptions = {}): Promise<KeyValue | undefined> {
    const { signal, timeoutMs, ...where } = options;
    const outcome = await this.request({ op: "get", key, ...where }, { signal, timeoutMs });
    return (resultOf(outcome) as { entry: KeyValue | null }).entry ?? undefined;
  }

  /** Lists the keys with a prefix, in the order of their code points: one page. */
  async list(
    prefix: string,
    options: ListKeysOptions = {},
  ): Promise<{ entries: KeyValue[]; more: boolean }> {
    const { signal, timeoutMs, ...where } = options;
    const outcome = await this.request({ op: "list", prefix, ...where }, { signal, timeoutMs });
    return resultOf(outcome) as { entries: KeyValue[]; more: boolean };
  }

  /**
   * Writes a key.
   *
   * @param lease the lease that the key lives with, when it has one.
   * @returns the revision of the write, and the key's version.
   */
  async put(
    key: string,
    value: Json,
    { lease, ...options }: { lease?: number } & AskOptions = {},
  ): Promise<{ revision: number; version: number }> {
    const put = { type: "put", key, value, ...(lease === undefined ? {} : { lease }) } as const;
    const outcome = await this.apply(put, options);
    const { version } = resultOf(outcome) as PutResult;
    return { revision: outcome.revision, version };
  }

  /** Deletes a key, or all with a prefix; resolves to how many there were. */
  async delete(what: string | { prefix: string }, options: AskOptions = {}): Promise<number> {
    const selector = typeof what === "string" ? { key: what } : what;
    const outcome = await this.apply({ type: "delete", ...selector }, options);
    return (resultOf(outcome) as DeleteResult).deleted;
  }

  /** Writes a key if it is as expected. */
  async compareAndSet(
    key: string,
    expect: CompareAndSet["expect"],
    value: Json,
    options: AskOptions = {},
  ): Promise<CompareAndSetResult> {
    const outcome = await this.apply({ type: "cas", key, expect, value }, options);
    return resultOf(outcome) as CompareAndSetResult;
  }

  /** Does one of two lists of operations, all or nothing, as the compares hold. */
  async transaction(
    transaction: Omit<Transaction, "type">,
    options: AskOptions = {},
  ): Promise<TransactionResult> {
    const outcome = await this.apply({ type: "transaction", ...transaction }, options);
    return resultOf(outcome) as TransactionResult;
  }

  /**
   * The changes of a key, or of all with a prefix, from a revision on or from now; it goes on over
   * changes of master, without a gap and without a repetition.
   *
   * @throws {ClusterError} `COMPACTED` when the revision is forgotten.
   */
  async *watch(
    what: string | { prefix: string },
    options: { fromRevision?: number; signal?: AbortSignal } = {},
  ): AsyncGenerator<WatchBatch, void, void> {
    const selector = typeof what === "string" ? { key: what } : what;
    yield* watchKeys((body, asked) => this.request(body, asked), selector, options);
  }

  /**
   * Applies a command, exactly once however often it has to be sent. One that carries a session of its
   * caller's own goes as it is: then the caller may send it again through another member.
   *
   * @returns the state's outcome; its errors are outcomes too.
   * @throws {ClusterError} `NO_QUORUM` when no master answers: with `outcome: "unknown"` in its details the
   * command may have been done all the same.
   */
  async apply(command: Command, options: AskOptions = {}): Promise<Outcome> {
    const isRepeatable = PROTOCOL_1_TABLES.find(command.type)?.rule.isRepeatable === true;
    if (isRepeatable || command.session !== undefined) {
      return await this.request({ op: "apply", command: command as unknown as Json }, options);
    }
    const patience = new Patience(this.#owner.ports.clock, options);
    for (let isFirst = true;; isFirst = false) {
      const session = this.#stamps ??= this.#openSession();
      const { stamps, stamp } = await this.#stamp(session, patience);
      const tries = { failed: 0 };
      try {
        const stamped = { ...command, ...stamp } as unknown as Json;
        const outcome = await this.#request({ op: "apply", command: stamped }, patience, tries);
        const isExpired = !outcome.ok && outcome.error.code === "SESSION_EXPIRED";
        if (!isExpired) return outcome;
        // A node that was silent for long finds its session ended.
        if (this.#stamps === session) this.#stamps = undefined;
        if (tries.failed > 0) throw outcomeUnknown();
        if (!isFirst) return outcome;
      } finally {
        stamps.give(stamp);
      }
    }
  }

  /** The session is for all who ask: it is opened on when this caller's time is over. */
  async #stamp(
    session: Promise<RequestIds>,
    patience: Patience,
  ): Promise<{ stamps: RequestIds; stamp: RequestId }> {
    const taking = session.then(async (stamps) => ({ stamps, stamp: await stamps.take() }));
    const taken = await patience.wait(taking);
    if (taken !== undefined) return taken;
    taking.then(({ stamps, stamp }) => stamps.give(stamp), () => {});
    throw this.#givenUp(undefined, false);
  }

  /**
   * Answers what a client asks through this member: `{op: "get" | "list" | "watch" | "apply", …}`.
   *
   * @throws {ClusterError} `BAD_REQUEST`, or as `apply` and `request`.
   */
  async serve(body: Json, options: AskOptions = {}): Promise<Outcome> {
    if (!isJsonObject(body)) {
      throw new ClusterError("BAD_REQUEST", `"${KEY_VALUE_SERVICE}" takes {"op": …}`);
    }
    if (body["op"] !== "apply") return await this.request(body, options);
    const { command } = body;
    if (!isJsonObject(command)) throw new ClusterError("BAD_REQUEST", '"apply" takes a "command"');
    const { rule } = PROTOCOL_1_TABLES.find(command["type"]) ?? {};
    if (rule !== undefined && rule.proposedBy !== "clients") {
      throw new ClusterError("BAD_REQUEST", `No client may propose "${command["type"]}"`);
    }
    return await this.apply(command as unknown as Command, options);
  }

  /**
   * Another node leads: what waits for an earlier master is asked of this one, at once. An earlier master
   * that is silent, and not dead, would keep it waiting.
   */
  masterChanged(master: NodeId): void {
    for (const [giveUp, target] of [...this.#tries]) if (target !== master) giveUp.abort();
  }

  /** Sends a request to where it can be answered, again and again until it is. */
  request(body: JsonObject, options: AskOptions = {}): Promise<Outcome> {
    return this.#request(body, new Patience(this.#owner.ports.clock, options), { failed: 0 });
  }

  /** @param tries counts those that failed and may have been done all the same. */
  async #request(
    body: JsonObject,
    patience: Patience,
    tries: { failed: number },
  ): Promise<Outcome> {
    const { clock } = this.#owner.ports;
    let masterAt = clock.now() + MASTER_WAIT_MS;
    while (true) {
      if (this.#owner.isOver()) {
        throw new ClusterError("SHUTTING_DOWN", "This node is leaving the cluster");
      }
      patience.check();
      const target = this.#target(body["stale"] === true, tries.failed);
      const triedAt = clock.now();
      let failure: unknown;
      if (target !== undefined) {
        const timeoutMs = tryMs(body, Math.min(masterAt, patience.callerAt) - triedAt);
        try {
          return await this.#try(target, body, timeoutMs, patience.signal);
        } catch (error) {
          const isPassing = error instanceof ClusterError && error.retryable;
          if (!isPassing) throw error;
          if (!REFUSALS.has(error.code)) tries.failed++;
          failure = error;
          if (body["stale"] !== true) this.#owner.failedBy(target, error.code === "NOT_MASTER");
        }
      }
      // A watch may have waited for long at a master that went only now.
      const hasWaited = body["op"] === "watch" && clock.now() - triedAt > RETRY_MS;
      if (hasWaited) masterAt = clock.now() + MASTER_WAIT_MS;
      // Members that restart together find each other in moments; what is dead for longer stays away.
      const isIdle = target === undefined || isNotReady(failure);
      const isHopeless = isIdle && this.#owner.isMajorityDead() &&
        clock.now() >= masterAt - MASTER_WAIT_MS + NO_QUORUM_WAIT_MS;
      const isUnknown = body["op"] === "apply" && tries.failed > 0;
      if (isHopeless || clock.now() >= masterAt) {
        throw this.#noQuorum(failure, isUnknown);
      }
      if (patience.isOver) throw this.#givenUp(failure, isUnknown);
      await this.#pause(patience.signal);
    }
  }

  /** The caller's time is over: there is no majority, as far as this node knows, or the master is slow. */
  #givenUp(failure: unknown, isUnknown: boolean): ClusterError {
    const isRefused = isNotReady(failure) ||
      (failure instanceof ClusterError && failure.code === "NO_QUORUM");
    const isMissing = this.#owner.master() === undefined || this.#owner.isMajorityDead();
    return isRefused || isMissing
      ? this.#noQuorum(failure, isUnknown)
      : masterIsSlow(failure, isUnknown);
  }

  #noQuorum(cause: unknown, isUnknown: boolean): ClusterError {
    if (isNotReady(cause)) return cause;
    const { missingVoters, keptHere, pace } = this.#owner;
    return this.#owner.gaveUp?.(cause, isUnknown) ??
      noQuorum(missingVoters(), cause, isUnknown, keptHere(), pace?.());
  }

  /** Ends every pause between two tries: the node is a member no more. */
  stop(): void {
    for (const wake of [...this.#pauses]) wake();
  }

  /** Waits before the next try, unless the caller gives up or the node ends. */
  #pause(signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        timer.cancel();
        this.#pauses.delete(wake);
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      const timer = this.#owner.ports.clock.setTimer(RETRY_MS, wake);
      this.#pauses.add(wake);
      signal?.addEventListener("abort", wake, { once: true });
    });
  }

  /** Asks one node once; fails as `UNREACHABLE` when another leads before it has answered. */
  async #try(
    target: NodeId,
    body: JsonObject,
    timeoutMs: Millis,
    signal: AbortSignal | undefined,
  ): Promise<Outcome> {
    const giveUp = new AbortController();
    const passOn = () => giveUp.abort();
    signal?.addEventListener("abort", passOn, { once: true });
    if (body["stale"] !== true) this.#tries.set(giveUp, target);
    try {
      const answer = this.#owner.rpc.call(target, {
        service: STATE_SERVICE,
        body: body as Json,
        timeoutMs,
        signal: giveUp.signal,
      });
      return await answer as unknown as Outcome;
    } catch (error) {
      if (!giveUp.signal.aborted || signal?.aborted === true) throw error;
      const reason = "Another node became the master before that one answered";
      throw new ClusterError("UNREACHABLE", reason, { cause: error });
    } finally {
      this.#tries.delete(giveUp);
      signal?.removeEventListener("abort", passOn);
    }
  }

  /** @param failed how many tries have failed: one copy may be read where another may not yet. */
  #target(isStale: boolean, failed: number): NodeId | undefined {
    if (!isStale) return this.#owner.master();
    const replicas = this.#owner.replicas();
    return replicas[failed % replicas.length];
  }

  async #openSession(): Promise<RequestIds> {
    try {
      const outcome = await this.apply({ type: "session-open", ttlMs: SESSION_TTL_MS });
      return new RequestIds((resultOf(outcome) as SessionResult).session);
    } catch (error) {
      this.#stamps = undefined;
      throw error;
    }
  }
}

/** Whether a copy was there that may not be read yet. */
function isNotReady(failure: unknown): failure is ClusterError {
  return failure instanceof ClusterError && failure.code === "NOT_READY";
}

/** The whole milliseconds that one try of a request may take; a watch is silent while nothing happens. */
function tryMs(body: JsonObject, leftMs: Millis): Millis {
  if (body["op"] === "watch") return WATCH_POLL_MS + TRY_MS;
  return Math.max(1, Math.ceil(Math.min(TRY_MS, leftMs)));
}
