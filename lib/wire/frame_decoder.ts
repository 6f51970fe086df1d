import { FRAME_BYTES, READ_BUFFER_BYTES, READ_BUFFER_SMALL_BYTES } from "../core/mod.ts";
import {
  type ForeignSpeech,
  foreignSpeech,
  isHttp2Settings,
  mayBecomeHttp,
} from "./foreign_speech.ts";

/** Bytes of a frame's length prefix. */
export const HEADER_BYTES = 4;

const OPENING_BRACE = 0x7b;
const NEWLINE = 0x0a;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const CLOSING_BRACE = 0x7d;
/** The first byte of a byte order mark in UTF-8, which no JSON begins with. */
const BYTE_ORDER_MARK = 0xef;

/** How the other side speaks, known from its first byte. */
export type Mode = "frames" | "lines";

/** Input that is not the protocol: the connection is over, for the reason given. */
export class WireError extends Error {
  /** Tells it from other errors. */
  override readonly name = "WireError";
  /** `TOO_LARGE` for a length over the limit, else `BAD_MESSAGE`. */
  readonly code: "TOO_LARGE" | "BAD_MESSAGE";
  /** The other protocol that the connection began with. */
  readonly foreign: ForeignSpeech | undefined;

  /** What is wrong with the bytes, and whose speech they seem to be. */
  constructor(code: "TOO_LARGE" | "BAD_MESSAGE", message: string, foreign?: ForeignSpeech) {
    super(message);
    this.code = code;
    this.foreign = foreign;
  }
}

/**
 * Cuts a byte stream into texts, one per frame or line, whatever the sizes of its chunks.
 *
 * The reader fills `space()` and says how much with `filled()`; `next()` then gives the texts that
 * are whole. The buffer starts small, grows only by what has arrived (never by what a length
 * announces), and goes back to the size of a busy link's once a large frame has passed.
 *
 * A connection whose first byte is `{` is read as JSON lines: a frame can never begin so, since its
 * length would be over 2 GB. A line ends with a newline, or with the brace that closes it, so that
 * old programs which send bare objects are understood too.
 */
export class FrameDecoder {
  readonly #frameBytes: number;
  /** The decoder without options is several times as fast as the one that throws. */
  readonly #text = new TextDecoder();
  readonly #strictText = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  /** `0 <= #start <= #end <= #buffer.length`: what has arrived and is not yet taken. */
  #buffer = new Uint8Array(READ_BUFFER_SMALL_BYTES);
  #start = 0;
  #end = 0;
  #mode: Mode | undefined;
  /** Whether a whole text has come: what follows is ours, if broken. */
  #hasBegun = false;
  #line = { scanned: 0, depth: 0, inString: false, escaped: false };

  /**
   * Nothing has been read yet.
   *
   * @param frameBytes the largest payload that is accepted, in bytes.
   */
  constructor(frameBytes = FRAME_BYTES) {
    this.#frameBytes = frameBytes;
  }

  /** How the other side speaks; `undefined` before its first byte. */
  get mode(): Mode | undefined {
    return this.#mode;
  }

  /** Bytes that have arrived and make no whole frame yet. */
  get pendingBytes(): number {
    return this.#end - this.#start;
  }

  /**
   * Bytes of the buffer: at most `READ_BUFFER_BYTES`, or twice what has arrived of the largest
   * frame.
   */
  get bufferBytes(): number {
    return this.#buffer.length;
  }

