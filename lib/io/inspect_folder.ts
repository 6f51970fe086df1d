import { DatabaseSync } from "node:sqlite";
import { findLoss, type Held, heldIn, type Json, messageOf } from "../core/mod.ts";
import { folderDamage, folderFailure, inUse } from "./folder_failure.ts";
import { FolderRecord, RECORD_FILE } from "./folder_record.ts";
import { checksumOf } from "./rows.ts";
import { findWalDamage } from "./wal_damage.ts";
import { WalFile } from "./wal_file.ts";

/** The database of a folder; SQLite keeps its write-ahead log beside it. */
export const DATABASE_FILE = "muster.db";
/** How the folder is called, within a data folder, in which that is made. */
export const UNFINISHED = ".unfinished-";
/** Bytes of the smallest database that SQLite makes: its header alone has 100. */
const DATABASE_BYTES = 512;
/** Bytes of a write-ahead log that holds anything: its header alone has 32. */
const LOG_BYTES = 33;
/** What the `meta` table says from when a store is opened until it is closed. */
export const IN_USE = "in-use";

/** What was found in a folder. */
export interface Inspected {
  /** Its record, if it has one. */
  readonly record: FolderRecord | undefined;
  /** What its database holds; `undefined` when there is none yet. */
  readonly found: Held | undefined;
}

/**
 * Looks at a folder before it is opened for writing, and refuses it when something is gone that it
 * once held.
 *
 * Opening a database tidies: SQLite drops what it cannot read of a write-ahead log, and removes the
 * log when it closes. So everything is read here first, without writing anything: a folder that is
 * refused stays as it was found.
 *
 * @throws {ClusterError} `STORE_FAILED`.
 */
export function inspectFolder(folder: string): Inspected {
  const path = `${folder}/${DATABASE_FILE}`;
  const record = FolderRecord.read(folder);
  const bytes = sizeOf(path);
  if (record === "damaged") {
    throw folderFailure(
      folder,
      `its record ${RECORD_FILE} is not as written, so that nobody can tell whether the rest is whole. ` +
        `Nothing in the folder was changed: put the record back, or remove it if you know that ` +
        `${DATABASE_FILE} and ${DATABASE_FILE}-wal are the latest`,
    );
  }
  if (record?.isMade === false && (bytes ?? 0) < DATABASE_BYTES) {
    return { record, found: undefined };
  }
  const hasLog = sizeOf(`${path}-wal`) !== undefined;
  if (record === undefined && bytes === undefined && !hasLog) {
    checkFinished(folder);
    return { record, found: undefined };
  }
  if (bytes === undefined) throw folderDamage(folder, `its ${DATABASE_FILE} is missing`);
  if (bytes < DATABASE_BYTES) {
    const left = bytes === 1 ? "1 byte is" : `${bytes} bytes are`;
    throw folderDamage(folder, `of its ${DATABASE_FILE} ${left} left`);
  }
  const logBytes = sizeOf(`${path}-wal`) ?? 0;
  const { found, isMade, isInUse } = readDatabase(folder, path);
  const loss = record !== undefined
    ? findLoss(record.held, found)
    : findLossWithoutRecord(isMade, isInUse, logBytes);
  if (loss !== undefined) throw folderDamage(folder, loss);
  return { record, found };
}

/** In a folder into which something was being restored nothing is founded. */
function checkFinished(folder: string): void {
  const left = Deno.readDirSync(folder).find(({ name }) => name.startsWith(UNFINISHED));
  if (left === undefined) return;
  throw folderFailure(
    folder,
    `a restore into it was ended half way: restore again (muster restore), or remove ${left.name} from it ` +
      "for a new node",
  );
}

/**
 * Without its record a folder is one of an earlier version, or has lost it; then the log that is
 * missing too shows in the database alone.
 *
 * @returns what is gone, if anything.
 */
