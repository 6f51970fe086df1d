import { ClusterError, isInteger } from "../../core/mod.ts";

/** What an item counts towards a chunk when its bytes are not known. */
export const ITEM_BYTES = 128;

/** The first chunk of a snapshot. */
export interface SnapshotHeader {
  /** Which chunk it is: the first. */
  type: "header";
  /** How the items are written; another is not read. */
  format: number;
  /** The index of the last command in it. */
  index: number;
  /** The revision of the state. */
  revision: number;
  /** Up to which revision history is forgotten. */
  compactedRevision: number;
}

/** The last chunk of a snapshot: without it, the snapshot is not whole. */
export interface SnapshotEnd {
  /** Which chunk it is: the last, and so all are there. */
  type: "end";
  /** Items in all chunks between the first and the last. */
  items: number;
}

/** A middle chunk of a snapshot. */
export interface SnapshotItems {
  /**
   * - `base`: the versions older than the compaction; `history`: those since. An item is a
   *   {@linkcode KeyEvent};
   * - `leases`: `[id, ttlMs, counter]`;
   * - `sessions`: `[id, ttlMs, counter, floor]`;
   * - `results`: `[session, sequence, bytes, outcome]`;
   * - the name of any further table: what that table keeps.
   */
  type: string;
  /** What a table holds, item by item. */
  items: unknown[];
}

/**
 * A piece of a snapshot: JSON, of at most `SNAPSHOT_CHUNK_BYTES` unless one item alone is larger.
 */
export type SnapshotChunk = SnapshotHeader | SnapshotItems | SnapshotEnd;

/** Something that goes into a snapshot, and what it counts. */
export interface SnapshotItem {
  /** The item, as JSON. */
  readonly item: unknown;
  /** How many bytes of JSON it is. */
  readonly bytes: number;
}

/** All items of one type, to be parted into chunks. */
export interface SnapshotSection {
  /** Which table it is of. */
  readonly type: string;
  /** How many there are. */
  readonly count: number;
  /** All that the table holds, in order. */
  readonly items: Iterable<SnapshotItem>;
}

/** A section of items that are small. */
export function sectionOf(type: string, items: readonly unknown[]): SnapshotSection {
  return { type, count: items.length, items: plainItems(items) };
}

function* plainItems(items: readonly unknown[]): Generator<SnapshotItem> {
  for (const item of items) yield { item, bytes: ITEM_BYTES };
}

/** A whole snapshot that was read. */
export class SnapshotContents {
  /** What comes first. */
  readonly header: SnapshotHeader;
  readonly #items: ReadonlyMap<string, readonly unknown[]>;

  /** A snapshot that has been read as a whole. */
  constructor(header: SnapshotHeader, items: ReadonlyMap<string, readonly unknown[]>) {
    this.header = header;
    this.#items = items;
  }

  /** The items of one type, in order. */
  of(type: string): readonly unknown[] {
    return this.#items.get(type) ?? [];
  }
}

/** The error of what is no snapshot. */
export function malformed(reason: string): ClusterError {
  return new ClusterError("BAD_MESSAGE", `Cannot restore the snapshot: ${reason}`);
}

/**
 * An item that begins with so many whole numbers.
 *
 * @throws {ClusterError} `BAD_MESSAGE` when it does not.
 */
export function numbersOf(item: unknown, count: number): number[] {
  const isSound = Array.isArray(item) && item.length >= count &&
    item.slice(0, count).every((number) => isInteger(number));
  if (!isSound) throw malformed("an item is not a list of numbers");
  return item;
}
