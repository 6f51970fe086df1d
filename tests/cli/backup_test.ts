import { assertEquals, assertStringIncludes } from "@std/assert";
import { formatAddress } from "../../lib/core/mod.ts";
import { openDataFolder, systemPorts } from "../../lib/io/mod.ts";
import { startNode } from "../../lib/node/mod.ts";
import { welcomeMessage } from "../../lib/transport/handshake.ts";
import { eventually } from "../support/eventually.ts";
import { found, joinThrough, NOBODY, run, startProgram } from "./harness.ts";
import { inFolder } from "../support/in_folder.ts";

/** A node that welcomes whoever comes, and never answers. */
class MuteNode implements Disposable {
  readonly address: string;
  /** Resolves when it was asked something. */
  readonly isAsked: Promise<void>;
  readonly #listener: { close(): void };

  constructor() {
    const asked = Promise.withResolvers<void>();
    this.isAsked = asked.promise;
    const listener = systemPorts().network.listen({ host: "127.0.0.1", port: 0 }, (link) => {
      const self = { id: systemPorts().ids.next(), name: "mute", address: "127.0.0.1:1" };
      link.attach({
        closed: () => {},
        message: ({ type }) => {
          if (type === "hello") {
            link.send(welcomeMessage(1, systemPorts().ids.next(), self, self.id));
          } else asked.resolve();
        },
      });
    });
    this.address = formatAddress(listener.address);
    this.#listener = listener;
  }

  [Symbol.dispose](): void {
    this.#listener.close();
  }
}

Deno.test("a backup through any member, restored into a folder, is the state of a new cluster", async () => {
  await inFolder(async (folder) => {
    const master = await found({ name: "a" });
    const plain = await joinThrough(master, { name: "b" });
    for (let key = 0; key < 300; key++) await master.kv.put(`key/${key}`, "x".repeat(key * 4));
    await eventually("b knows the master", () => plain.master === master.id, [plain]);
    const file = `${folder}/state.backup`;
    const made = await run(["backup", file, "--clusterip", plain.address, "--json"]);
    assertEquals(made.code, 0, made.err);
    await master.kv.put("later", 1);
    const stale = await run(["backup", `${folder}/stale`, "--stale", "--clusterip", plain.address]);
    assertEquals(stale.code, 0, stale.err);
    const oldCluster = master.cluster;
    await plain.leave();
    await master.leave();

    const data = `${folder}/data`;
    const restored = await run(["restore", file, "--data", data]);
    assertEquals(restored.code, 0, restored.err);
    const again = await run(["restore", file, "--data", data, "--json"]);
    assertEquals(again.code, 1);
    assertStringIncludes(again.err, "of a node already");
    const store = await openDataFolder(data);
    const node = await startNode({ ...systemPorts(), store }, {
      port: 0,
      join: [NOBODY],
      profile: "local",
    });
    assertEquals(node.master, node.id);
    assertEquals(node.cluster === oldCluster, false);
    assertEquals((await node.kv.list("", { limit: 1_000 })).entries.length, 300);
    assertEquals((await node.kv.get("key/299"))?.value, "x".repeat(1_196));
    assertEquals(await node.kv.get("later"), undefined);
    await node.kv.put("anew", 1);
    await node.leave();
  });
});

Deno.test("a backup that was cut short or changed is refused, and no folder is made of it", async () => {
  await inFolder(async (folder) => {
    const master = await found();
    await master.kv.put("key", "value");
    const file = `${folder}/state.backup`;
    await run(["backup", file, "--clusterip", master.address]);
    await master.leave();
    const whole = Deno.readTextFileSync(file);
    const lines = whole.trim().split("\n");
    const broken: [text: string, says: string][] = [
      [lines.slice(0, -1).join("\n"), "cut short"],
      [whole.replace('"value"', '"other"'), "not as written"],
      [lines.toSpliced(1, 1).join("\n"), "cut short"],
      [whole.slice(0, -20), "no JSON object"],
      ["", "does not begin as one"],
      [whole.replace('"format":1', '"format":9'), "format is 9"],
    ];
    for (const [text, says] of broken) {
      Deno.writeTextFileSync(file, text);
      const { code, err } = await run(["restore", file, "--data", `${folder}/data`]);
      assertEquals(code, 1, says);
      assertStringIncludes(err, says);
    }
    const gone = await run(["restore", `${file}.old`, "--data", `${folder}/data`]);
    assertEquals(
      [gone.code, gone.err],
      [1, `muster: Cannot use the file ${file}.old: there is no such file or folder`],
    );
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["state.backup"]);
  });
});

Deno.test("a backup that fails leaves the last one as it was, and nothing beside it", async () => {
  await inFolder(async (folder) => {
    const file = `${folder}/state.backup`;
    const missing = await run(["backup", file, "--clusterip", "127.0.0.1:1"]);
    assertEquals([missing.code, [...Deno.readDirSync(folder)]], [3, []]);
    await using node = await found({ name: "a" });
    const at = ["--clusterip", node.address];
    assertEquals((await run(["backup", file, ...at])).code, 0);
    const good = Deno.readTextFileSync(file);
    assertEquals((await run(["backup", file, "--clusterip", "127.0.0.1:1"])).code, 3);
    assertEquals(Deno.readTextFileSync(file), good);
    // A signal in the middle ends it in order.
    using mute = new MuteNode();
    const begun = startProgram(["backup", file, "--clusterip", mute.address, "--timeout", "1m"]);
    await mute.isAsked;
    begun.signal();
    const { code, err } = await begun.done;
    assertEquals([code, err.includes("cancelled")], [1, true], err);
    assertEquals(Deno.readTextFileSync(file), good);
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["state.backup"]);
    await node.kv.put("more", 1);
    assertEquals((await run(["backup", file, ...at])).code, 0);
    assertEquals(Deno.readTextFileSync(file).includes('"more"'), true);
  });
});

Deno.test({
  name: "without the permission for the file nothing is asked for, and the error names it",
  permissions: { net: true, read: true, write: false },
  async fn() {
    const { code, err } = await run(["backup", "/tmp/some-backup", "--clusterip", "127.0.0.1:1"]);
    assertEquals(code, 1);
    assertStringIncludes(err, "--allow-write=/tmp/some-backup");
  },
});
