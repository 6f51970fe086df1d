import {
  BATCH_BYTES,
  BATCH_MESSAGES,
  ClusterError,
  FRAME_BYTES,
  type Message,
  WRITE_CHUNK_BYTES,
} from "../core/mod.ts";
import { HEADER_BYTES, type Mode } from "./frame_decoder.ts";

/**
 * White space behind the JSON of a `hello`, in its frame: a server of another kind that reads lines
 * takes it for the end of a request, and answers at once, which tells what it is. Else it would
 * wait for more.
 */
const END_OF_REQUEST = "\r\n\r\n";
/** UTF-8 bytes that one UTF-16 unit can need at the most. */
const BYTES_PER_UNIT = 3;
/**
 * Bytes of a link's output buffer: a link gets the first that holds twice what waits, or the last.
 */
const CHUNK_BYTES = [4_096, 65_536, WRITE_CHUNK_BYTES];

/**
 * The buffer of all links that write nothing: thousands that are idle give theirs back every
 * second.
 */
const NO_BUFFER = new Uint8Array(0);

/**
 * Queues messages and writes them out as few, large chunks: frames, arrays of messages where both
 * sides said `batch`, or lines.
 *
 * A queued message is text until it is taken, because joining texts and encoding them in one go is
 * what makes a batch cheap. All chunks share one buffer: a new one for each would cost bulk a third
 * of its rate in collecting them.
 */
export class FrameEncoder {
  readonly #frameBytes: number;
  readonly #text = new TextEncoder();
  #buffer = NO_BUFFER;
  /** `0 <= #head <= #texts.length`: those before it are taken. */
  #texts: string[] = [];
  #head = 0;
  /** UTF-16 units of what waits: at most its bytes, and their number for plain ASCII. */
  #waitingCharacters = 0;
  /** How the other side reads. */
  mode: Mode = "frames";
  #batch = false;
  /** Messages before this place were queued before `batch` and go each in its own frame. */
  #alone = 0;
  #lastWords: Uint8Array | undefined;

  /**
   * Nothing is waiting yet.
   *
   * @param frameBytes the largest payload that the other side accepts, in bytes.
   */
  constructor(frameBytes = FRAME_BYTES) {
    this.#frameBytes = frameBytes;
  }

  /** Whether several messages may share a frame as an array. */
  get batch(): boolean {
    return this.#batch;
  }

  /**
   * The other side may not know yet of what is agreed, so it holds for what is queued from now on.
   */
  set batch(value: boolean) {
    this.#batch = value;
    this.#alone = this.#texts.length;
  }

  /** Characters that wait to be taken, which for plain ASCII are as many bytes. */
  get waiting(): number {
    return this.#waitingCharacters;
  }

  /**
   * Queues one message.
   *
   * @throws {ClusterError} `TOO_LARGE` when it is over the frame limit; nothing is queued then.
   */
  add(message: Message): void {
    const text = JSON.stringify(message) + (message.type === "hello" ? END_OF_REQUEST : "");
    if (text.length * BYTES_PER_UNIT > this.#frameBytes) this.#checkSize(text, message.type);
    this.#texts.push(text);
    this.#waitingCharacters += text.length;
  }

  /** Queues the last words of a link, in whatever protocol: instead of all that waits. */
  end(lastWords: Uint8Array): void {
    this.#texts = [];
    this.#head = 0;
    this.#alone = 0;
    this.#lastWords = lastWords;
    this.#waitingCharacters = lastWords.length;
  }

  /** The next chunk to be written, good until the next is taken; `undefined` when nothing waits. */
  take(): Uint8Array | undefined {
    if (this.#lastWords !== undefined) {
      const lastWords = this.#lastWords;
      this.#lastWords = undefined;
      this.#waitingCharacters = 0;
      return lastWords;
    }
    if (this.#head === this.#texts.length) return undefined;
    this.#fitBuffer();
    let used = 0;
    while (this.#head < this.#texts.length) {
      const end = this.#endOfPayload();
      const bytes = this.#encode(this.#payload(end), used);
      if (bytes === undefined) {
        if (used > 0) break;
        this.#buffer = new Uint8Array(this.#payloadBytes(end));
        continue;
      }
      used += bytes;
      for (; this.#head < end; this.#head++) {
        this.#waitingCharacters -= (this.#texts[this.#head] as string).length;
      }
    }
    this.#forgetTaken();
    return this.#buffer.subarray(0, used);
  }

  /** Bytes of the buffer that is kept for the next chunk. */
  get bufferBytes(): number {
    return this.#buffer.length;
  }

  /**
   * Gives the buffer back. Only when the chunk taken last is written: an idle link must not keep
   * what one large message needed, three times its length.
   */
  release(): void {
    this.#buffer = NO_BUFFER;
  }

  /** A queue that is never quite empty must not keep all that ever passed. */
  #forgetTaken(): void {
    if (this.#head * 2 < this.#texts.length) return;
    this.#texts = this.#texts.slice(this.#head);
    this.#alone = Math.max(0, this.#alone - this.#head);
    this.#head = 0;
  }

  #checkSize(text: string, type: string): void {
    const bytes = this.#text.encode(text).length;
    if (bytes <= this.#frameBytes) return;
    throw new ClusterError(
      "TOO_LARGE",
      `A "${type}" message of ${bytes} bytes is over the limit of ${this.#frameBytes} bytes`,
      { details: { bytes, limit: this.#frameBytes } },
    );
  }

  /** Bulk earns a large buffer; one that a giant needed is not for the small. */
  #fitBuffer(): void {
    const wanted = CHUNK_BYTES.find((bytes) => this.#waitingCharacters <= bytes / 2) ??
      WRITE_CHUNK_BYTES;
    const { length } = this.#buffer;
    if (length < wanted || length > WRITE_CHUNK_BYTES) this.#buffer = new Uint8Array(wanted);
  }

  /**
   * Where the payload that begins at the head ends: one message, or as many as share an array. A
   * few dozen do: more gain nothing and delay the first.
   */
  #endOfPayload(): number {
    const first = this.#head;
    if (!this.#batch || first < this.#alone || this.mode === "lines") return first + 1;
    let characters = (this.#texts[first] as string).length;
    let end = first + 1;
    while (end < this.#texts.length && end - first < BATCH_MESSAGES) {
      characters += (this.#texts[end] as string).length;
      if (characters > BATCH_BYTES) break;
      end++;
    }
    return end;
  }

  #payload(end: number): string {
    const first = this.#texts[this.#head] as string;
    if (this.mode === "lines") return `${first}\n`;
    return end - this.#head === 1 ? first : `[${this.#texts.slice(this.#head, end).join(",")}]`;
  }

  /** The bytes that a payload with its header can need at the most. */
  #payloadBytes(end: number): number {
    return HEADER_BYTES + this.#payload(end).length * BYTES_PER_UNIT;
  }

  /** Writes one frame or line at `at`; `undefined` when the buffer has no room for it. */
  #encode(payload: string, at: number): number | undefined {
    const isFrame = this.mode === "frames";
    const from = isFrame ? at + HEADER_BYTES : at;
    const buffer = this.#buffer;
    // Most text is ASCII, a byte a unit: what turns out to need more is encoded once again.
    if (buffer.length - from < payload.length) return undefined;
    const { read, written } = this.#text.encodeInto(payload, buffer.subarray(from));
    if (read < payload.length) return undefined;
    if (isFrame) {
      buffer[at] = written >>> 24;
      buffer[at + 1] = written >>> 16;
      buffer[at + 2] = written >>> 8;
      buffer[at + 3] = written;
    }
    return from - at + written;
  }
}
