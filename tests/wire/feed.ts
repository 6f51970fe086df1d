import type { Message } from "../../lib/core/mod.ts";
import {
  FrameDecoder,
  type FrameEncoder,
  HEADER_BYTES,
  parseMessages,
} from "../../lib/wire/mod.ts";

const TEXT = new TextEncoder();

/** A text or some bytes as one frame. */
export function frame(payload: string | Uint8Array): Uint8Array {
  const bytes = typeof payload === "string" ? TEXT.encode(payload) : payload;
  const framed = new Uint8Array(HEADER_BYTES + bytes.length);
  new DataView(framed.buffer).setUint32(0, bytes.length);
  framed.set(bytes, HEADER_BYTES);
  return framed;
}

/** All chunks that an encoder has to write. */
export function takeAll(encoder: FrameEncoder): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let chunk = encoder.take(); chunk; chunk = encoder.take()) chunks.push(chunk.slice());
  return chunks;
}

/** Some pieces, one behind the other. */
export function join(pieces: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}

/**
 * Feeds a decoder and gives the texts that come out.
 *
 * @param sizes of the chunks, repeated for as long as there are bytes; an empty list: all at once.
 * @param look called after each chunk with the number of bytes fed so far.
 */
export function feed(
  decoder: FrameDecoder,
  bytes: Uint8Array,
  sizes: readonly number[] = [],
  look: (fedBytes: number) => void = () => {},
): string[] {
  const texts: string[] = [];
  let at = 0;
  for (let turn = 0; at < bytes.length; turn++) {
    const space = decoder.space();
    const wanted = sizes.length === 0 ? bytes.length : sizes[turn % sizes.length] as number;
    const chunk = bytes.subarray(at, at + Math.min(wanted, space.length));
    space.set(chunk);
    decoder.filled(chunk.length);
    at += chunk.length;
    look(at);
    for (let text = decoder.next(); text !== undefined; text = decoder.next()) texts.push(text);
  }
  return texts;
}

/** The messages that some texts of frames or lines hold. */
export function messagesOf(texts: readonly string[], mayBatch: boolean): Message[] {
  return texts.flatMap((text) => parseMessages(text, mayBatch));
}
