import type { DatabaseSync, StatementSync } from "node:sqlite";
import {
  ClusterError,
  type Held,
  heldAfter,
  heldDuring,
  heldIn,
  isInteger,
  isJsonObject,
  type Json,
  type LogChange,
  messageOf,
  NOTHING_HELD,
  type Store,
  type StoredLog,
  type StoredSnapshot,
} from "../core/mod.ts";
import { folderDamage, folderFailure, inUse } from "./folder_failure.ts";
import { FolderRecord } from "./folder_record.ts";
import { IN_USE, inspectFolder } from "./inspect_folder.ts";
import { openDatabase } from "./open_database.ts";
import { checksumOf, type LogRow, type SnapshotRow } from "./rows.ts";
import type { WalFile } from "./wal_file.ts";

/** The layout of the folder, for later versions to tell apart. */
const FORMAT = 1;

/**
 * A data folder: one SQLite database in WAL mode, synced at each commit. SQLite would do that with
 * `fsync`, which makes the file system write its journal too, for the file's times; `fdatasync` of
 * the write-ahead log, right after the commit, keeps the same promise without.
 *
 * | table    | holds                                                                           |
 * |----------|---------------------------------------------------------------------------------|
 * | `meta`   | `format`, `in-use`, `identity`, `vote` (with the term), `snapshot` (what it stands for) |
 * | `log`    | a row for each `persist`: consecutive entries as one JSON array                  |
 * | `chunks` | the states of snapshots, JSON, in order                                          |
 *
 * A `persist` is one transaction, and one sync: what shares a turn of the machine shares it. Every
 * row has a CRC-32 of its key and content, which is checked whenever it is read.
 *
 * What is mended, because nothing that counts can be lost by it:
 * - a transaction that was not finished: SQLite drops it; its `persist` had not returned, so nobody
 *   was told;
 * - log rows that the latest snapshot covers: they are not even read;
 * - a state, saved in part or wholly, that never became the latest snapshot: it is removed.
 *
 * What is refused, with `STORE_FAILED`, and stays as it was found: a folder that lacks what its
 * record says it held (`FolderRecord`, `inspectFolder`), a write-ahead log damaged in the middle,
 * and any row that is missing or does not match its checksum. A vote or an entry that was once
 * durable may have been counted on, so a node that went on without it could vote twice or lose an
 * acknowledged write; the way out is a new, empty folder: the node then joins as a new member and
 * gets everything from the others, or, when it was the only one, begins from a backup.
 *
 * SQLite's exclusive lock keeps a second process out; the operating system drops it with the
 * process.
 */
export class SqliteStore implements Store {
  readonly isDurable = true;
  readonly #folder: string;
  readonly #database: DatabaseSync;
  readonly #wal: WalFile;
  readonly #record: FolderRecord;
  readonly #statements = new Map<string, StatementSync>();
  /** Snapshots whose chunks somebody reads right now, and how many do. */
  readonly #readers = new Map<number, number>();
  /** Whether something failed: what the disk holds then is unknown until it is opened again. */
  #isBroken = false;

  /**
   * Opens a folder that exists.
   *
   * @throws {ClusterError} `STORE_FAILED`.
   */
  constructor(folder: string) {
    this.#folder = folder;
    const { record, found } = inspectFolder(folder);
    // Written first: from here on an empty database is no new one, but one that was lost.
    const held = found ?? NOTHING_HELD;
    const own = record ??
      this.#attempt(() => FolderRecord.create(folder, held, found !== undefined));
    if (own === undefined) throw inUse(folder);
    this.#record = own;
    [this.#database, this.#wal] = openDatabase(folder);
    try {
      // Who had it before, while this process waited for it, has changed what was looked at.
      if (!this.#attempt(() => own.isLatest)) throw inUse(folder);
      // What a torn write left behind the end would look like damage beside the next one that is
      // torn.
      this.#emptyLog();
      const format = this.#get("format") ?? FORMAT;
      if (format !== FORMAT) {
        throw folderFailure(
          folder,
          `its format is ${format}, and this version reads ${FORMAT}: use the version that made it`,
        );
      }
      this.#transaction(() => {
        this.#put("format", FORMAT);
        this.#put(IN_USE, true);
        this.#dropOldChunks();
      });
      // In the database itself: the log may be what gets lost.
      this.#emptyLog();
      // Of what is found nothing was lost; more of it may be there than was noted.
      const { commit } = this.#record.held;
      this.#note({ ...held, commit: found === undefined ? 0 : commit });
      this.#attempt(() => this.#record.sync());
    } catch (error) {
      this.#isBroken = true;
      this.close();
      throw error;
    }
  }

  identity(): Json | undefined {
    return this.#get("identity");
  }

