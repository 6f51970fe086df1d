import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { ClusterError } from "../../lib/core/mod.ts";
import { replaceFile, replaceFileBy } from "../../lib/io/mod.ts";
import { inFolder, namesIn } from "../support/in_folder.ts";

const isPosix = Deno.build.os !== "windows";

/** Begins to write a file, and does not come to the end. */
async function fail(path: string): Promise<void> {
  await assertRejects(async () => {
    await using file = await replaceFile(path);
    await file.write("half of it");
    throw new RangeError("it broke");
  }, RangeError);
}

Deno.test("a file is made, and replaced, when it is finished, and not before", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/state`;
    for (const text of ["first", "second"]) {
      await using file = await replaceFile(path);
      await file.write(text.slice(0, 3));
      const there = namesIn(folder).includes("state") ? Deno.readTextFileSync(path) : undefined;
      assertEquals(there, text === "first" ? undefined : "first");
      await file.write(text.slice(3));
      await file.finish();
      assertEquals(Deno.readTextFileSync(path), text);
    }
    assertEquals(namesIn(folder), ["state"]);
  });
});

Deno.test("what is not finished leaves the old file as it was, and nothing beside it", async () => {
  await inFolder(async (folder) => {
    await fail(`${folder}/state`);
    assertEquals(namesIn(folder), []);
    Deno.writeTextFileSync(`${folder}/state`, "old");
    await fail(`${folder}/state`);
    assertEquals([namesIn(folder), Deno.readTextFileSync(`${folder}/state`)], [["state"], "old"]);
  });
});

Deno.test("two that replace one file at once do not write into each other", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/state`;
    await using first = await replaceFile(path);
    await using second = await replaceFile(path);
    await first.write("first");
    await second.write("second");
    await first.finish();
    await second.finish();
    assertEquals([namesIn(folder), Deno.readTextFileSync(path)], [["state"], "second"]);
  });
});

Deno.test({
  name: "a link is followed, also one that leads to what is still to be made",
  ignore: !isPosix,
  async fn() {
    await inFolder(async (folder) => {
      Deno.mkdirSync(`${folder}/far`);
      Deno.symlinkSync("far/state", `${folder}/relative`);
      Deno.symlinkSync(`${folder}/relative`, `${folder}/link`);
      for (const text of ["made", "replaced"]) {
        await replaceFileBy(`${folder}/link`, text);
        assertEquals(Deno.readTextFileSync(`${folder}/far/state`), text);
      }
      assertEquals(Deno.lstatSync(`${folder}/link`).isSymlink, true);
      assertEquals([namesIn(folder), namesIn(`${folder}/far`)], [["far", "link", "relative"], [
        "state",
      ]]);
      Deno.symlinkSync("circle", `${folder}/circle`);
      await assertRejects(() => replaceFile(`${folder}/circle`), ClusterError, "back to itself");
    });
  },
});

Deno.test({
  name: "the new file has the mode of the old one, from the first moment on",
  ignore: !isPosix,
  async fn() {
    await inFolder(async (folder) => {
      const path = `${folder}/secret`;
      Deno.writeTextFileSync(path, "old", { mode: 0o600 });
      await using file = await replaceFile(path);
      const modes = namesIn(folder).map((name) =>
        (Deno.statSync(`${folder}/${name}`).mode ?? 0) & 0o777
      );
      assertEquals(modes, [0o600, 0o600]);
      await file.finish();
      assertEquals((Deno.statSync(path).mode ?? 0) & 0o777, 0o600);
      Deno.chmodSync(path, 0o664);
      await replaceFileBy(path, "new");
      assertEquals((Deno.statSync(path).mode ?? 0) & 0o777, 0o664);
    });
  },
});

Deno.test("a folder, and a path through none, are refused in words, and nothing is made", async () => {
  await inFolder(async (folder) => {
    await assertRejects(() => replaceFile(folder), ClusterError, "it is a folder");
    const { message } = await assertRejects(
      () => replaceFile(`${folder}/none/state`),
      ClusterError,
    );
    assertStringIncludes(message, "there is no such file or folder");
    assertEquals(namesIn(folder), []);
  });
});

Deno.test({
  name: "what is no file is written to, and stays what it is",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await inFolder(async (folder) => {
      const pipe = `${folder}/pipe`;
      await new Deno.Command("mkfifo", { args: [pipe] }).output();
      const reading = Deno.readTextFile(pipe);
      await replaceFileBy(pipe, "through");
      assertEquals(await reading, "through");
      assertEquals([Deno.statSync(pipe).isFifo, namesIn(folder)], [true, ["pipe"]]);
    });
  },
});

Deno.test({
  name: "a full disk is said, and leaves the old file as it was",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using file = await replaceFile("/dev/full");
    const { message } = await assertRejects(() => file.write("more"), ClusterError);
    assertStringIncludes(message, "No space left");
  },
});

const ONLY = Deno.makeTempDirSync();
globalThis.addEventListener("unload", () => Deno.removeSync(ONLY, { recursive: true }));

Deno.test({
  name: "with the permission for the file alone it is written in place, once all of it is there",
  permissions: { read: [`${ONLY}/state`, `${ONLY}/new`], write: [`${ONLY}/state`, `${ONLY}/new`] },
  async fn() {
    for (const name of ["new", "state"]) {
      const path = `${ONLY}/${name}`;
      await replaceFileBy(path, "a longer first one");
      await fail(path);
      assertEquals(Deno.readTextFileSync(path), "a longer first one");
      await replaceFileBy(path, "second");
      assertEquals(Deno.readTextFileSync(path), "second");
    }
  },
});

Deno.test({
  name: "also with the permission to write it alone",
  permissions: { write: [`${ONLY}/written`] },
  async fn() {
    const path = `${ONLY}/written`;
    await replaceFileBy(path, "first");
    await fail(path);
    await replaceFileBy(path, "2nd");
  },
});

Deno.test({
  name: "without a permission nobody is asked, and the error names it",
  permissions: { read: true, write: false },
  async fn() {
    const { code, message } = await assertRejects(
      () => replaceFile("/tmp/some-file"),
      ClusterError,
    );
    assertEquals(code, "NOT_PERMITTED");
    assertStringIncludes(message, "--allow-write=/tmp/some-file");
  },
});
