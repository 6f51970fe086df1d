import {
  ClusterError,
  findLoss,
  type Held,
  heldAfter,
  heldDuring,
  heldIn,
  type Json,
  type LogChange,
  type Millis,
  NOTHING_HELD,
  randomBelow,
  randomBetween,
  sample,
  SeededRandom,
  SNAPSHOT_ENTRIES,
  type Store,
  type StoredLog,
  type StoredSnapshot,
} from "../core/mod.ts";
import {
  DiskContents,
  type DiskRecord,
  recordText,
  tornRecord,
  wholeRecord,
} from "./disk_contents.ts";
import type { HostProcess } from "./host_world.ts";

/** What one sync takes on a disk that is well: from, to. */
export const SYNC_MS: readonly [Millis, Millis] = [0.2, 3];
/** The share of syncs that a busy disk draws out, and how far. */
const STALL_CHANCE = 0.01;
const STALL_MS = [10, 80] as const;
/** What becomes of a record whose sync was under way. */
const FATES = ["whole", "torn", "lost"] as const;

/** A record that some life wrote, and when the sync behind it began and returned. */
interface Write {
  record: DiskRecord;
  from: Millis;
  to: Millis;
}

/** What was noted of what the disk holds, beside it and behind each change. */
interface Note {
  readonly at: Millis;
  readonly held: Held;
  /** Whether a loss of power spares it. */
  readonly isSynced: boolean;
}

/** What a disk held at some moment. */
export interface DiskCopy {
  /** What was surely on it. */
  readonly contents: DiskContents;
  /** What was noted of that. */
  readonly held: Held;
}

/** What a disk may lose while nobody looks. */
export type Loss = "its last entries" | "its log" | "everything";

/**
 * A disk that outlives processes, and does what a real one with a write-ahead log does
 * (`SqliteStore`).
 *
 * Each change is one record and one sync, which takes time. When the process or its machine dies,
 * all whose sync had returned is there; of the one under way the record may be there whole, not at
 * all, or in part, which is found and dropped at the next opening; what came after it was never
 * written.
 */
export class SimDisk {
  readonly #random: SeededRandom;
  readonly #snapshotEntries: number;
  /** What was surely on the disk, at the last look. */
  #contents = new DiskContents();
  /** In order; those before the last that a loss of power spares are dropped. */
  #notes: Note[] = [];
  /** What was written since, in order. */
  #journal: Write[] = [];
  #owner: HostProcess | undefined;
  #isAwaited: (record: DiskRecord) => boolean = () => true;
  /** With the sync of which record the process dies, and how. */
  #death: { how: "kill" | "silence"; isIts: (record: DiskRecord) => boolean } | undefined;
  /** A record of which only this much reached the disk. */
  #tail = "";
  /** What one sync takes: from, to. */
  syncMs: readonly [Millis, Millis] = SYNC_MS;
  /**
   * - `full`: there is no room for a record;
   * - `failing`: a sync fails, and whether its record is there nobody knows.
   */
  fault: "full" | "failing" | undefined;
  /** What became of the records whose sync was under way when their process died. */
  readonly fates: { whole: number; torn: number; lost: number } = { whole: 0, torn: 0, lost: 0 };
  /** How often a life ended when a state was saved in part, or not adopted yet. */
  unfinished = 0;

  /**
   * Begins empty.
   *
   * @param snapshotEntries entries after which a node takes a snapshot.
   */
  constructor(seed: number, snapshotEntries = SNAPSHOT_ENTRIES) {
    this.#random = new SeededRandom(seed);
    this.#snapshotEntries = snapshotEntries;
  }

