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

Deno.test("last words go out instead of all that waits, once, and what comes after them as ever", () => {
  const encoder = new FrameEncoder();
  encoder.batch = true;
  add(encoder, 3);
  encoder.take();
  add(encoder, 2);
  const words = new TextEncoder().encode("good-bye");
  encoder.end(words);
  assertEquals(encoder.waiting, words.length);
  assertEquals(takeAll(encoder), [words]);
  assertEquals(encoder.waiting, 0);
  add(encoder, 2);
  assertEquals(shape(encoder), [2]);
  assertEquals(encoder.waiting, 0);
});

Deno.test("what waits is counted to the last character, whatever was taken of it", () => {
  const encoder = new FrameEncoder();
  const characters = JSON.stringify({ type: "a", number: 0, body: "" }).length;
  add(encoder, 5);
  assertEquals(encoder.waiting, 5 * characters);
  encoder.take();
  assertEquals(encoder.waiting, 0);
  // Each is more than half of the largest chunk: a chunk takes one.
  add(encoder, 3, "x".repeat(WRITE_CHUNK_BYTES / 2));
  const each = characters + WRITE_CHUNK_BYTES / 2;
  for (const left of [2, 1, 0]) {
    assert((encoder.take()?.length ?? 0) > WRITE_CHUNK_BYTES / 2);
    assertEquals(encoder.waiting, left * each);
  }
  assertEquals(encoder.take(), undefined);
});

Deno.test("messages of before a batch go alone also when some of them were taken already", () => {
  const encoder = new FrameEncoder();
  add(encoder, 4, "x".repeat(WRITE_CHUNK_BYTES / 2));
  encoder.take();
  encoder.batch = true;
  add(encoder, 2);
  assertEquals(shape(encoder), [1, 1, 1, 2]);
});

Deno.test("a buffer is the first size that holds twice what waits, and a giant's is not kept", () => {
  const table: [waiting: number, bufferBytes: number][] = [
    [2_048, 4_096],
    [2_049, 65_536],
    [32_768, 65_536],
    [32_769, WRITE_CHUNK_BYTES],
    [WRITE_CHUNK_BYTES - 4, WRITE_CHUNK_BYTES],
  ];
  const frameOf = (characters: number) => ({
    type: "a",
    body: "x".repeat(characters - '{"type":"a","body":""}'.length),
  });
  for (const [waiting, bufferBytes] of table) {
    const encoder = new FrameEncoder();
    encoder.add(frameOf(waiting));
    assertEquals(encoder.waiting, waiting);
    assertEquals(encoder.take()?.length, 4 + waiting);
    assertEquals(encoder.bufferBytes, bufferBytes, `${waiting}`);
  }
  const encoder = new FrameEncoder();
  encoder.add(frameOf(100_000));
  encoder.take();
  encoder.add(frameOf(100));
  encoder.take();
  assertEquals(encoder.bufferBytes, WRITE_CHUNK_BYTES, "bulk has earned it");
  encoder.add(frameOf(WRITE_CHUNK_BYTES));
  assertEquals(encoder.take()?.length, 4 + WRITE_CHUNK_BYTES);
  assertEquals(encoder.bufferBytes, 4 + 3 * WRITE_CHUNK_BYTES);
  encoder.add(frameOf(100));
  encoder.take();
  assertEquals(encoder.bufferBytes, 4_096);
});

Deno.test("the four bytes of a length are all written", () => {
  for (const characters of [0x7f, 0x80, 0x1ff, 0x1_0203, 0x0f_ffff]) {
    const encoder = new FrameEncoder();
    const body = "x".repeat(characters - '{"type":"a","body":""}'.length);
    encoder.add({ type: "a", body });
    const head = [...encoder.take()?.subarray(0, 4) ?? []];
    assertEquals(head, [0, characters >> 16, (characters >> 8) & 255, characters & 255]);
  }
});

Deno.test("a frame is as large as its limit, and a byte more is refused, in letters of any width", () => {
  const fixed = '{"type":"a","body":""}'.length;
  for (const [letter, bytes] of [["x", 1], ["é", 2], ["€", 3]] as const) {
    const encoder = new FrameEncoder(fixed + 12);
    encoder.add({ type: "a", body: letter.repeat(12 / bytes) });
    assertEquals(join(takeAll(encoder)).length, 4 + fixed + 12);
    assertThrows(() => encoder.add({ type: "a", body: `${letter.repeat(12 / bytes)}x` }));
    assertEquals(encoder.waiting, 0);
  }
});

Deno.test("a hello ends as a request of other servers does, and nothing else does", () => {
  const encoder = new FrameEncoder();
  encoder.add({ type: "hello" });
  encoder.add({ type: "bye" });
  const texts = feed(new FrameDecoder(), join(takeAll(encoder)));
  assertEquals(texts, ['{"type":"hello"}\r\n\r\n', '{"type":"bye"}']);
});
