import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import fc from "fast-check";
import {
  BATCH_MESSAGES,
  FRAME_BYTES,
  type Message,
  READ_BUFFER_BYTES,
} from "../../lib/core/mod.ts";
import {
  FrameDecoder,
  FrameEncoder,
  type Mode,
  parseMessages,
  WireError,
} from "../../lib/wire/mod.ts";
import { feed, frame, join, messagesOf, takeAll } from "./feed.ts";

/** Any message that may cross the wire: JSON has no -0, and `__proto__` is not let in. */
const anyMessage: fc.Arbitrary<Message> = fc.record({
  type: fc.string({ minLength: 1, maxLength: 20, unit: "binary" }),
  body: fc.jsonValue({ maxDepth: 6 }),
}).filter((message) => !JSON.stringify(message).includes("__proto__"))
  .map((message) => JSON.parse(JSON.stringify(message)) as Message);

const anyMessages = fc.array(anyMessage, { maxLength: 3 * BATCH_MESSAGES, size: "max" });
const anySizes = fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 8 });

function encode(messages: readonly Message[], mode: Mode, batch: boolean): Uint8Array {
  const encoder = new FrameEncoder();
  encoder.mode = mode;
  encoder.batch = batch;
  for (const message of messages) encoder.add(message);
  return join(takeAll(encoder));
}

for (const [mode, batch] of [["frames", false], ["frames", true], ["lines", false]] as const) {
  const how = batch ? "batches" : mode;
  Deno.test(`any messages in any chunks come out as they went in, as ${how}`, () => {
    fc.assert(
      fc.property(anyMessages, anySizes, (messages, sizes) => {
        const decoder = new FrameDecoder();
        const texts = feed(decoder, encode(messages, mode, batch), sizes);
        assertEquals(messagesOf(texts, batch), messages);
        assertEquals(decoder.pendingBytes, 0);
      }),
      { numRuns: 60 },
    );
  });
}

Deno.test("messages queued in several takes are the same as in one", () => {
  fc.assert(
    fc.property(fc.array(anyMessages, { maxLength: 4 }), fc.boolean(), (turns, batch) => {
      const encoder = new FrameEncoder();
      encoder.batch = batch;
      const chunks = turns.flatMap((messages) => {
        for (const message of messages) encoder.add(message);
        return takeAll(encoder);
      });
      const texts = feed(new FrameDecoder(), join(chunks));
      assertEquals(messagesOf(texts, batch), turns.flat());
    }),
    { numRuns: 30 },
  );
});

Deno.test("the buffer is never larger than twice what arrived, whatever a length announces", () => {
  const anyFrames = fc.array(fc.integer({ min: 1, max: 200_000 }), { minLength: 1, maxLength: 4 });
  const anyChunks = fc.array(fc.integer({ min: 1, max: 40_000 }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(anyFrames, anyChunks, fc.boolean(), (lengths, sizes, isCut) => {
      const frames = lengths.map((length) => frame(new Uint8Array(length).fill(0x20)));
      // The last announces the most that is allowed and brings little of it.
      if (isCut) frames.push(new Uint8Array([0, 0x10, 0, 0, 0x20, 0x20]));
      const decoder = new FrameDecoder();
      feed(decoder, join(frames), sizes, (fedBytes) => {
        assert(decoder.bufferBytes <= Math.max(READ_BUFFER_BYTES, 2 * fedBytes));
      });
      decoder.space();
      if (!isCut) assert(decoder.bufferBytes <= READ_BUFFER_BYTES, "what was large has passed");
    }),
    { numRuns: 40 },
  );
});

Deno.test("a header that announces a megabyte costs nothing until the bytes come", () => {
  const decoder = new FrameDecoder();
  const before = decoder.bufferBytes;
  feed(decoder, new Uint8Array([0, 0x10, 0, 0]));
  assertEquals(decoder.space().length > 0, true);
  assertEquals(decoder.bufferBytes, before);
});

Deno.test("garbage throws nothing but a wire error with a reason", () => {
  const anyText = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.json(),
    fc.constantFrom("[]", "[[]]", "null", "1", '""', '{"type":1}', '{"__proto__":1}', "{"),
  );
  const anyPiece = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    anyText.map((text) => frame(text)),
    anyText.map((text) => new TextEncoder().encode(`{${text}\n`)),
  );
  let rejected = 0;
  fc.assert(
    fc.property(
      fc.array(anyPiece, { maxLength: 6 }),
      anySizes,
      fc.boolean(),
      (pieces, sizes, batch) => {
        try {
          for (const text of feed(new FrameDecoder(), join(pieces), sizes)) {
            for (const message of [parseMessages(text, batch)].flat()) {
              assertEquals(typeof message.type, "string");
            }
          }
        } catch (error) {
          assertInstanceOf(error, WireError);
          assert(error.message.length > 10 && error.message.length < 300);
          rejected++;
        }
      },
    ),
    { numRuns: 300 },
  );
  assert(rejected > 50, `the generator makes garbage (${rejected})`);
});

Deno.test("a frame of the largest size passes in chunks of any kind", () => {
  const body = "x".repeat(FRAME_BYTES - '{"type":"a","body":""}'.length);
  const bytes = encode([{ type: "a", body }], "frames", true);
  assertEquals(bytes.length, FRAME_BYTES + 4);
  for (const sizes of [[], [4_096], [65_536], [1, 100_000]]) {
    const texts = feed(new FrameDecoder(), bytes, sizes);
    assertEquals(texts.map((text) => text.length), [FRAME_BYTES]);
  }
});
