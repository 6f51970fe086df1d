import { messageOf } from "../../core/mod.ts";

/** What takes bytes, and may take only some of them. */
export interface ByteSink {
  write(bytes: Uint8Array): Promise<number>;
}

/** Lines of a log that could not be written. */
export interface LostLines {
  /** How many lines were lost. */
  readonly lines: number;
  /** What the system said, the last time. */
  readonly why: string;
}

/** A text that waits to be written. */
interface Waiting {
  readonly text: string;
  /**
   * Of a log: the lines that are lost with it. Of anything else, which must not be lost:
   * `undefined`.
   */
  readonly lines: number | undefined;
}

/**
 * Milliseconds before a sink that has no room at the moment, and does not wait by itself, is tried
 * again.
 */
const FULL_PAUSE_MS = 10;

/**
 * Writes text in the background, in order: whoever produces it never waits for whoever reads it.
 *
 * A reader that has gone (EPIPE, as behind "| head") is no failure: what follows is for nobody. Any
 * other failure (a full disk) ends the writing of text that must not be lost, and says why; lines
 * of a log are counted instead, and those that follow are tried again.
 */
export class TextWriter {
  readonly #sink: ByteSink;
  readonly #encoder = new TextEncoder();
  #waiting: Waiting[] = [];
  #waitingCharacters = 0;
  #writing: Promise<void> | undefined;
  #isClosed = false;
  #failure: string | undefined;
  #lost: LostLines | undefined;
  /** Whether a failure cut a line short: the next begins on a line of its own. */
  #isMidLine = false;
  readonly #end = Promise.withResolvers<void>();

  /** Writes into that sink, from now on. */
  constructor(sink: ByteSink) {
    this.#sink = sink;
  }

  /** Characters that were not taken yet. */
  get waitingCharacters(): number {
    return this.#waitingCharacters;
  }

  /** Whether nothing is written any more: the reader has gone, or a write failed. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Resolves when nothing is written any more. */
  get closed(): Promise<void> {
    return this.#end.promise;
  }

  /**
   * Why text that must not be lost could not be written; `undefined` while all could, or nobody
   * reads.
   */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Queues a text that must not be lost. */
  write(text: string): void {
    this.#queue({ text, lines: undefined });
  }

  /**
   * Queues a line of a log.
   *
   * @param lines that are lost with it when it cannot be written: more than 1 when it tells of lost
   * ones.
   */
  writeLog(line: string, lines: number): void {
    this.#queue({ text: line, lines });
  }

  /** The lines of the log that were lost since this was asked last. */
  takeLost(): LostLines | undefined {
    const lost = this.#lost;
    this.#lost = undefined;
    return lost;
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

  #queue(waiting: Waiting): void {
    if (this.#isClosed) return;
    this.#waiting.push(waiting);
    this.#waitingCharacters += waiting.text.length;
    this.#writing ??= this.#writeAll();
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
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      await this.#writeBatch(batch);
      if (!this.#isClosed) {
        for (const { text } of batch) this.#waitingCharacters -= text.length;
      }
    }
    this.#writing = undefined;
  }

  async #writeBatch(batch: readonly Waiting[]): Promise<void> {
    const lineBreak = this.#isMidLine ? "\n" : "";
    const bytes = this.#encoder.encode(lineBreak + batch.map(({ text }) => text).join(""));
    let written = 0;
    try {
      while (written < bytes.length) written += await this.#writeSome(bytes.subarray(written));
      this.#isMidLine = false;
    } catch (error) {
      if (written > 0) this.#isMidLine = bytes[written - 1] !== NEWLINE;
      if (error instanceof Deno.errors.BrokenPipe) this.#close();
      else this.#failed(batch, written - lineBreak.length, messageOf(error));
    }
  }

  async #writeSome(bytes: Uint8Array): Promise<number> {
    while (true) {
      try {
        return await this.#sink.write(bytes);
      } catch (error) {
        if (!(error instanceof Deno.errors.WouldBlock)) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, FULL_PAUSE_MS));
      if (this.#isClosed) return bytes.length;
    }
  }

  #failed(batch: readonly Waiting[], writtenBytes: number, why: string): void {
    let end = 0;
    for (const { text, lines } of batch) {
      end += this.#encoder.encode(text).length;
      if (end <= writtenBytes) continue;
      if (lines === undefined) {
        this.#failure = why;
        return this.#close();
      }
      this.#lost = { lines: (this.#lost?.lines ?? 0) + lines, why };
    }
  }
}

const NEWLINE = 10;
