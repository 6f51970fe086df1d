import { assertEquals } from "@std/assert";
import { findWalDamage } from "../../lib/io/wal_damage.ts";

const PAGE_BYTES = 512;
const FRAME_BYTES = 24 + PAGE_BYTES;
const SALTS = [0x70000007, 0x90000009];
const HEADER = "the header of its write-ahead log is not as written";
const DURABLE = "a durable part of its write-ahead log is not as written";

/** A log of frames, of which those that end a transaction are named by `commits`. */
function logOf(isLittle: boolean, commits: readonly boolean[]): Uint8Array {
  const wal = new Uint8Array(32 + commits.length * FRAME_BYTES);
  const view = new DataView(wal.buffer);
  const [first, ...rest] = [isLittle ? 0x377f0682 : 0x377f0683, 3_007_000, PAGE_BYTES, 1, ...SALTS];
  [first as number, ...rest].forEach((word, at) => view.setUint32(4 * at, word));
  let sums = [0, 0] as [number, number];
  const add = (from: number, bytes: number) => {
    for (let at = from; at < from + bytes; at += 8) {
      const one = (sums[0] + view.getUint32(at, isLittle) + sums[1]) >>> 0;
      sums = [one, (sums[1] + view.getUint32(at + 4, isLittle) + one) >>> 0];
    }
  };
  const write = (at: number) => sums.forEach((sum, each) => view.setUint32(at + 4 * each, sum));
  add(0, 24);
  write(24);
  commits.forEach((isCommit, number) => {
    const at = 32 + number * FRAME_BYTES;
    [number + 1, isCommit ? 5 : 0, ...SALTS].forEach((word, each) =>
      view.setUint32(at + 4 * each, word)
    );
    for (let byte = 0; byte < PAGE_BYTES; byte++) wal[at + 24 + byte] = (byte * 7 + number) % 256;
    add(at, 8);
    add(at + 24, PAGE_BYTES);
    write(at + 16);
  });
  return wal;
}

/** The same with one bit turned in a frame's page. */
function damaged(wal: Uint8Array, frame: number): Uint8Array {
  const copy = wal.slice();
  copy[32 + frame * FRAME_BYTES + 100] = (copy[32 + frame * FRAME_BYTES + 100] ?? 0) ^ 1;
  return copy;
}

for (const isLittle of [true, false]) {
  const order = isLittle ? "little" : "big";
  Deno.test(`damage before a later commit is told from a tail that was cut off, ${order}-endian`, () => {
    const wal = logOf(isLittle, [true, false, true, true]);
    assertEquals(findWalDamage(wal), undefined);
    for (let frame = 0; frame <= 2; frame++) {
      assertEquals(findWalDamage(damaged(wal, frame)), DURABLE, `frame ${frame}`);
    }
    // In the last transaction it looks like one that was cut off.
    assertEquals(findWalDamage(damaged(wal, 3)), undefined);
    const open = logOf(isLittle, [true, true, false]);
    assertEquals([1, 2].map((frame) => findWalDamage(damaged(open, frame))), [DURABLE, undefined]);
    // A transaction goes as far as its commit: the one behind is the last here.
    const last = logOf(isLittle, [true, false, true]);
    assertEquals(findWalDamage(damaged(last, 1)), undefined);
    assertEquals(findWalDamage(damaged(logOf(isLittle, [true, false, true, false]), 1)), DURABLE);
    for (let length = 0; length < wal.length; length += 97) {
      const cut = findWalDamage(wal.slice(0, length));
      assertEquals(cut, undefined, `${length} bytes`);
    }
  });

  Deno.test(`a header that is not as written is told, ${order}-endian`, () => {
    const wal = logOf(isLittle, [true]);
    for (const at of [0, 3, 8, 16, 20, 24, 31]) {
      const copy = wal.slice();
      copy[at] = (copy[at] ?? 0) ^ 4;
      assertEquals(findWalDamage(copy), HEADER, `byte ${at}`);
      assertEquals(findWalDamage(copy.slice(0, 32)), undefined, "a header alone holds nothing");
    }
  });
}

/** The same with another salt in some frames; no checksum covers it. */
function salted(wal: Uint8Array, salt: 0 | 1, ...frames: number[]): Uint8Array {
  const copy = wal.slice();
  const view = new DataView(copy.buffer);
  for (const frame of frames) view.setUint32(32 + frame * FRAME_BYTES + 8 + 4 * salt, 5);
  return copy;
}

Deno.test("frames of an earlier round over the same file are no damage, unless others follow", () => {
  const wal = logOf(true, [true, true, true, true]);
  for (const salt of [0, 1] as const) {
    // What stands behind the first was written in the round before, and rests on other sums.
    const earlier = [1, 2, 3].reduce((each, frame) => damaged(each, frame), wal);
    assertEquals(findWalDamage(salted(earlier, salt, 1, 2, 3)), undefined);
    assertEquals(findWalDamage(salted(wal, salt, 1)), DURABLE);
    assertEquals(findWalDamage(salted(wal, salt, 2)), undefined, "one frame behind it is the last");
  }
});
