import { assertEquals } from "@std/assert";
import { TextWriter } from "../../lib/cli/text_writer.ts";

Deno.test("text goes out whole and in order through a sink that takes a few bytes at a time", async () => {
  const taken: number[] = [];
  const writer = new TextWriter({
    write: (bytes) => {
      const some = bytes.subarray(0, 3);
      taken.push(...some);
      return Promise.resolve(some.length);
    },
  });
  writer.write("one, ");
  writer.write("two, ");
  const flushed = writer.flush();
  writer.write("世界");
  await flushed;
  assertEquals(new TextDecoder().decode(new Uint8Array(taken)), "one, two, 世界");
  assertEquals(writer.waitingCharacters, 0);
});

Deno.test("what one turn writes goes out in one write", async () => {
  let writes = 0;
  const writer = new TextWriter({
    write: (bytes) => {
      writes++;
      return Promise.resolve(bytes.length);
    },
  });
  for (let i = 0; i < 100; i++) writer.write("line\n");
  await writer.flush();
  assertEquals(writes, 1);
});

Deno.test("a reader that has gone ends the writing without an error", async () => {
  const writer = new TextWriter({ write: () => Promise.reject(new Error("Broken pipe")) });
  writer.write("for nobody");
  await writer.flush();
  assertEquals(writer.isClosed, true);
  writer.write("still for nobody");
  assertEquals(writer.waitingCharacters, 0);
});

Deno.test("a reader that stopped does not keep a flush with a limit", async () => {
  const writer = new TextWriter({ write: () => new Promise(() => {}) });
  writer.write("waits");
  assertEquals([writer.waitingCharacters, writer.isClosed], [5, false]);
  await writer.flush(1);
  assertEquals([writer.waitingCharacters, writer.isClosed], [0, true]);
});
