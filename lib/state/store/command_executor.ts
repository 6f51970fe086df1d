import { LEASE_KEYS, LEASES, REGAINED_REVISIONS, SESSIONS, STATE_BYTES } from "../../core/mod.ts";
import { Batch } from "./batch.ts";
import type {
  Advance,
  Command,
  CommandResult,
  Compact,
  CompareAndSet,
  Delete,
  Expire,
  ExpiryChange,
  KeepAlive,
  LeaseGrant,
  LeaseRevoke,
  LockAcquire,
  LockRelease,
  Put,
  SessionClose,
  SessionOpen,
  Transaction,
} from "./command.ts";
import { entryOf, isPut, type KeyEvent, type PutVersion } from "./key_value.ts";
import { CommandError } from "./command_error.ts";
import { jsonEquals } from "./json_value.ts";
import { type Lease, orderedKeysOf } from "./lease_table.ts";
import { lockOf } from "./lock_table.ts";
import type { Tables } from "./tables.ts";
import { execute, put, remove } from "./transaction.ts";

/** What an advance may reach: there is room for as many writes again, all of them exact in JSON. */
export const HIGHEST_REVISION: number = Number.MAX_SAFE_INTEGER - REGAINED_REVISIONS;

/** Applies one valid command to the tables: either all of it, or a failure and nothing. */
export class CommandExecutor {
  readonly #index: number;
  readonly #tables: Tables;
  readonly #batch: Batch;
  /** The changes of keys. */
  readonly events: KeyEvent[] = [];
  /** What the leader's clock must hear of. */
  readonly expiry: ExpiryChange[] = [];
  /** What the entries in the result count. */
  readBytes = 0;
  /** Whether history from before is forgotten as a whole. */
  hasAdvanced = false;

  constructor(index: number, tables: Tables) {
    this.#index = index;
    this.#tables = tables;
    this.#batch = new Batch(tables.keys);
  }

  /** Does the command; called once. */
  run(command: Command): CommandResult | CommandError {
    switch (command.type) {
      case "put":
        return this.#put(command);
      case "delete":
        return this.#delete(command);
      case "cas":
        return this.#compareAndSet(command);
      case "transaction":
        return this.#transact(command);
      case "session-open":
        return this.#openSession(command);
      case "session-close":
        return this.#closeSession(command);
      case "lease-grant":
        return this.#grant(command);
      case "lease-revoke":
        return this.#revoke(command);
      case "keep-alive":
        return this.#keepAlive(command);
      case "lock-acquire":
        return this.#acquire(command);
      case "lock-release":
        return this.#release(command);
      case "compact":
        return this.#compact(command);
      case "advance":
        return this.#advance(command);
      case "expire":
        return this.#expire(command);
    }
  }

  #put(command: Put): CommandResult | CommandError {
    const failure = this.#checkLease(command.lease, command.key);
    if (failure !== undefined) return failure;
    const result = put(command, this.#batch);
    return this.#checkSpace() ?? this.#committed(result);
  }

  #delete(command: Delete): CommandResult {
    const deleted = remove(command, this.#batch);
    return this.#committed({ type: "delete", deleted });
  }