  saveIdentity(identity: Json): void {
    this.#transaction(() => this.#put("identity", identity));
    const { node, cluster } = heldIn(identity, undefined);
    const { held } = this.#record;
    if (held.node === node && held.cluster === cluster) return;
    this.#note({ ...held, node, cluster });
    this.#attempt(() => this.#record.sync());
  }

  load(): StoredLog | undefined {
    const vote = this.#get("vote");
    const snapshot = this.#snapshot();
    const entries = this.#readLog(snapshot?.meta.index ?? 0);
    if (vote === undefined && snapshot === undefined && entries.length === 0) return undefined;
    const { term, votedFor } = isJsonObject(vote) ? vote : { term: 0, votedFor: null };
    if (!isInteger(term) || (vote === undefined && entries.length > 0)) {
      throw this.#damage("the term and vote are not there");
    }
    const { commit } = this.#record.held;
    return {
      term,
      votedFor: typeof votedFor === "string" ? votedFor : null,
      ...(snapshot === undefined ? {} : { snapshot: snapshot.meta }),
      ...(commit === null || commit === 0 ? {} : { commit }),
      entries,
    };
  }

  persist(change: LogChange): void {
    const { vote, snapshot, truncateFrom, entries = [] } = change;
    if (truncateFrom !== undefined) this.#lower(truncateFrom - 1);
    this.#transaction(() => {
      if (vote !== undefined) this.#put("vote", { ...vote });
      if (snapshot !== undefined) this.#put("snapshot", { meta: snapshot, chunks: 0 });
      if (truncateFrom !== undefined) this.#truncate(truncateFrom);
      this.#append(entries);
    });
    this.#note(heldAfter(this.#record.held, change));
  }

  noteCommit(index: number): void {
    this.#note({ ...this.#record.held, commit: index });
  }

  saveChunks(index: number, first: number, chunks: readonly Json[]): void {
    this.#transaction(() => {
      if (first === 0) {
        this.#dropOldChunks();
        this.#run("DELETE FROM chunks WHERE snapshot = ?", index);
      }
      for (const [at, chunk] of chunks.entries()) {
        const part = first + at;
        const text = JSON.stringify(chunk);
        const checksum = checksumOf(`chunk ${index} ${part}`, text);
        this.#run("INSERT INTO chunks VALUES (?, ?, ?, ?)", index, part, text, checksum);
      }
    });
  }

  compact(through: number, snapshot: Json & { index: number }): void {
    this.#transaction(() => {
      this.#adopt(snapshot);
      // A row that reaches beyond stays whole: what it holds too much is never read.
      this.#run("DELETE FROM log WHERE last <= ?", through);
    });
  }

  install(snapshot: Json & { index: number }): void {
    const { index } = snapshot;
    this.#lower(index);
    this.#transaction(() => {
      this.#adopt(snapshot);
      this.#run("DELETE FROM log");
    });
    this.#note({ ...this.#record.held, last: index, commit: index });
  }

  latestSnapshot(): StoredSnapshot | undefined {
    const snapshot = this.#snapshot();
    if (snapshot === undefined || snapshot.chunks === 0) return undefined;
    return { meta: snapshot.meta, chunks: this.#readChunks(snapshot) };
  }

  close(): void {
    if (!this.#database.isOpen) return;
    this.#saveClosing();
    this.#isBroken = true;
    this.#statements.clear();
    this.#record.close();
    this.#wal.close();
    this.#database.close();
  }

  /** All of the write-ahead log goes into the database. */
  #emptyLog(): void {
    this.#attempt(() => this.#database.exec("PRAGMA wal_checkpoint(TRUNCATE)"));
  }

  #saveClosing(): void {
    if (this.#isBroken) return;
    try {
      this.#transaction(() => this.#put(IN_USE, false));
    } catch {
      // Nothing is lost by it: the log stays where it is.
    }
  }

  /** Notes what is durable now; in memory the system keeps it, should this process die. */
  #note(held: Held): void {
    this.#attempt(() => this.#record.note(held));
  }

  /** Before entries are taken away: the record must not say more than what is there afterwards. */
  #lower(last: number): void {
    const { held } = this.#record;
    if (held.last <= last) return;
    this.#note(heldDuring(held, last));
    this.#attempt(() => this.#record.sync());
  }

  #adopt(snapshot: Json & { index: number }): void {
    const { index } = snapshot;
    const row = this.#row("SELECT count(*) AS count FROM chunks WHERE snapshot = ?", index);
    const chunks = Number(row?.["count"]);
    // Only what a founding starts from has no state.
    if (chunks === 0 && index > 0) throw this.#failure(`it has no state of index ${index}`);
    this.#put("snapshot", { meta: snapshot, chunks });
    this.#dropOldChunks();
  }

  #dropOldChunks(): void {
    const kept = this.#snapshot()?.meta.index ?? -1;
    const all = this.#rows("SELECT DISTINCT snapshot FROM chunks");
    for (const { snapshot } of all as { snapshot: number }[]) {
      if (snapshot === kept || this.#readers.has(snapshot)) continue;
      this.#run("DELETE FROM chunks WHERE snapshot = ?", snapshot);
    }
  }

  #append(entries: readonly { index: number }[]): void {
    const first = entries[0]?.index;
    const last = entries.at(-1)?.index;
    if (first === undefined || last === undefined) return;
    const text = JSON.stringify(entries);
    const checksum = checksumOf(`log ${first} ${last}`, text);
    this.#run("INSERT INTO log VALUES (?, ?, ?, ?)", first, last, text, checksum);
  }

  #truncate(from: number): void {
    const row = this.#row(
      "SELECT first, last, entries, checksum FROM log WHERE first < ? AND last >= ?",
      from,
      from,
    ) as LogRow | undefined;
    this.#run("DELETE FROM log WHERE last >= ?", from);
    if (row !== undefined) {
      this.#append(this.#readRow(row).slice(0, from - row.first) as { index: number }[]);
    }
  }

  /** The entries behind `base`. */
  #readLog(base: number): Json[] {
    const entries: Json[] = [];
    let next = base + 1;
    const rows = this.#rows(
      "SELECT first, last, entries, checksum FROM log WHERE last > ? ORDER BY first",
      base,
    );
    for (const row of rows as LogRow[]) {
      if (entries.length === 0 ? row.first > next : row.first !== next) {
        throw this.#damage(`its log has no entry ${next}`);
      }
      const read = this.#readRow(row);
      for (let index = next; index <= row.last; index++) {
        entries.push(read[index - row.first] as Json);
      }
      next = row.last + 1;
    }
    return entries;
  }

  #readRow({ first, last, entries, checksum }: LogRow): Json[] {
    const isWhole = checksumOf(`log ${first} ${last}`, entries) === checksum;
    if (!isWhole) throw this.#damage(`its log entries ${first} to ${last} are not as written`);
    return JSON.parse(entries);
  }

  #snapshot(): SnapshotRow | undefined {
    return this.#get("snapshot") as unknown as SnapshotRow | undefined;
  }

  *#readChunks({ meta: { index }, chunks }: SnapshotRow): Generator<Json, void, void> {
    this.#readers.set(index, (this.#readers.get(index) ?? 0) + 1);
    try {
      for (let part = 0; part < chunks; part++) {
        const row = this.#row(
          "SELECT chunk, checksum FROM chunks WHERE snapshot = ? AND part = ?",
          index,
          part,
        ) as { chunk: string; checksum: number } | undefined;
        if (row?.checksum !== checksumOf(`chunk ${index} ${part}`, row?.chunk ?? "")) {
          throw this.#damage(`its snapshot of index ${index} is not as written`);
        }
        yield JSON.parse(row.chunk);
      }
    } finally {
      const others = (this.#readers.get(index) ?? 1) - 1;
      if (others > 0) this.#readers.set(index, others);
      else this.#readers.delete(index);
    }
  }

  #get(name: string): Json | undefined {
    const row = this.#row("SELECT value, checksum FROM meta WHERE name = ?", name) as
      | { value: string; checksum: number }
      | undefined;
    if (row === undefined) return undefined;
    if (checksumOf(`meta ${name}`, row.value) !== row.checksum) {
      throw this.#damage(`its ${name} is not as written`);
    }
    return JSON.parse(row.value);
  }

  #put(name: string, value: Json): void {
    const text = JSON.stringify(value);
    const checksum = checksumOf(`meta ${name}`, text);
    this.#run("INSERT OR REPLACE INTO meta VALUES (?, ?, ?)", name, text, checksum);
  }

  #transaction(change: () => void): void {
    if (this.#isBroken) throw this.#failure("it failed before, or is closed");
    try {
      this.#run("BEGIN IMMEDIATE");
      change();
      this.#run("COMMIT");
      this.#attempt(() => this.#wal.sync());
    } catch (error) {
      // After a failed sync nobody knows what is on the disk: no second try may look as if it were.
      this.#isBroken = true;
      throw error;
    }
  }

  #run(sql: string, ...values: (number | string)[]): void {
    this.#attempt(() => this.#statement(sql).run(...values));
  }

  #row(sql: string, ...values: (number | string)[]): Record<string, unknown> | undefined {
    return this.#attempt(() => this.#statement(sql).get(...values));
  }

  #rows(sql: string, ...values: (number | string)[]): unknown[] {
    return this.#attempt(() => this.#statement(sql).all(...values));
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #attempt<T>(use: () => T): T {
    try {
      return use();
    } catch (error) {
      throw this.#failure(messageOf(error), error);
    }
  }

  #damage(what: string): ClusterError {
    return folderDamage(this.#folder, what);
  }

  #failure(what: string, cause?: unknown): ClusterError {
    return folderFailure(this.#folder, what, cause);
  }
}
