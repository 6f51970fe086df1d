import type { Json } from "../core/mod.ts";
import type { AskOptions, StateEngine, WatchBatch } from "./engine.ts";
import { watchKeys } from "./key_watch.ts";
import { resultOf } from "./outcome.ts";
import type {
  Command,
  CompareAndSet,
  CompareAndSetResult,
  KeyEvent,
  KeyValue,
  OutcomeOf,
  Transaction,
  TransactionResult,
} from "./store/mod.ts";

/** How to read. */
export interface ReadKeyOptions extends AskOptions {
  /** At an older revision. */
  revision?: number;
  /**
   * Any replica's copy will do: possibly old, and readable without a majority; `NOT_READY` when all
   * that are here have just restarted and cannot tell what was agreed on. Default false.
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
 * Reads are linearizable and writes exactly once, also when the leader changes meanwhile: both are
 * sent again until a leader has answered, for up to 3 s, or for as long as their caller has.
 */
export interface KvClient {
  /**
   * Reads a key.
   *
   * @returns `undefined` when there is no such key.
   * @throws {ClusterError} `NO_QUORUM` when no leader answers, `COMPACTED` for a forgotten
   * revision.
   */
  get(key: string, options?: ReadKeyOptions): Promise<KeyValue | undefined>;
  /** Lists the keys with a prefix, in the order of their code points: one page. */
  list(
    prefix: string,
    options?: ListKeysOptions,
  ): Promise<{ entries: KeyValue[]; more: boolean }>;
  /**
   * Writes a key.
   *
   * @param options beside how to ask, the `lease` that the key lives with, when it has one.
   * @returns the revision of the write, and the key's version.
   */
  put(
    key: string,
    value: Json,
    options?: { lease?: number } & AskOptions,
  ): Promise<{ revision: number; version: number }>;
  /** Deletes a key, or all with a prefix; resolves to how many there were. */
  delete(what: string | { prefix: string }, options?: AskOptions): Promise<number>;
  /** Writes a key if it is as expected. */
  compareAndSet(
    key: string,
    expect: CompareAndSet["expect"],
    value: Json,
    options?: AskOptions,
  ): Promise<CompareAndSetResult>;
  /** Does one of two lists of operations, all or nothing, as the compares hold. */
  transaction(
    transaction: Omit<Transaction, "type">,
    options?: AskOptions,
  ): Promise<TransactionResult>;
  /**
   * The changes of a key, or of all with a prefix, from a revision on or from now; it goes on over
   * changes of leader, without a gap and without a repetition.
   *
   * @throws {ClusterError} `COMPACTED` when the revision is forgotten.
   */
  watch(
    what: string | { prefix: string },
    options?: { fromRevision?: number; signal?: AbortSignal },
  ): AsyncGenerator<WatchBatch, void, void>;
  /**
   * Applies a command, exactly once however often it has to be sent. One that carries a session of
   * its caller's own goes as it is: then the caller may send it again through another member.
   *
   * @returns the state's outcome; its errors are outcomes too.
   * @throws {ClusterError} `NO_QUORUM` when no leader answers: with `outcome: "unknown"` in its
   * details the command may have been done all the same.
   */
  apply<C extends Command>(command: C, options?: AskOptions): Promise<OutcomeOf<C>>;
}

/** The state that an engine keeps, as programs use it. */
export function kvClientOf(engine: StateEngine): KvClient {
  return new EngineKvClient(engine);
}

/** What is given and what comes back are copies: an engine may share its own with the state. */
class EngineKvClient implements KvClient {
  readonly #engine: StateEngine;

  constructor(engine: StateEngine) {
    this.#engine = engine;
  }

  async get(key: string, options: ReadKeyOptions = {}): Promise<KeyValue | undefined> {
    const { signal, timeoutMs, ...where } = options;
    const answer = await this.#engine.get({ op: "get", key, ...where }, { signal, timeoutMs });
    const { entry } = resultOf(answer);
    return entry === null ? undefined : ownEntry(entry);
  }

  async list(
    prefix: string,
    options: ListKeysOptions = {},
  ): Promise<{ entries: KeyValue[]; more: boolean }> {
    const { signal, timeoutMs, ...where } = options;
    const answer = await this.#engine.list(
      { op: "list", prefix, ...where },
      { signal, timeoutMs },
    );
    const { entries, more } = resultOf(answer);
    return { entries: entries.map(ownEntry), more };
  }

  async put(
    key: string,
    value: Json,
    { lease, ...options }: { lease?: number } & AskOptions = {},
  ): Promise<{ revision: number; version: number }> {
    const put = { type: "put", key, value: ownValue(value) } as const;
    const outcome = await this.#engine.apply(
      lease === undefined ? put : { ...put, lease },
      options,
    );
    const { version } = resultOf(outcome);
    return { revision: outcome.revision, version };
  }

  async delete(what: string | { prefix: string }, options: AskOptions = {}): Promise<number> {
    const selector = typeof what === "string" ? { key: what } : { prefix: what.prefix };
    const outcome = await this.#engine.apply({ type: "delete", ...selector }, options);
    return resultOf(outcome).deleted;
  }

  async compareAndSet(
    key: string,
    expect: CompareAndSet["expect"],
    value: Json,
    options: AskOptions = {},
  ): Promise<CompareAndSetResult> {
    return resultOf(await this.apply({ type: "cas", key, expect, value }, options));
  }

  async transaction(
    transaction: Omit<Transaction, "type">,
    options: AskOptions = {},
  ): Promise<TransactionResult> {
    return resultOf(await this.apply({ type: "transaction", ...transaction }, options));
  }

  async *watch(
    what: string | { prefix: string },
    options: { fromRevision?: number; signal?: AbortSignal } = {},
  ): AsyncGenerator<WatchBatch, void, void> {
    const selector = typeof what === "string" ? { key: what } : { prefix: what.prefix };
    for await (const { events, nextRevision } of watchKeys(this.#engine, selector, options)) {
      yield { events: events.map(ownEvent), nextRevision };
    }
  }

  async apply<C extends Command>(command: C, options: AskOptions = {}): Promise<OutcomeOf<C>> {
    return own(await this.#engine.apply(own(command), options));
  }
}

/** A copy, as it arrives at another node: nobody can change it from outside. */
function own<T>(json: T): T {
  return JSON.parse(JSON.stringify(json)) as T;
}

/** A value that nobody else has: most are texts and numbers, which nobody can change. */
function ownValue(value: Json): Json {
  if (typeof value === "string" || typeof value === "boolean") return value;
  const text = JSON.stringify(value) as string | undefined;
  // What is no JSON at all the state refuses.
  return text === undefined ? value : JSON.parse(text) as Json;
}

function ownEntry(entry: KeyValue): KeyValue {
  return { ...entry, value: ownValue(entry.value) };
}

function ownEvent(event: KeyEvent): KeyEvent {
  return event.type === "put" ? { ...event, value: ownValue(event.value) } : { ...event };
}
