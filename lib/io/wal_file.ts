/**
 * The write-ahead log that SQLite keeps beside a database: it is the same file while the database
 * is open.
 */
export class WalFile {
  readonly #file: Deno.FsFile;

  private constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  /** What stands in the log beside a database; nothing when there is none. */
  static read(database: string): Uint8Array {
    try {
      return Deno.readFileSync(`${database}-wal`);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return new Uint8Array();
      throw error;
    }
  }

  /** Opens the log beside a database that is open, for syncing. */
  static open(database: string): WalFile {
    // Windows syncs only what is open for writing.
    return new WalFile(Deno.openSync(`${database}-wal`, { write: true }));
  }

  /**
   * What SQLite wrote is on disk when this returns: `fdatasync` of a file is good for all who wrote
   * to it.
   */
  sync(): void {
    this.#file.syncDataSync();
  }

  close(): void {
    this.#file.close();
  }
}
