const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const MAGIC = 0x377f0682;

/**
 * Looks for damage in a write-ahead log of SQLite (https://sqlite.org/fileformat2.html#walformat)
 * that SQLite itself would take for the end of the log.
 *
 * SQLite reads up to the first frame that does not match its checksum, and drops the rest in
 * silence. That is right for a last transaction that was cut off. But with a sync at each commit a
 * transaction is on disk before the next begins: where whole frames of later transactions follow,
 * the one in between was durable once, and has been damaged since. (Damage in the last transaction
 * alone looks like one that was cut off.)
 *
 * @returns what is wrong, if anything.
 */
export function findWalDamage(wal: Uint8Array): string | undefined {
  if (wal.length <= HEADER_BYTES) return undefined;
  const view = new DataView(wal.buffer, wal.byteOffset, wal.byteLength);
  const magic = view.getUint32(0);
  const isLittle = magic === MAGIC;
  const sum = new WalChecksum(view, isLittle);
  sum.add(0, 24);
  const isHeaderWhole = (isLittle || magic === MAGIC + 1) && sum.matches(24);
  if (!isHeaderWhole) return "the header of its write-ahead log is not as written";
  const frameBytes = FRAME_HEADER_BYTES + view.getUint32(8);
  let isWhole = true;
  /** Whether a commit stands behind the first frame that is not whole. */
  let hasCommitted = false;
  for (let at = HEADER_BYTES; at + frameBytes <= wal.length; at += frameBytes) {
    // Frames of an earlier round over the same file have other salts.
    const isOurs = view.getUint32(at + 8) === view.getUint32(16) &&
      view.getUint32(at + 12) === view.getUint32(20);
    if (isWhole && isOurs) {
      sum.add(at, 8);
      sum.add(at + FRAME_HEADER_BYTES, frameBytes - FRAME_HEADER_BYTES);
      isWhole = sum.matches(at + 16);
    } else isWhole = false;
    if (isWhole || !isOurs) continue;
    if (hasCommitted) return "a durable part of its write-ahead log is not as written";
    hasCommitted = view.getUint32(at + 4) !== 0;
  }
  return undefined;
}

/** The running checksum of a write-ahead log: each frame's rests on all before it. */
class WalChecksum {
  readonly #view: DataView;
  readonly #isLittle: boolean;
  #first = 0;
  #second = 0;

  constructor(view: DataView, isLittle: boolean) {
    this.#view = view;
    this.#isLittle = isLittle;
  }

  add(from: number, bytes: number): void {
    for (let at = from; at < from + bytes; at += 8) {
      this.#first = (this.#first + this.#view.getUint32(at, this.#isLittle) + this.#second) >>> 0;
      this.#second = (this.#second + this.#view.getUint32(at + 4, this.#isLittle) + this.#first) >>>
        0;
    }
  }

  matches(at: number): boolean {
    return this.#view.getUint32(at) === this.#first &&
      this.#view.getUint32(at + 4) === this.#second;
  }
}
