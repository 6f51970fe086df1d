import { isInteger, isJsonObject, type JsonObject, REGAINED_REVISIONS } from "../../core/mod.ts";
import { versionOf } from "./batch.ts";
import { bad, checkDelete, checkKey, checkPut, measureValue } from "./checks.ts";
import type { Advance, Compact, CompareAndSet, Delete, Put, Transaction } from "./command.ts";
import type { CommandResult } from "./command_result.ts";
import { CommandError } from "./command_error.ts";
import type { CommandExecutor } from "./command_executor.ts";
import { jsonEquals } from "./json_value.ts";
import { entryOf, isPut, type KeyEvent, type PutVersion, type Version } from "./key_value.ts";
import { parseTransaction } from "./parse_transaction.ts";
import type { CommandRule, ReplicatedTable, TableKind } from "./replicated_table.ts";
import {
  malformed,
  type SnapshotContents,
  type SnapshotItem,
  type SnapshotSection,
} from "./snapshot_chunk.ts";
import type { Tables } from "./tables.ts";
import { execute, put, remove } from "./transaction.ts";

/** What an advance may reach: there is room for as many writes again, all of them exact in JSON. */
export const HIGHEST_REVISION: number = Number.MAX_SAFE_INTEGER - REGAINED_REVISIONS;

type KeyCommand = Put | Delete | CompareAndSet | Transaction | Compact | Advance;

const COMMANDS: Readonly<Record<KeyCommand["type"], CommandRule>> = {
  put: { proposedBy: "clients", parse: checkPut },
  delete: { proposedBy: "clients", parse: checkDelete },
  cas: { proposedBy: "clients", parse: (data) => checkPut(data) ?? checkExpect(data["expect"]) },
  transaction: { proposedBy: "clients", parse: parseTransaction },
  compact: {
    proposedBy: "clients",
    isRepeatable: true,
    parse: ({ revision }) =>
      isInteger(revision, 1) ? undefined : bad("A revision is a whole number"),
  },
  advance: { isRepeatable: true, parse: checkAdvance },
};

/** The keys at all their revisions: what is put, deleted, compared and compacted. */
export const REPLICATED_KEYS: TableKind = {
  name: "keys",
  sections: ["base", "history"],
  commands: COMMANDS,
  make: (tables) => new ReplicatedKeys(tables),
};

class ReplicatedKeys implements ReplicatedTable {
  readonly #tables: Tables;

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  get bytes(): number {
    return this.#tables.keys.bytes;
  }

  apply(command: KeyCommand, executor: CommandExecutor): CommandResult | CommandError {
    switch (command.type) {
      case "put": {
        const error = executor.checkLease(command.lease, command.key);
        if (error !== undefined) return error;
        const result = put(command, executor.batch);
        return executor.checkSpace() ?? executor.commit(result);
      }
      case "delete":
        return executor.commit({ type: "delete", deleted: remove(command, executor.batch) });
      case "cas":
        return compareAndSet(command, executor);
      case "transaction":
        return transact(command, executor);
      case "compact":
        return this.#compact(command);
      case "advance":
        return this.#advance(command, executor);
    }
  }

  snapshot(): SnapshotSection[] {
    const { base, history } = this.#tables.keys.capture();
    return [sectionOfVersions("base", base), sectionOfVersions("history", history)];
  }

  restore(contents: SnapshotContents): void {
    const { revision, compactedRevision } = contents.header;
    this.#tables.keys.fill(
      revision,
      compactedRevision,
      readBase(contents.of("base"), compactedRevision),
      readHistory(contents.of("history"), compactedRevision, revision),
    );
  }

  #compact({ revision }: Compact): CommandResult | CommandError {
    const { keys } = this.#tables;
    if (revision <= keys.compactedRevision) return { type: "done", changed: false };
    const error = keys.checkRevision(revision);
    if (error !== undefined) return error;
    keys.compact(revision);
    return { type: "done", changed: true };
  }

  #advance({ revisions }: Advance, executor: CommandExecutor): CommandResult | CommandError {
    const { keys } = this.#tables;
    if (keys.revision > HIGHEST_REVISION - revisions) {
      return new CommandError(
        "NO_SPACE",
        `Revision ${keys.revision} leaves no room for an advance`,
      );
    }
    keys.advance(revisions);
    executor.hasAdvanced = true;
    return { type: "done", changed: true };
  }
}

