import { assertEquals } from "@std/assert";
import { TextWriter } from "../../../lib/cli/terminal/text_writer.ts";

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
  const writer = new TextWriter({ write: () => Promise.reject(new Deno.errors.BrokenPipe()) });
  writer.write("for nobody");
  await writer.flush();
  assertEquals([writer.isClosed, writer.failure], [true, undefined]);
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

/** A disk that may be full: it has room for so many bytes. */
class Disk {
  text = "";
  room = Infinity;
  write(bytes: Uint8Array): Promise<number> {
    if (this.room === 0) return Promise.reject(new Error("No space left on device"));
    const some = bytes.subarray(0, this.room);
    this.room -= some.length;
    this.text += new TextDecoder().decode(some);
    return Promise.resolve(some.length);
  }
}

Deno.test("a write that fails ends the writing, and is no reader that has gone", async () => {
  const disk = new Disk();
  disk.room = 3;
  const writer = new TextWriter(disk);
  writer.write("one\n");
  writer.write("two\n");
  await Promise.all([writer.flush(), writer.closed]);
  assertEquals(
    [disk.text, writer.isClosed, writer.failure, writer.waitingCharacters],
    ["one", true, "No space left on device", 0],
  );
});

Deno.test("lines of a log that a full disk takes are counted, and later ones tried again", async () => {
  const disk = new Disk();
  const writer = new TextWriter(disk);
  const log = async (line: string, lines = 1) => {
    writer.writeLog(`${line}\n`, lines);
    await writer.flush();
  };
  disk.room = 8;
  for (const line of ["one", "two", "three"]) writer.writeLog(`${line}\n`, 1);
  await log("four");
  assertEquals(writer.takeLost(), { lines: 2, why: "No space left on device" });
  assertEquals(writer.takeLost(), undefined);
  await log("2 lost", 2);
  assertEquals(writer.takeLost(), { lines: 2, why: "No space left on device" });
  disk.room = 7;
  await log("five");
  await log("six");
  disk.room = Infinity;
  await log("seven");
  assertEquals(writer.takeLost()?.lines, 1);
  assertEquals([disk.text, writer.failure, writer.isClosed], [
    "one\ntwo\nfive\nsi\nseven\n",
    undefined,
    false,
  ]);
  assertEquals(writer.waitingCharacters, 0);
});

Deno.test("a sink that has no room at the moment is waited for", async () => {
  let tries = 0;
  const writer = new TextWriter({
    write: (bytes) =>
      tries++ === 0 ? Promise.reject(new Deno.errors.WouldBlock()) : Promise.resolve(bytes.length),
  });
  writer.write("later");
  await writer.flush();
  assertEquals([tries, writer.failure], [2, undefined]);
});
