import { isInteger, type JsonObject, utf8Bytes } from "../../core/mod.ts";
import { LOCK_NAME_BYTES } from "./limits.ts";
import { bad } from "./checks.ts";
import type { LockAcquire, LockRelease } from "./command.ts";
import type { CommandResult } from "./command_result.ts";
import { CommandError } from "./command_error.ts";
import type { CommandExecutor } from "./command_executor.ts";
import { LOCK_PREFIX, lockOf } from "./lock_table.ts";
import type { CommandRule, ReplicatedTable, TableKind } from "./replicated_table.ts";
import type { SnapshotSection } from "./snapshot_chunk.ts";
import type { Tables } from "./tables.ts";

type LockCommand = LockAcquire | LockRelease;

const COMMANDS: Readonly<Record<LockCommand["type"], CommandRule>> = {
  "lock-acquire": { proposedBy: "clients", parse: checkLock },
  "lock-release": { proposedBy: "clients", parse: checkLock },
};

/** The queues of all locks: in snapshots the keys say all of them. */
export const REPLICATED_LOCKS: TableKind = {
  name: "locks",
  sections: [],
  commands: COMMANDS,
  make: (tables) => new ReplicatedLocks(tables),
};

class ReplicatedLocks implements ReplicatedTable {
  readonly #tables: Tables;

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  apply(command: LockCommand, executor: CommandExecutor): CommandResult | CommandError {
    const { locks } = this.#tables;
    const { name, lease } = command;
    if (command.type === "lock-release") {
      const changed = locks.withdraw(name, new Set([lease]), executor.batch);
      return executor.commit({ type: "done", changed });
    }
    const error = executor.checkLease(lease) ?? executor.checkSpace();
    if (error !== undefined) return error;
    const result = locks.acquire(command, executor.batch);
    return result instanceof CommandError ? result : executor.commit(result);
  }

  snapshot(): SnapshotSection[] {
    return [];
  }

  /** The claims are keys, in order of their creation. */
  restore(): void {
    const { keys, locks } = this.#tables;
    const claims = [...keys.scan(LOCK_PREFIX)]
      .sort((a, b) => a.event.createRevision - b.event.createRevision);
    for (const { event } of claims) {
      const name = lockOf(event.key);
      if (name !== undefined && event.lease !== undefined) locks.insert(name, event.lease);
    }
  }
}

function checkLock({ name, lease, wait }: JsonObject): CommandError | undefined {
  if (typeof name !== "string" || name === "" || !name.isWellFormed()) {
    return bad("A lock's name is well-formed text");
  }
  if (utf8Bytes(name) > LOCK_NAME_BYTES) {
    return new CommandError("TOO_LARGE", `A lock's name is at most ${LOCK_NAME_BYTES} bytes`, {
      limit: LOCK_NAME_BYTES,
    });
  }
  if (!isInteger(lease, 1)) return bad("A lease is a whole number");
  return wait === undefined || typeof wait === "boolean" ? undefined : bad('"wait" is a boolean');
}
