import { crc32 } from "node:zlib";
import { ClusterError, isJsonObject, type Json, type JsonObject } from "../core/mod.ts";

const FORMAT = 1;

/**
 * A backup as lines of JSON: `{type: "muster-backup", format, …}`, then `{part, checksum, chunk}`
 * for each chunk, then `{type: "end", parts, checksum}`. A checksum is the CRC-32 of the chunk's
 * JSON, the last one that of all chunks' JSON in a row.
 */
export class BackupWriter {
  #parts = 0;
  #checksum = 0;

  /** The first line. */
  header(about: JsonObject): string {
    return line({ type: "muster-backup", format: FORMAT, ...about });
  }

  /** The line of the next chunk. */
  chunk(chunk: Json): string {
    const text = JSON.stringify(chunk);
    this.#checksum = crc32(text, this.#checksum);
    return line({ part: this.#parts++, checksum: crc32(text), chunk });
  }

  /** The last line. */
  end(): string {
    return line({ type: "end", parts: this.#parts, checksum: this.#checksum });
  }
}

/** What a backup holds. */
export interface BackupContents {
  /** What its first line says of it: `time`, `node`, `term`, … */
  readonly about: JsonObject;
  /** The state, in order. */
  readonly chunks: Json[];
}

/**
 * Reads a backup.
 *
 * @throws {ClusterError} `BAD_MESSAGE` when it is none, not whole, or not as written.
 */
export function readBackup(text: string): BackupContents {
  const lines = text.split("\n").filter((each) => each !== "").map(parse);
  const [header, ...rest] = lines;
  if (header?.["type"] !== "muster-backup") throw malformed("it does not begin as one");
  if (header["format"] !== FORMAT) {
    throw malformed(`its format is ${header["format"]}, and this version reads ${FORMAT}`);
  }
  const end = rest.pop();
  if (end?.["type"] !== "end" || end["parts"] !== rest.length) {
    throw malformed("its end is missing: it was cut short");
  }
  let checksum = 0;
  const chunks = rest.map(({ part, checksum: own, chunk }, at) => {
    const json = JSON.stringify(chunk) ?? "";
    checksum = crc32(json, checksum);
    if (part !== at || own !== crc32(json)) throw malformed(`part ${at} is not as written`);
    return chunk as Json;
  });
  if (end["checksum"] !== checksum) throw malformed("it is not as written");
  return { about: header, chunks };
}

function line(value: JsonObject): string {
  return JSON.stringify(value) + "\n";
}

function parse(text: string, at: number): JsonObject {
  try {
    const value = JSON.parse(text);
    if (isJsonObject(value)) return value;
  } catch {
    // Said below.
  }
  throw malformed(`line ${at + 1} is no JSON object`);
}

function malformed(what: string): ClusterError {
  return new ClusterError("BAD_MESSAGE", `This is no backup that can be restored: ${what}`);
}
