import { LEASE_KEYS, STATE_BYTES } from "./limits.ts";
import { Batch } from "./batch.ts";
import type { ExpiryChange } from "./command_result.ts";
import { CommandError } from "./command_error.ts";
import type { KeyEvent } from "./key_value.ts";
import type { Tables } from "./tables.ts";

/**
 * What a replicated table applies one valid command with: all of it is done, or an error and
 * nothing.
 */
export class CommandExecutor {
  /** The index of the command in the log. */
  readonly index: number;
  /** The changes of keys that the command prepares, until they are committed. */
  readonly batch: Batch;
  /** The changes of keys that are committed. */
  readonly events: KeyEvent[] = [];
  /** What the leader's clock must hear of. */
  readonly expiry: ExpiryChange[] = [];
  /** What the entries in the result count. */
  readBytes = 0;
  /** Whether history from before is forgotten as a whole. */
  hasAdvanced = false;
  readonly #tables: Tables;

  /** Executes one command, at that index of the log. */
  constructor(index: number, tables: Tables) {
    this.index = index;
    this.#tables = tables;
    this.batch = new Batch(tables.keys);
  }

  /** Why a lease may not be given another key; `undefined` when it may, or none is meant. */
  checkLease(id: number | undefined, key?: string): CommandError | undefined {
    if (id === undefined) return undefined;
    const lease = this.#tables.leases.get(id);
    if (lease === undefined) return leaseNotFound(id);
    // The keys of one transaction are counted when it is done: it may pass the bound by their
    // number.
    if (lease.keys.size < LEASE_KEYS || (key !== undefined && lease.keys.has(key))) {
      return undefined;
    }
    return new CommandError("TOO_MANY", `Lease ${id} has ${LEASE_KEYS} keys already`);
  }

  /** Whether there is room for what is prepared, and for what the result keeps. */
  checkSpace(): CommandError | undefined {
    const bytes = this.#tables.bytes + this.batch.bytes + this.readBytes;
    if (bytes <= STATE_BYTES) return undefined;
    return new CommandError(
      "NO_SPACE",
      `The shared state is full (${STATE_BYTES} bytes): delete keys`,
      { limit: STATE_BYTES },
    );
  }

  /** Commits what is prepared, for that result. */
  commit<Result>(result: Result): Result {
    this.commitBatch();
    return result;
  }

  /** Changes the keys as it is prepared, at one revision: called once at the most. */
  commitBatch(): void {
    const { keys, leases } = this.#tables;
    const { versions } = this.batch;
    if (versions.length === 0) return;
    for (const { event } of versions) {
      const lease = event.type === "put" ? event.lease : undefined;
      leases.move(event.key, keys.read(event.key)?.event.lease, lease);
      this.events.push(event);
    }
    keys.commit(versions);
  }

  /** Ends a session and forgets its results. */
  endSession(id: number): void {
    this.#tables.sessions.remove(id);
    this.expiry.push({ type: "ended", kind: "session", id });
  }
}

/** The error of a lease that is none (any more). */
export function leaseNotFound(id: number): CommandError {
  return new CommandError("LEASE_NOT_FOUND", `Lease ${id} expired, was revoked, or never was`, {
    lease: id,
  });
}

/** The error of an id that was drawn and is another's. */
export function idTaken(kind: "lease" | "session", id: number): CommandError {
  return new CommandError("ID_TAKEN", `There is a ${kind} ${id} already: its id is drawn anew`);
}
