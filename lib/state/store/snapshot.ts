import { isInteger, isJsonObject } from "../../core/mod.ts";
import { SNAPSHOT_CHUNK_BYTES } from "./limits.ts";
import {
  malformed,
  type SnapshotChunk,
  SnapshotContents,
  type SnapshotHeader,
  type SnapshotSection,
} from "./snapshot_chunk.ts";
import { newerCluster, type StateTables, type TableRegistry } from "./table_registry.ts";

/** The layout of snapshots, for later versions to tell apart. */
const FORMAT = 1;

/**
 * Takes a snapshot: the references are gathered now, so that later commands do not show in it, and
 * the chunks are made as they are asked for.
 */
export function capture(index: number, tables: StateTables): Iterable<SnapshotChunk> {
  const { keys, all, used } = tables;
  const header: SnapshotHeader = {
    type: "header",
    format: FORMAT,
    index,
    revision: keys.revision,
    compactedRevision: keys.compactedRevision,
  };
  // A further table that was ever used says so, by an empty chunk if need be: whoever does not know
  // it must not go on.
  const sections = all.flatMap(({ kind, table }) =>
    table.snapshot().filter(({ count }) => count > 0 || used.has(kind.name))
  );
  return chunks(header, sections);
}

function* chunks(
  header: SnapshotHeader,
  sections: readonly SnapshotSection[],
): Generator<SnapshotChunk> {
  yield header;
  let sum = 0;
  for (const { type, count, items: all } of sections) {
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
    if (items.length > 0 || count === 0) yield { type, items };
  }
  yield { type: "end", items: sum };
}

/**
 * Builds the tables that a snapshot holds.
 *
 * @throws {ClusterError} `BAD_MESSAGE` when it is not whole or not a snapshot, `NEWER_CLUSTER` when
 * it holds a table that is not registered.
 */
export function rebuild(
  chunksIn: Iterable<unknown>,
  registry: TableRegistry,
): { index: number; tables: StateTables } {
  let header: SnapshotHeader | undefined;
  let end: number | undefined;
  let count = 0;
  const items = new Map<string, unknown[]>();
  for (const chunk of chunksIn) {
    if (!isJsonObject(chunk) || end !== undefined) {
      throw malformed("a chunk is no object, or too many");
    }
    if (header === undefined) header = readHeader(chunk);
    else if (chunk["type"] === "end") end = Number(chunk["items"]);
    else {
      const { type, items: given } = chunk;
      if (typeof type !== "string" || !Array.isArray(given)) throw malformed("an unknown chunk");
      if (!registry.hasSection(type)) throw newerCluster(`a table "${type.slice(0, 64)}"`);
      const gathered = items.get(type) ?? [];
      items.set(type, gathered);
      for (const item of given) gathered.push(item);
      count += given.length;
    }
  }
  if (header === undefined || end !== count) throw malformed("it is not whole");
  const tables = registry.make();
  const contents = new SnapshotContents(header, items);
  for (const { kind, table } of tables.all) {
    table.restore(contents);
    const isFurther = registry.further.includes(kind.name);
    if (isFurther && kind.sections.some((type) => items.has(type))) tables.used.add(kind.name);
  }
  return { index: header.index, tables };
}

function readHeader(chunk: Record<string, unknown>): SnapshotHeader {
  const { type, format, index, revision, compactedRevision } = chunk;
  const isHeader = type === "header" && isInteger(index) && isInteger(revision, 1) &&
    isInteger(compactedRevision, 1, revision);
  if (!isHeader) throw malformed("it does not begin with a header");
  if (format !== FORMAT) throw malformed(`its format is ${format}, this version reads ${FORMAT}`);
  return { type: "header", format: FORMAT, index, revision, compactedRevision };
}

/**
 * A short text that is the same for the same chunks: two lanes of FNV-1a, against accidents only.
 */
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
