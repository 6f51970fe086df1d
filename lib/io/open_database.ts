import { DatabaseSync } from "node:sqlite";
import { asFailure, DATABASE_FILE } from "./inspect_folder.ts";
import { WalFile } from "./wal_file.ts";

/**
 * The first pragma stands first: with it, the index of the write-ahead log needs no file of its
 * own. The last leaves it to us to sync each commit, see `SqliteStore`; checkpoints stay SQLite's
 * to sync.
 */
const SET_UP = `
  PRAGMA locking_mode = EXCLUSIVE;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  BEGIN IMMEDIATE;
  CREATE TABLE IF NOT EXISTS meta (
    name TEXT PRIMARY KEY, value TEXT NOT NULL, checksum INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS log (
    first INTEGER PRIMARY KEY, last INTEGER NOT NULL, entries TEXT NOT NULL, checksum INTEGER NOT NULL
  );
  CREATE TABLE IF NOT EXISTS chunks (
    snapshot INTEGER, part INTEGER, chunk TEXT NOT NULL, checksum INTEGER NOT NULL,
    PRIMARY KEY (snapshot, part)
  );
  COMMIT;
  PRAGMA synchronous = NORMAL;
`;

/**
 * Opens the database of a folder for writing, to the exclusion of everybody else, and makes what it
 * lacks.
 *
 * @returns it, and its write-ahead log.
 * @throws {ClusterError} `STORE_FAILED`.
 */
export function openDatabase(folder: string): [DatabaseSync, WalFile] {
  const path = `${folder}/${DATABASE_FILE}`;
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path);
    database.exec(SET_UP);
    return [database, WalFile.open(path)];
  } catch (error) {
    database?.close();
    throw asFailure(folder, error);
  }
}
