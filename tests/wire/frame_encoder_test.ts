import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  BATCH_BYTES,
  BATCH_MESSAGES,
  ClusterError,
  type Message,
  WRITE_CHUNK_BYTES,
} from "../../lib/core/mod.ts";
import { FrameDecoder, FrameEncoder } from "../../lib/wire/mod.ts";
import { feed, join, takeAll } from "./feed.ts";

/** How many messages each frame holds. */
function shape(encoder: FrameEncoder): number[] {
  return feed(new FrameDecoder(), join(takeAll(encoder))).map((text) =>
    text.startsWith("[") ? (JSON.parse(text) as unknown[]).length : 1
  );
}

function add(encoder: FrameEncoder, count: number, body = ""): void {
  for (let number = 0; number < count; number++) encoder.add({ type: "a", number, body });
}

Deno.test("a frame is its length in four bytes, the highest first, and its JSON", () => {
  const encoder = new FrameEncoder();
  encoder.add({ type: "ping" });
  assertEquals([...join(takeAll(encoder))], [
    ...[0, 0, 0, 15],
    ...new TextEncoder().encode('{"type":"ping"}'),
  ]);
});

Deno.test("nothing queued is nothing written, in every mode", () => {
  const encoder = new FrameEncoder();
  assertEquals(takeAll(encoder), []);
  encoder.batch = true;
  assertEquals(takeAll(encoder), []);
  encoder.mode = "lines";
  assertEquals(takeAll(encoder), []);
});

Deno.test("a turn's messages share few chunks", () => {
  const encoder = new FrameEncoder();
  add(encoder, 400, "x".repeat(100));
  assertEquals(takeAll(encoder).length, 1);
  add(encoder, 5_000, "x".repeat(100));
  const chunks = takeAll(encoder);
  assert(chunks.length <= 12);
  assert(chunks.every((chunk) => chunk.length <= WRITE_CHUNK_BYTES));
});

Deno.test("an array holds what fits its two bounds", () => {
  const encoder = new FrameEncoder();
  encoder.batch = true;
  const table: [count: number, bodyCharacters: number, shape: number[]][] = [
    [1, 10, [1]],
    [2, 10, [2]],
    [BATCH_MESSAGES, 10, [BATCH_MESSAGES]],
    [BATCH_MESSAGES + 1, 10, [BATCH_MESSAGES, 1]],
    [3, BATCH_BYTES, [1, 1, 1]],
    [3, BATCH_BYTES / 2 - 100, [2, 1]],
  ];
  for (const [count, characters, expected] of table) {
    add(encoder, count, "x".repeat(characters));
    assertEquals(shape(encoder), expected);
  }
});

Deno.test("what was queued before both sides said batch goes alone", () => {
  const encoder = new FrameEncoder();
  add(encoder, 2);
  encoder.batch = true;
  add(encoder, 3);
  assertEquals(shape(encoder), [1, 1, 3]);
  add(encoder, 3);
  assertEquals(shape(encoder), [3]);
});

Deno.test("a message over the limit is refused with its size, and nothing of it is queued", () => {
  const encoder = new FrameEncoder(60);
  encoder.add({ type: "a", body: "é".repeat(17) });
  const error = assertThrows(
    () => encoder.add({ type: "a", body: "€".repeat(17) }),
    ClusterError,
    'A "a" message of 73 bytes is over the limit of 60 bytes',
  );
  assertEquals(error.toJSON().code, "TOO_LARGE");
  assertEquals(error.details, { bytes: 73, limit: 60 });
  assertEquals(shape(encoder), [1]);
  assertEquals(encoder.waiting, 0);
});

Deno.test("the buffer that a large message needed can be given back, and the next needs none of it", () => {
  const encoder = new FrameEncoder();
  encoder.add({ type: "a", body: "x".repeat(1_000_000) });
  assertEquals(encoder.take()?.length, 4 + 1_000_022);
  assertEquals(encoder.bufferBytes > 1_000_000, true);
  encoder.release();
  assertEquals(encoder.bufferBytes, 0);
  encoder.add({ type: "a" });
  assertEquals(encoder.take()?.length, 4 + 12);
  assertEquals(encoder.bufferBytes < 10_000, true);
});

Deno.test("what JSON cannot carry leaves nothing behind", () => {
  const encoder = new FrameEncoder();
  const circular: Message = { type: "a" };
  circular["self"] = circular;
  assertThrows(() => encoder.add(circular), TypeError);
  assertThrows(() => encoder.add({ type: "a", body: 1n }), TypeError);
  assertEquals(takeAll(encoder), []);
});

Deno.test("characters of every width are counted and written in full", () => {
  const encoder = new FrameEncoder();
  const bodies = ["a", "é", "€", "🎻", "\ud800", "\u0000", "\n"];
  for (const body of bodies) encoder.add({ type: "a", body });
  assert(encoder.waiting > 0);
  const texts = feed(new FrameDecoder(), join(takeAll(encoder)), [1]);
  assertEquals(texts.map((text) => JSON.parse(text).body), bodies);
  assertEquals(encoder.waiting, 0);
});
