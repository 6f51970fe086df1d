/** What takes bytes, and may take only some of them. */
export interface ByteSink {
  write(bytes: Uint8Array): Promise<number>;
}

/** Writes text in the background, in order: whoever produces it never waits for whoever reads it. */
export class TextWriter {
  readonly #sink: ByteSink;
  readonly #encoder = new TextEncoder();
  #waiting: string[] = [];
  #waitingCharacters = 0;
  #writing: Promise<void> | undefined;
  #isClosed = false;
  readonly #end = Promise.withResolvers<void>();

  constructor(sink: ByteSink) {
    this.#sink = sink;
  }

  /** Characters that were not taken yet. */
  get waitingCharacters(): number {
    return this.#waitingCharacters;
  }

  /** Whether the reader has gone. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Resolves when the reader has gone. */
  get closed(): Promise<void> {
    return this.#end.promise;
  }

  /** Queues a text. */
  write(text: string): void {
    if (this.#isClosed) return;
    this.#waiting.push(text);
    this.#waitingCharacters += text.length;
    this.#writing ??= this.#writeAll();
  }

  /**
   * Resolves when everything was taken, or the reader has gone.
   *
   * @param limitMs after which the rest is dropped: a terminal that was stopped may never read it.
   */
  async flush(limitMs?: number): Promise<void> {
    const timer = limitMs === undefined ? undefined : setTimeout(() => this.#close(), limitMs);
    while (this.#writing !== undefined && !this.#isClosed) {
      await Promise.race([this.#writing, this.closed]);
    }
    clearTimeout(timer);
  }

  #close(): void {
    this.#isClosed = true;
    this.#waiting = [];
    this.#waitingCharacters = 0;
    this.#end.resolve();
  }

  async #writeAll(): Promise<void> {
    // What one turn of the event loop queues goes out in one write.
    await Promise.resolve();
    try {
      while (this.#waiting.length > 0) {
        const text = this.#waiting.join("");
        this.#waiting = [];
        let bytes = this.#encoder.encode(text);
        while (bytes.length > 0) bytes = bytes.subarray(await this.#sink.write(bytes));
        if (!this.#isClosed) this.#waitingCharacters -= text.length;
      }
    } catch {
      // A closed pipe, as behind "| head": nobody is there to be told.
      this.#close();
    } finally {
      this.#writing = undefined;
    }
  }
}
