import { crc32 } from "node:zlib";
import { type Held, isJsonObject, NOTHING_HELD } from "../core/mod.ts";
import { syncFolder } from "./sync_folder.ts";

/** The file in the folder. */
export const RECORD_FILE = "muster.record";
/** Bytes of one of its two halves: what a disk writes wholly or not at all. */
const SLOT_BYTES = 512;
const SLOTS = 2;

/** One half, as it is written. */
interface Slot extends Held {
  /** Of two halves the later counts. */
  serial: number;
  /** Whether the database was there, and whole, before this was written. */
  isMade: boolean;
}

/**
 * The file beside the database that says what the folder is known to hold.
 *
 * It is there before anything else is, and says then that the database is still to be made.
 * Afterwards its two halves are overwritten in turn, behind each change, and not synced: the death
 * of the process loses nothing of it, that of the machine a while. It only serves for noticing a
 * loss, so it costs no second sync. A half is a line of text, a checksum and JSON, that a person
 * can read.
 */
export class FolderRecord {
  readonly #folder: string;
  readonly #path: string;
  readonly #bytes = new Uint8Array(SLOT_BYTES);
  readonly #encoder = new TextEncoder();
  #file: Deno.FsFile | undefined;
  #slot: Slot;

  private constructor(folder: string, slot: Slot) {
    this.#folder = folder;
    this.#path = `${folder}/${RECORD_FILE}`;
    this.#slot = slot;
  }

  /**
   * Reads the record of a folder.
   *
   * @returns `undefined` when there is none, `"damaged"` when neither half is as written.
   */
  static read(folder: string): FolderRecord | "damaged" | undefined {
    let text: string;
    try {
      text = new TextDecoder().decode(Deno.readFileSync(`${folder}/${RECORD_FILE}`));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
    const slots = text.split("\n").map(parseSlot).filter((slot) => slot !== undefined);
    const [latest] = slots.toSorted((a, b) => b.serial - a.serial);
    return latest === undefined ? "damaged" : new FolderRecord(folder, latest);
  }

  /**
   * Makes the record of a folder, on disk when this returns: of a database that is there, or is to
   * be made.
   *
   * @returns `undefined` when another process has just made one: it is never replaced by a second.
   */
  static create(folder: string, held: Held, isMade: boolean): FolderRecord | undefined {
    const record = new FolderRecord(folder, { ...held, serial: 0, isMade });
    const temporary = `${record.#path}.new`;
    using file = Deno.openSync(temporary, { write: true, create: true });
    // Of several processes that begin at once one is here at a time; closing the file lets the next
    // one in.
    file.lockSync(true);
    if (FolderRecord.read(folder) !== undefined) {
      removeIfThere(temporary);
      return undefined;
    }
    file.truncateSync(0);
    for (let slot = 0; slot < SLOTS; slot++) record.#write(file);
    file.syncSync();
    Deno.renameSync(temporary, record.#path);
    syncFolder(folder);
    return record;
  }

  /** What the folder is known to hold. */
  get held(): Held {
    return this.#slot;
  }

  /** Whether the database has been made: from then on it must be there. */
  get isMade(): boolean {
    return this.#slot.isMade;
  }

  /** Whether nobody else has noted anything since this was read. */
  get isLatest(): boolean {
    const latest = FolderRecord.read(this.#folder);
    return latest instanceof FolderRecord && latest.#slot.serial === this.#slot.serial;
  }

  /** Notes what is held now, of a database that is there. */
  note(held: Held): void {
    this.#slot = { ...held, isMade: true, serial: this.#slot.serial + 1 };
    this.#file ??= Deno.openSync(this.#path, { write: true });
    this.#file.seekSync((this.#slot.serial % SLOTS) * SLOT_BYTES, Deno.SeekMode.Start);
    this.#write(this.#file);
  }

  /** What was noted is on disk when this returns. */
  sync(): void {
    this.#file?.syncDataSync();
  }

  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  #write(file: Deno.FsFile): void {
    const text = JSON.stringify(this.#slot);
    this.#bytes.fill(0x20);
    this.#encoder.encodeInto(`${crc32(text)} ${text}`, this.#bytes);
    this.#bytes[SLOT_BYTES - 1] = 0x0a;
    file.writeSync(this.#bytes);
  }
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function parseSlot(line: string): Slot | undefined {
  const at = line.indexOf(" ");
  const text = line.slice(at + 1).trimEnd();
  if (at < 1 || line.slice(0, at) !== String(crc32(text))) return undefined;
  const slot: unknown = JSON.parse(text);
  return isJsonObject(slot) ? { ...NOTHING_HELD, ...slot } as unknown as Slot : undefined;
}
