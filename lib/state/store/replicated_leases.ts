import {
  isInteger,
  isJsonObject,
  type JsonObject,
  LEASE_MAX_MS,
  LEASE_MIN_MS,
} from "../../core/mod.ts";
import { EXPIRE_BATCH, LEASES } from "./limits.ts";
import { bad } from "./checks.ts";
import type { Expire, KeepAlive, LeaseGrant, LeaseRevoke } from "./command.ts";
import type { CommandResult } from "./command_result.ts";
import { CommandError } from "./command_error.ts";
import { type CommandExecutor, idTaken, leaseNotFound } from "./command_executor.ts";
import { type Lease, orderedKeysOf } from "./lease_table.ts";
import { lockOf } from "./lock_table.ts";
import type { CommandRule, ReplicatedTable, TableKind } from "./replicated_table.ts";
import {
  numbersOf,
  sectionOf,
  type SnapshotContents,
  type SnapshotSection,
} from "./snapshot_chunk.ts";
import type { Tables } from "./tables.ts";

type LeaseCommand = LeaseGrant | LeaseRevoke | KeepAlive | Expire;

const COMMANDS: Readonly<Record<LeaseCommand["type"], CommandRule>> = {
  "lease-grant": { proposedBy: "clients", drawsId: true, parse: checkGrant },
  "lease-revoke": {
    proposedBy: "clients",
    parse: ({ lease }) => isInteger(lease, 1) ? undefined : bad("A lease is a whole number"),
  },
  "keep-alive": {
    proposedBy: "clients",
    isRepeatable: true,
    parse: (data) => checkIds(data, (id) => isInteger(id, 1)),
  },
  // Only the leader's clock knows whose time is over.
  expire: {
    isRepeatable: true,
    parse: (data) =>
      checkIds(
        data,
        (item) => isJsonObject(item) && isInteger(item["id"], 1) && isInteger(item["counter"], 1),
      ),
  },
};

/** The leases, and the end of what was not kept alive: sessions, too. */
export const REPLICATED_LEASES: TableKind = {
  name: "leases",
  sections: ["leases"],
  commands: COMMANDS,
  make: (tables) => new ReplicatedLeases(tables),
};

class ReplicatedLeases implements ReplicatedTable {
  readonly #tables: Tables;

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  apply(command: LeaseCommand, executor: CommandExecutor): CommandResult | CommandError {
    switch (command.type) {
      case "lease-grant":
        return this.#grant(command, executor);
      case "lease-revoke": {
        const lease = this.#tables.leases.get(command.lease);
        if (lease === undefined) return leaseNotFound(command.lease);
        this.#end([lease], executor);
        return { type: "done", changed: true };
      }
      case "keep-alive":
        return this.#keepAlive(command, executor);
      case "expire":
        return this.#expire(command, executor);
    }
  }

  snapshot(): SnapshotSection[] {
    const leases = this.#tables.leases.values();
    const items = Array.from(leases, ({ id, ttlMs, counter }) => [id, ttlMs, counter]);
    return [sectionOf("leases", items)];
  }

  restore(contents: SnapshotContents): void {
    const { keys, leases } = this.#tables;
    for (const item of contents.of("leases")) {
      const [id, ttlMs, counter] = numbersOf(item, 3);
      leases.add(id as number, ttlMs as number, counter as number);
    }
    for (const { event } of keys.scan("")) leases.move(event.key, undefined, event.lease);
  }

  #grant(command: LeaseGrant, executor: CommandExecutor): CommandResult | CommandError {
    const { ttlMs, drawnId: id = executor.index } = command;
    const { leases } = this.#tables;
    if (leases.size >= LEASES) {
      return new CommandError("TOO_MANY", `There are ${LEASES} leases already`);
    }
    if (leases.get(id) !== undefined) return idTaken("lease", id);
    const { counter } = leases.add(id, ttlMs);
    executor.expiry.push({ type: "alive", kind: "lease", id, ttlMs, counter });
    return { type: "lease", lease: id, ttlMs };
  }

  #keepAlive(command: KeepAlive, executor: CommandExecutor): CommandResult {
    const lost = { leases: [] as number[], sessions: [] as number[] };
    for (const id of command.leases ?? []) {
      const lease = this.#tables.leases.get(id);
      if (lease === undefined) lost.leases.push(id);
      else {
        lease.counter++;
        const { ttlMs, counter } = lease;
        executor.expiry.push({ type: "alive", kind: "lease", id, ttlMs, counter });
      }
    }
    for (const id of command.sessions ?? []) {
      const session = this.#tables.sessions.get(id);
      if (session === undefined) lost.sessions.push(id);
      else {
        session.counter = executor.index;
        const { ttlMs, counter } = session;
        executor.expiry.push({ type: "alive", kind: "session", id, ttlMs, counter });
      }
    }
    return { type: "keep-alive", lost };
  }

  #expire(command: Expire, executor: CommandExecutor): CommandResult {
    const ended = new Set<Lease>();
    for (const { id, counter } of command.leases ?? []) {
      const lease = this.#tables.leases.get(id);
      if (lease?.counter === counter) ended.add(lease);
    }
    let changed = ended.size > 0;
    if (changed) this.#end([...ended], executor);
    for (const { id, counter } of command.sessions ?? []) {
      if (this.#tables.sessions.get(id)?.counter !== counter) continue;
      executor.endSession(id);
      changed = true;
    }
    return { type: "done", changed };
  }

  /** Deletes all keys of the leases at one revision, and hands their locks on. */
  #end(ended: readonly Lease[], executor: CommandExecutor): void {
    const { leases, locks } = this.#tables;
    const { batch } = executor;
    const ids = new Set(ended.map((lease) => lease.id));
    const lockNames = new Set<string>();
    for (const lease of ended) {
      for (const key of orderedKeysOf(lease)) {
        const name = lockOf(key);
        if (name === undefined) batch.delete(key);
        else lockNames.add(name);
      }
    }
    for (const name of lockNames) locks.withdraw(name, ids, batch);
    executor.commitBatch();
    for (const id of ids) {
      leases.remove(id);
      executor.expiry.push({ type: "ended", kind: "lease", id });
    }
  }
}

/** Checks a TTL, and the id that may be drawn: of a lease or a session. */
export function checkGrant({ ttlMs, drawnId }: JsonObject): CommandError | undefined {
  if (!isInteger(ttlMs, LEASE_MIN_MS, LEASE_MAX_MS)) {
    return bad(`A TTL is a whole number from ${LEASE_MIN_MS} to ${LEASE_MAX_MS} ms`);
  }
  return drawnId === undefined || isInteger(drawnId, 1)
    ? undefined
    : bad("An id is a whole number");
}

function checkIds(
  data: JsonObject,
  isItem: (item: unknown) => boolean,
): CommandError | undefined {
  for (const items of [data["leases"] ?? [], data["sessions"] ?? []]) {
    if (!Array.isArray(items) || !items.every(isItem)) {
      return bad("Leases and sessions are lists of ids");
    }
    if (items.length > EXPIRE_BATCH) {
      return new CommandError("TOO_LARGE", `At most ${EXPIRE_BATCH} leases or sessions at once`, {
        limit: EXPIRE_BATCH,
      });
    }
  }
  return undefined;
}