function compareAndSet(
  command: CompareAndSet,
  executor: CommandExecutor,
): CommandResult | CommandError {
  const error = executor.checkLease(command.lease, command.key);
  if (error !== undefined) return error;
  const { batch } = executor;
  const succeeded = isExpected(command.expect, batch.read(command.key));
  if (succeeded) put(command, batch);
  const version = batch.read(command.key);
  executor.readBytes = version?.bytes ?? 0;
  const entry = version === undefined ? null : entryOf(version.event);
  const result: CommandResult = { type: "cas", succeeded, entry };
  if (!succeeded) return result;
  return executor.checkSpace() ?? executor.commit(result);
}

function transact(command: Transaction, executor: CommandExecutor): CommandResult | CommandError {
  // Both branches need their leases, so that an error does not depend on which is done.
  for (const operation of [...command.then ?? [], ...command.else ?? []]) {
    if (operation.type !== "put") continue;
    const error = executor.checkLease(operation.lease, operation.key);
    if (error !== undefined) return error;
  }
  const done = execute(command, executor.batch);
  if (done instanceof CommandError) return done;
  executor.readBytes = done.readBytes;
  const error = executor.batch.versions.some(isPut) ? executor.checkSpace() : undefined;
  return error ?? executor.commit(done.result);
}

function isExpected(expect: CompareAndSet["expect"], version: PutVersion | undefined): boolean {
  if ("absent" in expect) return version === undefined;
  if ("revision" in expect) return (version?.event.revision ?? 0) === expect.revision;
  return version !== undefined && jsonEquals(version.event.value, expect.value);
}

function checkExpect(expect: unknown): CommandError | undefined {
  if (!isJsonObject(expect)) return bad("A compare-and-set expects something");
  const { revision, value, absent } = expect;
  const given = [revision, value, absent].filter((item) => item !== undefined);
  if (given.length !== 1) return bad("A compare-and-set expects a revision, a value or absence");
  if (revision !== undefined) return isInteger(revision) ? undefined : bad("A revision is whole");
  if (absent !== undefined) return absent === true ? undefined : bad('"absent" is true');
  const bytes = measureValue(value);
  return bytes instanceof CommandError ? bytes : undefined;
}

function checkAdvance({ revisions }: JsonObject): CommandError | undefined {
  return isInteger(revisions, 1, REGAINED_REVISIONS)
    ? undefined
    : bad(`An advance is by 1 to ${REGAINED_REVISIONS} revisions`);
}

function sectionOfVersions(type: string, versions: readonly Version[]): SnapshotSection {
  return { type, count: versions.length, items: itemsOf(versions) };
}

function* itemsOf(versions: readonly Version[]): Generator<SnapshotItem> {
  for (const { event, bytes } of versions) yield { item: event, bytes };
}

function* readBase(items: readonly unknown[], compacted: number): Generator<Version> {
  for (const item of items) {
    const version = readVersion(item, 1, compacted - 1);
    if (version.event.type !== "put") {
      throw malformed("what was deleted before the compaction is in it");
    }
    yield version;
  }
}

function* readHistory(items: readonly unknown[], low: number, high: number): Generator<Version> {
  let last = low;
  for (const item of items) {
    const version = readVersion(item, last, high);
    last = version.event.revision;
    yield version;
  }
}

function readVersion(item: unknown, low: number, high: number): Version {
  if (!isJsonObject(item) || !isInteger(item["revision"], low, high)) {
    throw malformed("a version is no object, or not in its place");
  }
  const isDelete = item["type"] === "delete";
  const error = checkKey(item["key"]) ?? (isDelete ? undefined : checkPutItem(item));
  if (error !== undefined) throw malformed(error.error.message);
  return versionOf(item as unknown as KeyEvent);
}

function checkPutItem(item: JsonObject): CommandError | undefined {
  const isCounted = item["type"] === "put" && isInteger(item["createRevision"], 1) &&
    isInteger(item["version"], 1);
  if (!isCounted) return new CommandError("BAD_MESSAGE", "a put without its revisions");
  const bytes = measureValue(item["value"]);
  return bytes instanceof CommandError ? bytes : undefined;
}
