import { type ErrorData, invariant, isInteger } from "../../core/mod.ts";
import { bad, checkKey } from "./checks.ts";
import type { Command } from "./command.ts";
import type {
  ApplyResult,
  CommandResult,
  GetResult,
  ListResult,
  Outcome,
} from "./command_result.ts";
import { entryOf } from "./key_value.ts";
import { CommandError } from "./command_error.ts";
import { CommandExecutor } from "./command_executor.ts";
import { type History, type Page, pageOf } from "./key_space.ts";
import { orderedKeysOf } from "./lease_table.ts";
import type { ExpiryAlive } from "./lessor.ts";
import type { ReplicatedTable } from "./replicated_table.ts";
import type { Selector } from "./selector.ts";
import type { Session } from "./session_table.ts";
import { capture, digestOf, rebuild } from "./snapshot.ts";
import type { SnapshotChunk } from "./snapshot_chunk.ts";
import {
  type KnownCommand,
  PROTOCOL_1_TABLES,
  type StateTables,
  type TableRegistry,
} from "./table_registry.ts";

/** How a read ended; `revision` is the state's, which may be later than the one that was read. */
export type ReadOutcome<Result> =
  | { ok: true; revision: number; result: Result }
  | { ok: false; revision: number; error: ErrorData };

/** At which revision to read. */
export interface ReadOptions {
  /** Default: the present. */
  revision?: number;
}

/** Which page of a list, and at which revision. */
export interface ListOptions extends ReadOptions, Page {}

/** How much the state holds. */
export interface StateStatus {
  /** Its revision. */
  revision: number;
  /** Up to which revision history is forgotten. */
  compactedRevision: number;
  /** How many keys there are. */
  keys: number;
  /** How many leases live. */
  leases: number;
  /** How many locks are held. */
  locks: number;
  /** How many sessions are open. */
  sessions: number;
  /** What everything counts against `STATE_BYTES`. */
  bytes: number;
  /** What history counts, of `bytes`. */
  historyBytes: number;
}

/** A lease, for people and programs to look at. */
export interface LeaseInfo {
  /** The lease's id. */
  lease: number;
  /** How long it lives without a keep-alive. */
  ttlMs: number;
  /** The keys that go with it. */
  keys: string[];
}

/** The replicated state: changed by committed commands alone, in their order. */
export class State {
  readonly #registry: TableRegistry;
  #appliedIndex = 0;
  #tables: StateTables;

  /**
   * Empty, with the tables of that registry.
   *
   * @param registry the tables that it has. Default: the first four.
   */
  constructor(registry: TableRegistry = PROTOCOL_1_TABLES) {
    this.#registry = registry;
    this.#tables = registry.make();
  }

  /** The log index of the last applied command. */
  get appliedIndex(): number {
    return this.#appliedIndex;
  }

  /** The revision of the last change of keys. */
  get revision(): number {
    return this.#tables.keys.revision;
  }

  /** The lowest revision that can be read or watched from. */
  get compactedRevision(): number {
    return this.#tables.keys.compactedRevision;
  }