  #compareAndSet(command: CompareAndSet): CommandResult | CommandError {
    const failure = this.#checkLease(command.lease, command.key);
    if (failure !== undefined) return failure;
    const succeeded = isExpected(command.expect, this.#batch.read(command.key));
    if (succeeded) put(command, this.#batch);
    const version = this.#batch.read(command.key);
    this.readBytes = version?.bytes ?? 0;
    const entry = version === undefined ? null : entryOf(version.event);
    const result: CommandResult = { type: "cas", succeeded, entry };
    if (!succeeded) return result;
    return this.#checkSpace() ?? this.#committed(result);
  }

  #transact(command: Transaction): CommandResult | CommandError {
    // Both branches need their leases, so that an error does not depend on which is done.
    for (const operation of [...command.then ?? [], ...command.else ?? []]) {
      if (operation.type !== "put") continue;
      const failure = this.#checkLease(operation.lease, operation.key);
      if (failure !== undefined) return failure;
    }
    const done = execute(command, this.#batch);
    if (done instanceof CommandError) return done;
    this.readBytes = done.readBytes;
    const failure = this.#batch.versions.some(isPut) ? this.#checkSpace() : undefined;
    return failure ?? this.#committed(done.result);
  }

  #openSession({ ttlMs, drawnId: id = this.#index }: SessionOpen): CommandResult | CommandError {
    const { sessions } = this.#tables;
    if (sessions.size >= SESSIONS) {
      return new CommandError("TOO_MANY", `There are ${SESSIONS} sessions already`);
    }
    if (sessions.get(id) !== undefined) return idTaken("session", id);
    const { counter } = sessions.add(id, ttlMs, this.#index);
    this.expiry.push({ type: "alive", kind: "session", id, ttlMs, counter });
    return { type: "session", session: id, ttlMs };
  }

  #closeSession({ session }: SessionClose): CommandResult {
    const changed = this.#tables.sessions.get(session) !== undefined;
    if (changed) this.#endSession(session);
    return { type: "done", changed };
  }

