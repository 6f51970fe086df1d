import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { runProcess } from "../cli/child.ts";
import { FolderNode, FOUND } from "../support/folder_node.ts";

const KEYS = 5;

/** What happens to a folder whose node was killed, and what its node says of it then. */
const LOSSES: readonly [what: string, lose: (folder: string) => void, says: RegExp][] = [
  [
    "its log is removed",
    (folder) => Deno.removeSync(`${folder}/muster.db-wal`),
    /does not say any more/,
  ],
  [
    "its log is emptied",
    (folder) => Deno.truncateSync(`${folder}/muster.db-wal`),
    /does not say any more/,
  ],
  ["its log is cut in half", (folder) => halve(`${folder}/muster.db-wal`), /its log|vote/],
  [
    "its database is removed",
    (folder) => Deno.removeSync(`${folder}/muster.db`),
    /muster.db is missing/,
  ],
  [
    "its database is emptied",
    (folder) => Deno.truncateSync(`${folder}/muster.db`),
    /0 bytes are left/,
  ],
  [
    "one byte is left",
    (folder) => Deno.truncateSync(`${folder}/muster.db`, 1),
    /1 byte is left/,
  ],
  ["its record is cut", (folder) => Deno.truncateSync(`${folder}/muster.record`, 9), /record/],
];

function halve(path: string): void {
  Deno.truncateSync(path, Math.floor(Deno.statSync(path).size / 2));
}

/** The names and contents of all files of a folder, as one text. */
async function contentsOf(folder: string): Promise<string> {
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
  const hashes = names.map(async (name) => {
    const hash = await crypto.subtle.digest("SHA-256", Deno.readFileSync(`${folder}/${name}`));
    return `${name} ${new Uint8Array(hash).toHex()}`;
  });
  return (await Promise.all(hashes)).join();
}

Deno.test("a killed node whose folder lost something founds no cluster over it, and changes nothing", async () => {
  const node = new FolderNode("only");
  await node.start(...FOUND);
  for (let key = 0; key < KEYS; key++) await node.put(`key ${key}`, "kept");
  await node.stop("SIGKILL");
  const whole = node.copy();
  for (const [what, lose, says] of LOSSES) {
    node.putBack(whole);
    lose(node.folder);
    const before = await contentsOf(node.folder);
    for (
      const flags of [FOUND, ["--clusterip", "127.0.0.1:1"], [...FOUND, "--force-new-cluster"]]
    ) {
      const { code, out, err } = await node.begin(flags).ended();
      assertEquals(code, 1, `${what}: ${out}${err}`);
      assert(says.test(err), `${what}: ${err}`);
      assertStringIncludes(err, node.folder);
      assert(!out.includes("ready"), out);
    }
    assertEquals(await contentsOf(node.folder), before, what);
  }
  node.putBack(whole);
  await node.start(...FOUND);
  const { out } = await runProcess("kv", "list", "--clusterip", node.address);
  assertEquals(out.match(/kept/g)?.length, KEYS, out);
  await node.stop("SIGKILL");
  for (const folder of [whole, node.folder]) Deno.removeSync(folder, { recursive: true });
});