  /**
   * Applies a committed log entry.
   *
   * @param index the entry's index in the log, above that of every entry applied before.
   * @param data the entry's {@linkcode Command}; anything else ends in a `BAD_REQUEST` and changes
   * nothing.
   * @param table the table that the entry names, unless its command is of the first four.
   * @throws {ClusterError} `NEWER_CLUSTER` when this version does not know that command: the node
   * must stop.
   */
  apply(index: number, data: unknown, table?: string): ApplyResult {
    invariant(index > this.#appliedIndex, "entries are applied in order, once");
    const known = this.#registry.parse(data, table);
    this.#appliedIndex = index;
    if (table !== undefined) this.#tables.used.add(table);
    if (known instanceof CommandError) return this.#failed(known);
    const command = data as Command;
    return command.sequence === undefined
      ? this.#execute(known, command).applied
      : this.#applyOnce(known, command, command.sequence);
  }

  /**
   * Whether a command of a further table was ever applied: whoever has this state has to know that
   * table.
   */
  hasUsed(table: string): boolean {
    return this.#tables.used.has(table);
  }

  /** The replicated table of that name, to be read. */
  table(name: string): ReplicatedTable | undefined {
    return this.#tables.all.find(({ kind }) => kind.name === name)?.table;
  }

  /** Reads a key: linearizable after a read index, otherwise possibly stale. */
  get(key: string, options: ReadOptions = {}): ReadOutcome<GetResult> {
    const failure = checkKey(key) ?? this.#checkRevision(options.revision);
    if (failure !== undefined) return this.#unread(failure);
    const version = this.#tables.keys.read(key, options.revision);
    const entry = version === undefined ? null : entryOf(version.event);
    return { ok: true, revision: this.revision, result: { type: "get", entry } };
  }

  /**
   * Lists the keys with a prefix, in order, up to `LIST_ENTRIES` entries and `LIST_BYTES` a page.
   *
   * For the next page ask `after` the last key, at the first page's revision for one consistent
   * list.
   */
  list(prefix: string, options: ListOptions = {}): ReadOutcome<ListResult> {
    const { revision, after, limit } = options;
    const failure = checkKey(prefix, true) ?? this.#checkRevision(revision) ??
      (after === undefined ? undefined : checkKey(after, true)) ??
      (limit === undefined || isInteger(limit, 1) ? undefined : bad("A limit is a number from 1"));
    if (failure !== undefined) return this.#unread(failure);
    const { page } = pageOf(this.#tables.keys.scan(prefix, revision, after), limit);
    return { ok: true, revision: this.revision, result: page };
  }

  /**
   * The changes from a revision on, up to `limit` or the whole of one revision: what a watch reads.
   *
   * @param fromRevision not below `compactedRevision`.
   * @param skip its changes that are known already.
   */
  history(selector: Selector, fromRevision: number, limit: number, skip = 0): History {
    return this.#tables.keys.history(selector, fromRevision, limit, skip);
  }

  /** A lease that has not ended, with its keys in order. */
  lease(id: number): LeaseInfo | undefined {
    const lease = this.#tables.leases.get(id);
    return lease && { lease: id, ttlMs: lease.ttlMs, keys: orderedKeysOf(lease) };
  }

  /** The leases that hold or wait for a lock, the holder first. */
  lock(name: string): number[] {
    return this.#tables.locks.leases(name);
  }

  /** Whether a session has not ended. */
  hasSession(id: number): boolean {
    return this.#tables.sessions.get(id) !== undefined;
  }

  /** Every lease and session: what a new leader's `Lessor` begins with. */
  *expirables(): Generator<ExpiryAlive> {
    for (const { id, ttlMs, counter } of this.#tables.leases.values()) {
      yield { type: "alive", kind: "lease", id, ttlMs, counter };
    }
    for (const { id, ttlMs, counter } of this.#tables.sessions.values()) {
      yield { type: "alive", kind: "session", id, ttlMs, counter };
    }
  }

  /** The lowest revision whose compaction would leave at most so many bytes of history. */
  revisionLeaving(historyBytes: number): number {
    return this.#tables.keys.revisionLeaving(historyBytes);
  }

  /** How much there is. */
  status(): StateStatus {
    const { keys, leases, locks, sessions, bytes } = this.#tables;
    return {
      revision: keys.revision,
      compactedRevision: keys.compactedRevision,
      keys: keys.liveKeys,
      leases: leases.size,
      locks: locks.size,
      sessions: sessions.size,
      bytes,
      historyBytes: keys.historyBytes,
    };
  }

  /**
   * Takes a snapshot of this moment; its chunks may be read, once, while later commands are
   * applied.
   */
  snapshot(): Iterable<SnapshotChunk> {
    return capture(this.#appliedIndex, this.#tables);
  }

  /**
   * The state that a snapshot holds.
   *
   * @throws {ClusterError} `BAD_MESSAGE` when it is not whole or not a snapshot, `NEWER_CLUSTER`
   * when it holds a table that is not registered.
   */
  static restore(chunks: Iterable<unknown>, registry: TableRegistry = PROTOCOL_1_TABLES): State {
    const { index, tables } = rebuild(chunks, registry);
    const state = new State(registry);
    state.#appliedIndex = index;
    state.#tables = tables;
    return state;
  }

  /**
   * A short text that is the same on every replica that applied the same; reads the whole state.
   */
  digest(): string {
    return digestOf(this.snapshot());
  }

  #applyOnce(known: KnownCommand, command: Command, sequence: number): ApplyResult {
    const { sessions } = this.#tables;
    const id = command.session as number;
    const session = sessions.get(id);
    if (session === undefined) {
      return this.#failed(
        new CommandError("SESSION_EXPIRED", `Session ${id} expired, was closed, or never was`, {
          session: id,
        }),
      );
    }
    session.counter = this.#appliedIndex;
    const alive = aliveOf(session);
    const remembered = session.results.get(sequence);
    if (remembered !== undefined && sequence > session.floor) {
      const { outcome } = remembered;
      return { ...this.#unchanged(outcome), isReplay: true, expiry: [alive] };
    }
    if (sequence <= session.floor) {
      const failure = new CommandError(
        "STALE_SEQUENCE",
        `The result of command ${sequence} is forgotten`,
      );
      return { ...this.#failed(failure), expiry: [alive] };
    }
    const { applied, readBytes } = this.#execute(known, command);
    applied.expiry.push(alive);
    // The command comes again with another id and the same sequence: this answer must not stand in
    // its way.
    if (!isIdTaken(applied.outcome)) {
      sessions.remember(session, sequence, applied.outcome, readBytes);
    }
    if (command.acknowledged !== undefined) sessions.acknowledge(session, command.acknowledged);
    return applied;
  }

  #execute(
    known: KnownCommand,
    command: Command,
  ): { applied: ApplyResult; readBytes: number } {
    const executor = new CommandExecutor(this.#appliedIndex, this.#tables);
    const result = this.#tables.all[known.place]?.table.apply(command, executor);
    if (result instanceof CommandError) return { applied: this.#failed(result), readBytes: 0 };
    const { events, expiry, readBytes, hasAdvanced } = executor;
    const outcome: Outcome = { ok: true, revision: this.revision, result: result as CommandResult };
    return { applied: { ...this.#unchanged(outcome), events, expiry, hasAdvanced }, readBytes };
  }

  #failed({ error }: CommandError): ApplyResult {
    return this.#unchanged({ ok: false, revision: this.revision, error });
  }

  #unchanged(outcome: Outcome): ApplyResult {
    const index = this.#appliedIndex;
    return { index, outcome, isReplay: false, events: [], expiry: [], hasAdvanced: false };
  }

  #unread({ error }: CommandError): { ok: false; revision: number; error: ErrorData } {
    return { ok: false, revision: this.revision, error };
  }

  #checkRevision(revision: number | undefined): CommandError | undefined {
    if (revision === undefined) return undefined;
    if (!isInteger(revision, 1)) return bad("A revision is a whole number from 1");
    return this.#tables.keys.checkRevision(revision);
  }
}

function aliveOf({ id, ttlMs, counter }: Session): ExpiryAlive {
  return { type: "alive", kind: "session", id, ttlMs, counter };
}

/**
 * Whether the id that was drawn for a lease or session is another's: who proposed the command draws
 * anew.
 */
export function isIdTaken(outcome: Outcome): boolean {
  return !outcome.ok && outcome.error.code === "ID_TAKEN";
}
