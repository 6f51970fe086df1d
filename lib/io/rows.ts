import { crc32 } from "node:zlib";
import type { Json } from "../core/mod.ts";

/** The latest snapshot, as the `meta` table has it. */
export interface SnapshotRow {
  meta: Json & { index: number };
  /** How many chunks its state has; 0: what a founding starts from. */
  chunks: number;
}

/** Some consecutive entries that were made durable together. */
export interface LogRow {
  first: number;
  last: number;
  entries: string;
  checksum: number;
}

/** What tells a row as it was written from any other: its place and its content. */
export function checksumOf(place: string, text: string): number {
  return crc32(text, crc32(place));
}