function findLossWithoutRecord(
  isMade: boolean,
  isInUse: boolean,
  logBytes: number,
): string | undefined {
  if (!isMade) {
    return `its ${DATABASE_FILE} holds nothing, and neither ${RECORD_FILE} nor ${DATABASE_FILE}-wal says more`;
  }
  const isLogGone = isInUse && logBytes < LOG_BYTES;
  return isLogGone
    ? `its ${DATABASE_FILE} was in use when its node ended, and neither ${RECORD_FILE} nor ` +
      `${DATABASE_FILE}-wal is there`
    : undefined;
}

/** What the database says. */
interface Inside {
  readonly found: Held;
  /** Whether a store was ever made in it. */
  readonly isMade: boolean;
  /** Whether it was opened and not closed: the end of what it holds is in its write-ahead log. */
  readonly isInUse: boolean;
}

function readDatabase(folder: string, path: string): Inside {
  const leftovers = [`${path}-shm`, `${path}-wal`].filter((file) => sizeOf(file) === undefined);
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { readOnly: true });
    // From here on nobody else writes: whoever runs on this folder has a lock on it that excludes
    // all others.
    database.exec("BEGIN");
    checkPages(folder, database);
    const inside = readTables(folder, database);
    const damage = findWalDamage(WalFile.read(path));
    if (damage !== undefined) throw folderDamage(folder, damage);
    return inside;
  } catch (error) {
    throw asFailure(folder, error);
  } finally {
    database?.close();
    for (const file of leftovers) if (sizeOf(file) !== undefined) Deno.removeSync(file);
  }
}

/** Every page is read: of a database that was cut some are not there. */
function checkPages(folder: string, database: DatabaseSync): void {
  const row = database.prepare("PRAGMA quick_check(1)").get();
  const verdict = Object.values(row ?? {})[0];
  if (verdict !== "ok") {
    throw folderDamage(folder, `its ${DATABASE_FILE} is not as written (${verdict})`);
  }
}

/** What the tables hold, as far as it says what the rest has to be. */
function readTables(folder: string, database: DatabaseSync): Inside {
  const tables = database.prepare("SELECT count(*) AS count FROM sqlite_schema").get();
  if (tables?.["count"] === 0) {
    return { found: heldIn(undefined, undefined), isMade: false, isInUse: false };
  }
  const meta = database.prepare("SELECT value, checksum FROM meta WHERE name = ?");
  const read = (name: string): Json | undefined => {
    const row = meta.get(name) as { value: string; checksum: number } | undefined;
    if (row === undefined) return undefined;
    if (checksumOf(`meta ${name}`, row.value) !== row.checksum) {
      throw folderDamage(folder, `its ${name} is not as written`);
    }
    return JSON.parse(row.value);
  };
  const get = (name: string) => (read(name) ?? {}) as Record<string, Json>;
  const { term, votedFor } = get("vote");
  const snapshot = get("snapshot")["meta"];
  const row = database.prepare("SELECT max(last) AS last FROM log").get();
  const last = Number(row?.["last"] ?? 0);
  const found = heldIn(get("identity"), {
    term: Number(term ?? 0),
    votedFor: typeof votedFor === "string" ? votedFor : null,
    ...(snapshot === undefined ? {} : { snapshot }),
    entries: last === 0 ? [] : [{ index: last }],
  });
  return { found, isMade: read("format") !== undefined, isInUse: read(IN_USE) === true };
}

/** What SQLite says, as a failure of the folder. */
export function asFailure(folder: string, error: unknown): Error {
  const message = messageOf(error);
  if (error instanceof Error && error.name === "ClusterError") return error;
  if (/database is locked/.test(message)) {
    return inUse(folder, error);
  }
  return /malformed|not a database|no such (table|column)/.test(message)
    ? folderDamage(folder, `its ${DATABASE_FILE} is not as written (${message})`, error)
    : folderFailure(folder, message, error);
}

function sizeOf(path: string): number | undefined {
  try {
    return Deno.statSync(path).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