  /** Where the next bytes go; never empty. */
  space(): Uint8Array {
    if (this.#start === this.#end) {
      this.#start = 0;
      this.#end = 0;
      if (this.#buffer.length > READ_BUFFER_BYTES) this.#resize(READ_BUFFER_BYTES);
    } else if (this.#buffer.length - this.#end < this.#buffer.length / 4) {
      // Little room is left: move what is pending to the front, or grow by what has arrived.
      if (this.#start > 0) {
        this.#buffer.copyWithin(0, this.#start, this.#end);
        this.#end -= this.#start;
        this.#start = 0;
      } else if (this.#end === this.#buffer.length) {
        this.#resize(this.#buffer.length * 2);
      }
    }
    return this.#buffer.subarray(this.#end);
  }

  /** Says how many bytes of `space()` were filled. */
  filled(bytes: number): void {
    this.#end += bytes;
    // A full buffer means that more is waiting: bulk earns a larger one, an idle link keeps its few
    // kB.
    const isFull = this.#end === this.#buffer.length;
    if (isFull && this.#buffer.length < READ_BUFFER_BYTES) this.#resize(READ_BUFFER_BYTES);
    if (this.#mode === undefined && this.#end > this.#start) {
      this.#mode = this.#buffer[this.#start] === OPENING_BRACE ? "lines" : "frames";
    }
  }

  /**
   * The text of the next whole frame or line, or `undefined` when more bytes are needed.
   *
   * @throws {WireError} when the input is not the protocol; the decoder is of no use after that.
   */
  next(): string | undefined {
    return this.#mode === "lines" ? this.#nextLine() : this.#nextFrame();
  }

  #nextFrame(): string | undefined {
    const available = this.#end - this.#start;
    if (available < HEADER_BYTES) return undefined;
    const buffer = this.#buffer;
    const at = this.#start;
    const length = (buffer[at] as number) * 0x100_0000 + ((buffer[at + 1] as number) << 16) +
      ((buffer[at + 2] as number) << 8) + (buffer[at + 3] as number);
    if (length === 0) throw this.#lengthError(length);
    if (length > this.#frameBytes) {
      if (!this.#hasBegun && mayBecomeHttp(buffer.subarray(at, this.#end))) return undefined;
      throw this.#lengthError(length);
    }
    if (!this.#hasBegun && isHttp2Settings(buffer.subarray(at, this.#end))) {
      const complaint = "These are the settings of an HTTP/2 server";
      throw new WireError("BAD_MESSAGE", complaint, { name: "HTTP/2", complaint });
    }
    if (available < HEADER_BYTES + length) return undefined;
    const from = at + HEADER_BYTES;
    this.#start = from + length;
    return this.#decode(from, this.#start);
  }

  #lengthError(length: number): WireError {
    if (length === 0) {
      return new WireError(
        "BAD_MESSAGE",
        `A frame of length 0; a frame is 1 to ${this.#frameBytes} bytes of JSON`,
      );
    }
    const foreign = foreignSpeech(this.#buffer.subarray(this.#start, this.#end));
    const what = foreign.complaint || `A frame of ${length} bytes is over the limit`;
    const message = `${what}; the limit is ${this.#frameBytes} bytes`;
    return new WireError("TOO_LARGE", message, this.#hasBegun ? undefined : foreign);
  }

  #nextLine(): string | undefined {
    const buffer = this.#buffer;
    const line = this.#line;
    for (let at = this.#start + line.scanned; at < this.#end; at++) {
      const byte = buffer[at] as number;
      if (byte === NEWLINE) {
        const text = this.#takeLine(at + 1);
        if (text !== "") return text;
        continue;
      }
      if (line.inString) {
        if (line.escaped) line.escaped = false;
        else if (byte === BACKSLASH) line.escaped = true;
        else if (byte === QUOTE) line.inString = false;
      } else if (byte === QUOTE) line.inString = true;
      else if (byte === OPENING_BRACE) line.depth++;
      else if (byte === CLOSING_BRACE && --line.depth === 0) return this.#takeLine(at + 1);
    }
    line.scanned = this.#end - this.#start;
    this.#checkLine(line.scanned);
    return undefined;
  }

  #checkLine(bytes: number): void {
    if (bytes <= this.#frameBytes) return;
    throw new WireError("TOO_LARGE", `A line is over the limit of ${this.#frameBytes} bytes`);
  }

  #takeLine(end: number): string {
    const from = this.#start;
    const hasNewline = this.#buffer[end - 1] === NEWLINE;
    this.#checkLine(end - from - (hasNewline ? 1 : 0));
    this.#start = end;
    this.#line = { scanned: 0, depth: 0, inString: false, escaped: false };
    return this.#decode(from, end).trim();
  }

  #decode(from: number, to: number): string {
    this.#hasBegun = true;
    const bytes = this.#buffer.subarray(from, to);
    const text = this.#text.decode(bytes);
    // What is no UTF-8 became the replacement character; and a byte order mark was left out.
    if (!text.includes("\ufffd") && bytes[0] !== BYTE_ORDER_MARK) return text;
    try {
      return this.#strictText.decode(bytes);
    } catch {
      throw new WireError("BAD_MESSAGE", "A frame that is not UTF-8; a frame is UTF-8 JSON");
    }
  }

  #resize(bytes: number): void {
    const larger = new Uint8Array(bytes);
    larger.set(this.#buffer.subarray(this.#start, this.#end));
    this.#end -= this.#start;
    this.#start = 0;
    this.#buffer = larger;
  }
}
