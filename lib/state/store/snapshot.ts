import {
  ClusterError,
  isInteger,
  isJsonObject,
  type Json,
  SNAPSHOT_CHUNK_BYTES,
} from "../../core/mod.ts";
import { versionOf } from "./batch.ts";
import { checkKey, measureValue } from "./checks.ts";
import type { Outcome } from "./command.ts";
import type { KeyEvent, Version } from "./key_value.ts";
import { CommandError } from "./command_error.ts";
import { KeySpace } from "./key_space.ts";
import { LeaseTable } from "./lease_table.ts";
import { LOCK_PREFIX, lockOf, LockTable } from "./lock_table.ts";
import { type Remembered, SessionTable } from "./session_table.ts";
import type { Tables } from "./tables.ts";

/** The layout of snapshots, for later versions to tell apart. */
const FORMAT = 1;
/** What an item that is no version counts towards a chunk. */
const ITEM_BYTES = 128;

/** The first chunk of a snapshot. */
export interface SnapshotHeader {
  type: "header";
  format: number;
  /** The index of the last command in it. */
  index: number;
  revision: number;
  compactedRevision: number;
}

/** The last chunk of a snapshot: without it, the snapshot is not whole. */
export interface SnapshotEnd {
  type: "end";
  /** Items in all chunks between the first and the last. */
  items: number;
}

/** A middle chunk of a snapshot. */
export interface SnapshotItems {
  /**
   * - `base`: the versions older than the compaction; `history`: those since. An item is a {@linkcode KeyEvent};
   * - `leases`: `[id, ttlMs, counter]`;
   * - `sessions`: `[id, ttlMs, counter, floor]`;
   * - `results`: `[session, sequence, bytes, outcome]`.
   */
  type: "base" | "history" | "leases" | "sessions" | "results";
  items: unknown[];
}

/** A piece of a snapshot: JSON, of at most `SNAPSHOT_CHUNK_BYTES` unless one item alone is larger. */
export type SnapshotChunk = SnapshotHeader | SnapshotItems | SnapshotEnd;

/** Something that goes into a snapshot, and what it counts. */
interface Item {
  readonly item: unknown;
  readonly bytes: number;
}

/**
 * Takes a snapshot: the references are gathered now, so that later commands do not show in it, and the
 * chunks are made as they are asked for.
 */
export function capture(index: number, tables: Tables): Iterable<SnapshotChunk> {
  const { keys, leases, sessions } = tables;
  const header: SnapshotHeader = {
    type: "header",
    format: FORMAT,
    index,
    revision: keys.revision,
    compactedRevision: keys.compactedRevision,
  };
  const { base, history } = keys.capture();
  const leaseItems = Array.from(leases.values(), ({ id, ttlMs, counter }) => [id, ttlMs, counter]);
  const sessionItems: unknown[] = [];
  const results: [number, number, Remembered][] = [];
  for (const { id, ttlMs, counter, floor, results: kept } of sessions.values()) {
    sessionItems.push([id, ttlMs, counter, floor]);
    for (const [sequence, remembered] of kept) results.push([id, sequence, remembered]);
  }
  return chunks(header, [
    ["base", base.length, versionItems(base)],
    ["history", history.length, versionItems(history)],
    ["leases", leaseItems.length, plainItems(leaseItems)],
    ["sessions", sessionItems.length, plainItems(sessionItems)],
    ["results", results.length, resultItems(results)],
  ]);
}

function* chunks(
  header: SnapshotHeader,
  parts: [SnapshotItems["type"], number, Iterable<Item>][],
): Generator<SnapshotChunk> {
  yield header;
  let sum = 0;
  for (const [type, count, all] of parts) {
    sum += count;
    let items: unknown[] = [];
    let bytes = 0;
    for (const item of all) {
      if (items.length > 0 && bytes + item.bytes > SNAPSHOT_CHUNK_BYTES) {
        yield { type, items };
        items = [];
        bytes = 0;
      }
      items.push(item.item);
      bytes += item.bytes;
    }
    if (items.length > 0) yield { type, items };
  }
  yield { type: "end", items: sum };
}

function* versionItems(versions: readonly Version[]): Generator<Item> {
  for (const { event, bytes } of versions) yield { item: event, bytes };
}

function* plainItems(items: readonly unknown[]): Generator<Item> {
  for (const item of items) yield { item, bytes: ITEM_BYTES };
}

function* resultItems(results: readonly [number, number, Remembered][]): Generator<Item> {
  for (const [session, sequence, { bytes, outcome }] of results) {
    yield { item: [session, sequence, bytes, outcome], bytes: ITEM_BYTES + bytes };
  }
}

/**
 * Builds the tables that a snapshot holds.
 *
 * @throws {ClusterError} `BAD_MESSAGE` when it is not whole or not a snapshot.
 */