  #grant({ ttlMs, drawnId: id = this.#index }: LeaseGrant): CommandResult | CommandError {
    const { leases } = this.#tables;
    if (leases.size >= LEASES) {
      return new CommandError("TOO_MANY", `There are ${LEASES} leases already`);
    }
    if (leases.get(id) !== undefined) return idTaken("lease", id);
    const { counter } = leases.add(id, ttlMs);
    this.expiry.push({ type: "alive", kind: "lease", id, ttlMs, counter });
    return { type: "lease", lease: id, ttlMs };
  }

  #revoke(command: LeaseRevoke): CommandResult | CommandError {
    const lease = this.#tables.leases.get(command.lease);
    if (lease === undefined) return leaseNotFound(command.lease);
    this.#endLeases([lease]);
    return { type: "done", changed: true };
  }

  #keepAlive(command: KeepAlive): CommandResult {
    const lost = { leases: [] as number[], sessions: [] as number[] };
    for (const id of command.leases ?? []) {
      const lease = this.#tables.leases.get(id);
      if (lease === undefined) lost.leases.push(id);
      else {
        lease.counter++;
        const { ttlMs, counter } = lease;
        this.expiry.push({ type: "alive", kind: "lease", id, ttlMs, counter });
      }
    }
    for (const id of command.sessions ?? []) {
      const connection = this.#tables.sessions.get(id);
      if (connection === undefined) lost.sessions.push(id);
      else {
        connection.counter = this.#index;
        const { ttlMs, counter } = connection;
        this.expiry.push({ type: "alive", kind: "session", id, ttlMs, counter });
      }
    }
    return { type: "keep-alive", lost };
  }

  #acquire(command: LockAcquire): CommandResult | CommandError {
    const { locks } = this.#tables;
    const failure = this.#checkLease(command.lease) ?? this.#checkSpace();
    if (failure !== undefined) return failure;
    const result = locks.acquire(command, this.#batch);
    return result instanceof CommandError ? result : this.#committed(result);
  }

  #release({ name, lease }: LockRelease): CommandResult {
    const changed = this.#tables.locks.withdraw(name, new Set([lease]), this.#batch);
    return this.#committed({ type: "done", changed });
  }

  #compact({ revision }: Compact): CommandResult | CommandError {
    const { keys } = this.#tables;
    if (revision <= keys.compactedRevision) return { type: "done", changed: false };
    const failure = keys.checkRevision(revision);
    if (failure !== undefined) return failure;
    keys.compact(revision);
    return { type: "done", changed: true };
  }

  #advance({ revisions }: Advance): CommandResult | CommandError {
    const { keys } = this.#tables;
    if (keys.revision > HIGHEST_REVISION - revisions) {
      return new CommandError(
        "NO_SPACE",
        `Revision ${keys.revision} leaves no room for an advance`,
      );
    }
    keys.advance(revisions);
    this.hasAdvanced = true;
    return { type: "done", changed: true };
  }

  #expire(command: Expire): CommandResult {
    const ended = new Set<Lease>();
    for (const { id, counter } of command.leases ?? []) {
      const lease = this.#tables.leases.get(id);
      if (lease?.counter === counter) ended.add(lease);
    }
    let changed = ended.size > 0;
    if (changed) this.#endLeases([...ended]);
    for (const { id, counter } of command.sessions ?? []) {
      if (this.#tables.sessions.get(id)?.counter !== counter) continue;
      this.#endSession(id);
      changed = true;
    }
    return { type: "done", changed };
  }

  #endSession(id: number): void {
    this.#tables.sessions.remove(id);
    this.expiry.push({ type: "ended", kind: "session", id });
  }

  /** Deletes all keys of the leases at one revision, and hands their locks on. */
  #endLeases(leases: readonly Lease[]): void {
    const ids = new Set(leases.map((lease) => lease.id));
    const lockNames = new Set<string>();
    for (const lease of leases) {
      for (const key of orderedKeysOf(lease)) {
        const name = lockOf(key);
        if (name === undefined) this.#batch.delete(key);
        else lockNames.add(name);
      }
    }
    for (const name of lockNames) this.#tables.locks.withdraw(name, ids, this.#batch);
    this.#commit();
    for (const id of ids) {
      this.#tables.leases.remove(id);
      this.expiry.push({ type: "ended", kind: "lease", id });
    }
  }

  #checkLease(id: number | undefined, key?: string): CommandError | undefined {
    if (id === undefined) return undefined;
    const lease = this.#tables.leases.get(id);
    if (lease === undefined) return leaseNotFound(id);
    // The keys of one transaction are counted when it is done: it may pass the bound by their number.
    if (lease.keys.size < LEASE_KEYS || (key !== undefined && lease.keys.has(key))) {
      return undefined;
    }
    return new CommandError("TOO_MANY", `Lease ${id} has ${LEASE_KEYS} keys already`);
  }

  #checkSpace(): CommandError | undefined {
    const { keys, sessions } = this.#tables;
    const bytes = keys.bytes + sessions.bytes + this.#batch.bytes + this.readBytes;
    if (bytes <= STATE_BYTES) return undefined;
    return new CommandError(
      "NO_SPACE",
      `The shared state is full (${STATE_BYTES} bytes): delete keys`,
      {
        limit: STATE_BYTES,
      },
    );
  }

  #committed(result: CommandResult): CommandResult {
    this.#commit();
    return result;
  }

  #commit(): void {
    const { keys, leases } = this.#tables;
    const { versions } = this.#batch;
    if (versions.length === 0) return;
    for (const { event } of versions) {
      const lease = event.type === "put" ? event.lease : undefined;
      leases.move(event.key, keys.read(event.key)?.event.lease, lease);
      this.events.push(event);
    }
    keys.commit(versions);
  }
}

function isExpected(expect: CompareAndSet["expect"], version: PutVersion | undefined): boolean {
  if ("absent" in expect) return version === undefined;
  if ("revision" in expect) return (version?.event.revision ?? 0) === expect.revision;
  return version !== undefined && jsonEquals(version.event.value, expect.value);
}

function leaseNotFound(id: number): CommandError {
  return new CommandError("LEASE_NOT_FOUND", `Lease ${id} expired, was revoked, or never was`, {
    lease: id,
  });
}

function idTaken(kind: "lease" | "session", id: number): CommandError {
  return new CommandError("ID_TAKEN", `There is a ${kind} ${id} already: its id is drawn anew`);
}