  /**
   * The disk as one life of a process sees it.
   *
   * @param isAwaited whether the process waits for the sync of a record: it should, of each.
   */
  mount(process: HostProcess, isAwaited: (record: DiskRecord) => boolean = () => true): Store {
    this.#settle();
    const known = this.#recorded();
    const found = heldIn(
      this.#contents.identity === undefined ? undefined : JSON.parse(this.#contents.identity),
      this.#contents.log(),
    );
    const loss = findLoss(known, found);
    if (loss !== undefined) throw failed(loss);
    this.#notes = [{
      at: process.world.now,
      held: { ...found, commit: known.commit },
      isSynced: true,
    }];
    this.#owner = process;
    this.#isAwaited = isAwaited;
    this.#death = undefined;
    return new MountedDisk(this, process, this.#contents.copy(), this.#snapshotEntries);
  }

  /** What is noted at present. */
  get held(): Held {
    return this.#notes.at(-1)?.held ?? NOTHING_HELD;
  }

  /** Notes what is held; in the memory of the machine, unless it is synced. */
  note(held: Held, isSynced = false): void {
    const process = this.#owner as HostProcess;
    if (process.isDead) return;
    if (isSynced) this.#notes = [];
    this.#notes.push({ at: process.time, held, isSynced });
  }

  /** Something of it is gone, while its process is dead; says whether what is left shows it. */
  lose(what: Loss): boolean {
    const held = this.#recorded();
    this.#settle();
    this.#owner = undefined;
    this.#notes = [{ at: 0, held, isSynced: true }];
    if (what !== "everything") {
      return this.#contents.lose(what === "its log" ? Infinity : 1 + randomBelow(this.#random, 5));
    }
    this.#contents = new DiskContents();
    return true;
  }

  /**
   * Whether an entry is surely there, or a state that it is part of; any of that index without a
   * term.
   */
  holds(index: number, term: number | undefined): boolean {
    const { world, diedAt = Infinity } = this.#owner ?? { world: { now: -Infinity } };
    this.#fold(Math.min(world.now, diedAt));
    return this.#contents.holds(index, term);
  }

  /** What is on it for sure now. */
  copy(now: Millis): DiskCopy {
    this.#fold(now);
    const held = this.#notes.findLast(({ at }) => at <= now)?.held ?? NOTHING_HELD;
    return { contents: this.#contents.copy(), held };
  }

  /** While its process is dead somebody puts back what it was. */
  putBack({ contents, held }: DiskCopy): void {
    this.#settle();
    this.#owner = undefined;
    this.#notes = [{ at: 0, held, isSynced: true }];
    this.#contents = contents.copy();
  }

  /** The process dies while it syncs the next record of a kind. */
  dieWriting(how: "kill" | "silence", isIts: (record: DiskRecord) => boolean): void {
    this.#death = { how, isIts };
  }

  /** Writes a record, and waits until it is there. */
  write(record: DiskRecord): void {
    const process = this.#owner as HostProcess;
    if (process.isDead) return;
    if (this.fault === "full") throw failed("database or disk is full");
    this.#fold(process.world.now);
    if (this.#death?.isIts(record) === true) process.dieInSync(this.#death.how, STALL_MS[1]);
    const { from, to } = process.sync(this.#syncTime(), this.#isAwaited(record));
    const isFailing = this.fault === "failing";
    if (!isFailing || this.#random.next() < 0.5) this.#journal.push({ record, from, to });
    if (isFailing) throw failed("disk I/O error");
  }

  #syncTime(): Millis {
    const range = this.#random.next() < STALL_CHANCE ? STALL_MS : this.syncMs;
    return randomBetween(this.#random, ...range);
  }

  /** What was there by then is surely there. */
  #fold(by: Millis): void {
    for (let write = this.#journal[0]; write !== undefined; write = this.#journal[0]) {
      if (write.to > by) return;
      this.#contents.apply(write.record);
      this.#journal.shift();
    }
  }

  /** The life before is over: what it had under way is there or not. */
  #settle(): void {
    const diedAt = this.#owner?.diedAt ?? Infinity;
    this.#fold(diedAt);
    const write = this.#journal[0];
    this.#journal = [];
    if (write !== undefined && write.from < diedAt) this.#break(write.record);
    this.#recover();
  }

  /** What its record says: the latest note, or after a loss of power perhaps an earlier one. */
  #recorded(): Held {
    const process = this.#owner;
    const diedAt = process?.diedAt ?? Infinity;
    const notes = this.#notes.filter(({ at }) => at <= diedAt);
    if (process?.isPowered === false) notes.splice(1 + randomBelow(this.#random, notes.length));
    return notes.at(-1)?.held ?? NOTHING_HELD;
  }

  #break(record: DiskRecord): void {
    const text = recordText(record);
    const fate = sample(this.#random, FATES, 1)[0] as (typeof FATES)[number];
    this.fates[fate]++;
    if (fate === "whole") this.#tail = text;
    else if (fate === "torn") this.#tail = tornRecord(text, this.#random);
  }

  /** Reads the end of the log: a record that is not whole was never reported as written. */
  #recover(): void {
    const record = wholeRecord(this.#tail);
    this.#tail = "";
    if (record !== undefined) this.#contents.apply(record);
    if (this.#contents.dropUnadopted()) this.unfinished++;
  }
}

/** The store of one life: it reads what it has written itself, whether or not that lasts. */
class MountedDisk implements Store {
  readonly isDurable = true;
  readonly snapshotEntries: number;
  readonly #disk: SimDisk;
  readonly #process: HostProcess;
  readonly #seen: DiskContents;
  /** Whether something failed: what the disk holds then is unknown until it is mounted again. */
  #isBroken = false;

  constructor(disk: SimDisk, process: HostProcess, seen: DiskContents, snapshotEntries: number) {
    this.snapshotEntries = snapshotEntries;
    this.#disk = disk;
    this.#process = process;
    this.#seen = seen;
  }

  identity(): Json | undefined {
    const { identity } = this.#seen;
    return identity === undefined ? undefined : JSON.parse(identity);
  }

  saveIdentity(identity: Json): void {
    this.#write({ type: "identity", identity: JSON.stringify(identity) });
    const { node, cluster } = heldIn(identity, undefined);
    this.#disk.note({ ...this.#disk.held, node, cluster }, this.#disk.held.node !== node);
  }

  load(): StoredLog | undefined {
    const log = this.#seen.log();
    const { commit } = this.#disk.held;
    return log === undefined || commit === null || commit === 0 ? log : { ...log, commit };
  }

  noteCommit(index: number): void {
    this.#disk.note({ ...this.#disk.held, commit: index });
  }

  persist(change: LogChange): void {
    const { vote, snapshot, truncateFrom, entries = [] } = change;
    if (truncateFrom !== undefined) this.#lower(truncateFrom - 1);
    this.#write({
      type: "log",
      vote,
      snapshot: snapshot === undefined ? undefined : JSON.stringify(snapshot),
      truncateFrom,
      entries: entries.map((entry) => [entry.index, JSON.stringify(entry)]),
    });
    this.#disk.note(heldAfter(this.#disk.held, change));
  }

  saveChunks(index: number, first: number, chunks: readonly Json[]): void {
    const texts = chunks.map((chunk) => JSON.stringify(chunk));
    this.#write({ type: "state", index, first, chunks: texts });
  }

  compact(through: number, snapshot: Json & { index: number }): void {
    this.#adopt(snapshot, through);
  }

  install(snapshot: Json & { index: number }): void {
    const { index } = snapshot;
    this.#lower(index);
    this.#adopt(snapshot, Number.MAX_SAFE_INTEGER);
    this.#disk.note({ ...this.#disk.held, last: index, commit: index });
  }

  latestSnapshot(): StoredSnapshot | undefined {
    return this.#seen.latestSnapshot();
  }

  close(): void {
    this.#isBroken = true;
  }

  /** Before entries are taken away: the record must not say more than what is there afterwards. */
  #lower(last: number): void {
    const { held } = this.#disk;
    if (held.last > last) this.#disk.note(heldDuring(held, last), true);
  }

  #adopt(snapshot: Json & { index: number }, through: number): void {
    const { index } = snapshot;
    if (index > 0 && !this.#seen.hasState(index)) {
      throw failed(`it has no state of index ${index}`);
    }
    this.#write({ type: "adopt", index, snapshot: JSON.stringify(snapshot), through });
  }

  #write(record: DiskRecord): void {
    if (this.#process.isDead) return;
    if (this.#isBroken) throw failed("it failed before, or is closed");
    try {
      this.#disk.write(record);
    } catch (error) {
      this.#isBroken = true;
      throw error;
    }
    this.#seen.apply(record);
  }
}

function failed(what: string): ClusterError {
  return new ClusterError("STORE_FAILED", `Cannot use the simulated disk: ${what}`);
}
