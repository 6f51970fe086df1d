import {
  BATCH_BYTES,
  BATCH_MESSAGES,
  ClusterError,
  FRAME_BYTES,
  type Message,
  WRITE_CHUNK_BYTES,
} from "../core/mod.ts";
import { HEADER_BYTES, type Mode } from "./frame_decoder.ts";

/** UTF-8 bytes that one UTF-16 unit can need at the most. */
const BYTES_PER_UNIT = 3;

/**
 * Queues messages and writes them out as few, large chunks: frames, arrays of messages where both
 * sides said `batch`, or lines.
 *
 * A queued message is text until it is taken, because joining texts and encoding them in one go is
 * what makes a batch cheap.
 */
export class FrameEncoder {
  readonly #frameBytes: number;
  readonly #text = new TextEncoder();
  #texts: string[] = [];
  /** UTF-16 units in `#texts`: at most the bytes that wait, and their number for plain ASCII. */
  #waitingCharacters = 0;
  /** How the other side reads. */
  mode: Mode = "frames";
  #batch = false;
  /** Messages at the head of `#texts` that were queued before `batch` and go each in its own frame. */
  #alone = 0;

  /** @param frameBytes the largest payload that the other side accepts, in bytes. */
  constructor(frameBytes = FRAME_BYTES) {
    this.#frameBytes = frameBytes;
  }

  /** Whether several messages may share a frame as an array. */
  get batch(): boolean {
    return this.#batch;
  }

  /** The other side may not know yet of what is agreed, so it holds for what is queued from now on. */
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
    const text = JSON.stringify(message);
    if (text.length * BYTES_PER_UNIT > this.#frameBytes) this.#checkSize(text, message.type);
    this.#texts.push(text);
    this.#waitingCharacters += text.length;
  }

  /** Takes all that waits, as chunks to be written in order. */
  take(): Uint8Array[] {
    if (this.#texts.length === 0) return [];
    const chunks = this.mode === "lines"
      ? [this.#text.encode(this.#texts.join("\n") + "\n")]
      : this.#encodeFrames(this.#payloads());
    this.#texts = [];
    this.#alone = 0;
    this.#waitingCharacters = 0;
    return chunks;
  }

  #payloads(): readonly string[] {
    const texts = this.#texts;
    const alone = this.#alone;
    if (!this.#batch || texts.length - alone <= 1) return texts;
    if (alone === 0) return joinBatches(texts);
    return [...texts.slice(0, alone), ...joinBatches(texts.slice(alone))];
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

  #encodeFrames(payloads: readonly string[]): Uint8Array[] {
    const chunks: Uint8Array[] = [];
    let chunk = new Uint8Array(0);
    let used = 0;
    // Joining put in brackets and commas, and each frame has a header: never more than this.
    let left = this.#waitingCharacters + this.#texts.length + payloads.length * (HEADER_BYTES + 2);
    for (const payload of payloads) {
      let bytes = this.#encodeInto(payload, chunk, used);
      if (bytes === undefined) {
        if (used > 0) chunks.push(chunk.subarray(0, used));
        used = 0;
        chunk = new Uint8Array(
          Math.max(HEADER_BYTES + payload.length, Math.min(WRITE_CHUNK_BYTES, left)),
        );
        bytes = this.#encodeInto(payload, chunk, 0);
      }
      if (bytes === undefined) {
        chunk = new Uint8Array(HEADER_BYTES + payload.length * BYTES_PER_UNIT);
        bytes = this.#encodeInto(payload, chunk, 0) as number;
      }
      used += bytes;
      left -= payload.length + HEADER_BYTES;
    }
    if (used > 0) chunks.push(chunk.subarray(0, used));
    return chunks;
  }

  /** Writes one frame at `at`; `undefined` when the chunk has no room for it. */
  #encodeInto(payload: string, chunk: Uint8Array, at: number): number | undefined {
    const from = at + HEADER_BYTES;
    // Most text is ASCII, a byte a unit: what turns out to need more is encoded once again.
    if (chunk.length - from < payload.length) return undefined;
    const { read, written } = this.#text.encodeInto(payload, chunk.subarray(from));
    if (read < payload.length) return undefined;
    chunk[at] = written >>> 24;
    chunk[at + 1] = written >>> 16;
    chunk[at + 2] = written >>> 8;
    chunk[at + 3] = written;
    return HEADER_BYTES + written;
  }
}

/** Joins messages into arrays of a few dozen: larger ones gain nothing and delay the first. */
function joinBatches(texts: readonly string[]): string[] {
  const payloads: string[] = [];
  let from = 0;
  let characters = 0;
  for (let at = 0; at < texts.length; at++) {
    const length = (texts[at] as string).length;
    if (at > from && (at - from === BATCH_MESSAGES || characters + length > BATCH_BYTES)) {
      payloads.push(joinBatch(texts, from, at));
      from = at;
      characters = 0;
    }
    characters += length;
  }
  payloads.push(joinBatch(texts, from, texts.length));
  return payloads;
}

function joinBatch(texts: readonly string[], from: number, to: number): string {
  return to - from === 1 ? texts[from] as string : `[${texts.slice(from, to).join(",")}]`;
}