export function rebuild(chunksIn: Iterable<unknown>): { index: number; tables: Tables } {
  let header: SnapshotHeader | undefined;
  let end: number | undefined;
  const items = { base: [], history: [], leases: [], sessions: [], results: [] } as Record<
    SnapshotItems["type"],
    unknown[]
  >;
  for (const chunk of chunksIn) {
    if (!isJsonObject(chunk) || end !== undefined) {
      throw malformed("a chunk is no object, or too many");
    }
    if (header === undefined) header = readHeader(chunk);
    else if (chunk["type"] === "end") end = Number(chunk["items"]);
    else {
      const type = chunk["type"] as SnapshotItems["type"];
      const given = chunk["items"];
      if (!Object.hasOwn(items, type) || !Array.isArray(given)) throw malformed("an unknown chunk");
      for (const item of given) items[type].push(item);
    }
  }
  const count = Object.values(items).reduce((sum, part) => sum + part.length, 0);
  if (header === undefined || end !== count) throw malformed("it is not whole");
  return { index: header.index, tables: tablesOf(header, items) };
}

function readHeader(chunk: Record<string, unknown>): SnapshotHeader {
  const { type, format, index, revision, compactedRevision } = chunk;
  const isHeader = type === "header" && isInteger(index) && isInteger(revision, 1) &&
    isInteger(compactedRevision, 1, revision);
  if (!isHeader) throw malformed("it does not begin with a header");
  if (format !== FORMAT) throw malformed(`its format is ${format}, this version reads ${FORMAT}`);
  return { type: "header", format: FORMAT, index, revision, compactedRevision };
}

function tablesOf(
  { revision, compactedRevision }: SnapshotHeader,
  items: Record<SnapshotItems["type"], unknown[]>,
): Tables {
  const keys = KeySpace.restored(
    revision,
    compactedRevision,
    readBase(items.base, compactedRevision),
    readHistory(items.history, compactedRevision, revision),
  );
  const leases = new LeaseTable();
  for (const item of items.leases) {
    const [id, ttlMs, counter] = numbers(item, 3);
    leases.add(id as number, ttlMs as number, counter as number);
  }
  const sessions = new SessionTable();
  for (const item of items.sessions) {
    const [id, ttlMs, counter, floor] = numbers(item, 4);
    sessions.add(id as number, ttlMs as number, counter as number, floor as number);
  }
  for (const item of items.results) {
    const [id, sequence, bytes] = numbers(item, 3);
    const outcome = (item as unknown[])[3] as Outcome;
    const connection = sessions.get(id as number);
    if (connection === undefined || !isJsonObject(outcome)) {
      throw malformed("a result without a session");
    }
    sessions.load(connection, sequence as number, { outcome, bytes: bytes as number });
  }
  for (const { event } of keys.scan("")) leases.move(event.key, undefined, event.lease);
  return { keys, leases, locks: locksOf(keys), sessions };
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
  const failure = checkKey(item["key"]) ?? (isDelete ? undefined : checkPutItem(item));
  if (failure !== undefined) throw malformed(failure.error.message);
  return versionOf(item as unknown as KeyEvent);
}

function checkPutItem(item: Record<string, unknown>): CommandError | undefined {
  const isCounted = item["type"] === "put" && isInteger(item["createRevision"], 1) &&
    isInteger(item["version"], 1);
  if (!isCounted) return new CommandError("BAD_MESSAGE", "a put without its revisions");
  const bytes = measureValue(item["value"] as Json);
  return bytes instanceof CommandError ? bytes : undefined;
}

function numbers(item: unknown, count: number): number[] {
  if (
    !Array.isArray(item) || !item.slice(0, count).every((n) => isInteger(n)) || item.length < count
  ) {
    throw malformed("an item is not a list of numbers");
  }
  return item;
}

/** The queues of all locks: the keys say all, in order of their creation. */
function locksOf(keys: KeySpace): LockTable {
  const locks = new LockTable();
  const claims = [...keys.scan(LOCK_PREFIX)]
    .sort((a, b) => a.event.createRevision - b.event.createRevision);
  for (const { event } of claims) {
    const name = lockOf(event.key);
    if (name !== undefined && event.lease !== undefined) locks.insert(name, event.lease);
  }
  return locks;
}

function malformed(reason: string): ClusterError {
  return new ClusterError("BAD_MESSAGE", `Cannot restore the snapshot: ${reason}`);
}

/** A short text that is the same for the same chunks: two lanes of FNV-1a, against accidents only. */
export function digestOf(all: Iterable<SnapshotChunk>): string {
  let first = 0x811c9dc5;
  let second = 0x9e3779b9;
  for (const chunk of all) {
    const text = JSON.stringify(chunk);
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      first = Math.imul(first ^ unit, 0x01000193);
      second = Math.imul(second ^ unit, 0x85ebca6b);
      second ^= second >>> 15;
    }
  }
  return [first, second].map((lane) => (lane >>> 0).toString(16).padStart(8, "0")).join("");
}
