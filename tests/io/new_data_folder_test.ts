import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { ClusterError, type Store } from "../../lib/core/mod.ts";
import { makeDataFolder, openDataFolder } from "../../lib/io/mod.ts";
import { inFolder, namesIn } from "../support/in_folder.ts";

const IDENTITY = { id: "a", cluster: "b" };
const fill = (store: Store) => store.saveIdentity(IDENTITY);

Deno.test("a folder is made with what was put into it, and opens as one of a node", async () => {
  await inFolder(async (folder) => {
    Deno.mkdirSync(`${folder}/empty`);
    for (const data of [`${folder}/new/er/data`, `${folder}/empty`, `${folder}/slash/`]) {
      await makeDataFolder(data, fill);
      assert(!namesIn(data).some((name) => name.startsWith(".")), namesIn(data).join());
      const store = await openDataFolder(data);
      assertEquals(store.identity(), IDENTITY);
      store.close();
    }
  });
});

Deno.test("what fails half way leaves nothing: no folder that was not there, and nothing in one that was", async () => {
  await inFolder(async (folder) => {
    const failing = (store: Store) => {
      fill(store);
      throw new ClusterError("BAD_MESSAGE", "the rest is missing");
    };
    Deno.mkdirSync(`${folder}/empty`);
    for (const data of [`${folder}/new/er/data`, `${folder}/empty`]) {
      await assertRejects(() => makeDataFolder(data, failing), ClusterError, "the rest is missing");
    }
    assertEquals([namesIn(folder), namesIn(`${folder}/empty`)], [["empty"], []]);
  });
});

Deno.test("a folder in which there is something is refused, and stays as it was", async () => {
  await inFolder(async (folder) => {
    const used = {
      database: ["muster.db", "of a node already"],
      log: ["muster.db-wal", "of a node already"],
      record: ["muster.record", "of a node already"],
      other: ["notes.txt", "there is notes.txt in it"],
    };
    for (const [data, [name, says]] of Object.entries(used)) {
      Deno.mkdirSync(`${folder}/${data}`);
      Deno.writeTextFileSync(`${folder}/${data}/${name}`, "something");
      const { code } = await assertRejects(
        () => makeDataFolder(`${folder}/${data}`, fill),
        ClusterError,
        says,
      );
      assertEquals([code, namesIn(`${folder}/${data}`)], ["BAD_REQUEST", [name]]);
    }
    Deno.writeTextFileSync(`${folder}/file`, "something");
    await assertRejects(() => makeDataFolder(`${folder}/file`, fill), ClusterError, "Cannot make");
    assertEquals(Deno.readTextFileSync(`${folder}/file`), "something");
  });
});

Deno.test("what an attempt left that was killed half way is no empty folder to a node, and restored anew", async () => {
  await inFolder(async (folder) => {
    const data = `${folder}/data`;
    const killed = await openDataFolder(`${data}/.unfinished-1`);
    fill(killed);
    killed.close();
    // Whoever began to restore does not want a new cluster there.
    const { code, message } = await assertRejects(() => openDataFolder(data), ClusterError);
    assertEquals(code, "STORE_FAILED");
    assertStringIncludes(message, ".unfinished-1");
    assertEquals(namesIn(data), [".unfinished-1"]);
    Deno.mkdirSync(`${data}/lost+found`);
    await makeDataFolder(data, fill);
    assertEquals(namesIn(data), ["lost+found", "muster.db", "muster.record"]);
  });
});
