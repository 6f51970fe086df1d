import { assert, assertEquals } from "@std/assert";

const TREE = new URL("../../", import.meta.url);

/** Runs Deno to its end, without colours. */
async function deno(args: readonly string[], cwd: string | URL) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd,
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1", NO_PROMPT: "1" },
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  return { code, out: text.decode(stdout), err: text.decode(stderr) };
}

/** A folder of another project, which knows nothing of this tree's settings. */
async function otherProject(files: Record<string, string>): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "muster-project-" });
  await Deno.writeTextFile(`${folder}/deno.json`, "{}");
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(`${folder}/${name}`, text);
  }
  return folder;
}

Deno.test("another project imports it by path, with Deno's own compiler options and no map", async () => {
  const door = new URL("lib/mod.ts", TREE).href;
  const project = await otherProject({
    "main.ts": `
      import { type ClusterClient, connect, join } from "${door}";
      await using node = await join({ port: 0, clusterip: [], makeMasterOnError: true });
      node.handle("greet", (body) => \`Hello \${(body as { name: string }).name}\`);
      await using cluster: ClusterClient = await connect({ clusterip: [node.address] });
      console.log(await cluster.call("greet", { name: "Ada" }));
    `,
  });
  try {
    const commands = new URL("lib/cli/commands/mod.ts", TREE).href;
    const checked = await deno(
      ["check", "main.ts", door, new URL("main.ts", TREE).href, commands],
      project,
    );
    assertEquals([checked.code, checked.err.replaceAll(/^Check .*\n/gm, "")], [0, ""]);
    const ran = await deno(["run", "--no-prompt", "--allow-net", "main.ts"], project);
    assertEquals([ran.code, ran.out], [0, "Hello Ada\n"], ran.err);
  } finally {
    await Deno.remove(project, { recursive: true });
  }
});

Deno.test("the program is installed by path, and runs from anywhere", async () => {
  const project = await otherProject({});
  try {
    const main = new URL("main.ts", TREE).href;
    const args = [
      "install",
      "--global",
      "--allow-net",
      "--name",
      "muster",
      "--root",
      project,
      main,
    ];
    const installed = await deno(args, project);
    assertEquals(installed.code, 0, installed.err);
    const name = Deno.build.os === "windows" ? "muster.cmd" : "muster";
    const { code, stdout } = await new Deno.Command(`${project}/bin/${name}`, {
      args: ["--version"],
      cwd: "/",
      env: {
        PATH: `${new URL("./", `file://${Deno.execPath()}`).pathname}:${Deno.env.get("PATH")}`,
      },
    }).output();
    const { version } = JSON.parse(await Deno.readTextFile(new URL("deno.json", TREE)));
    assertEquals([code, new TextDecoder().decode(stdout)], [0, `muster ${version}\n`]);
  } finally {
    await Deno.remove(project, { recursive: true });
  }
});

Deno.test("what would be published is the program, and nothing of how it is tested or built", async () => {
  const { code, err } = await deno(["publish", "--dry-run", "--allow-dirty"], TREE);
  assertEquals(code, 0, err);
  const files = [...err.matchAll(/^ +(file:\S+) \(/gm)]
    .map(([, url = ""]) => url.slice(TREE.href.length));
  for (const file of ["lib/mod.ts", "main.ts", "README.md", "LICENSE", "lib/wire/PROTOCOL.md"]) {
    assert(files.includes(file), `${file} is missing`);
  }
  const isNeeded =
    /^(?:LICENSE|README\.md|deno\.json|main\.ts|lib\/.+\.ts|lib\/wire\/PROTOCOL\.md)$/;
  assertEquals(files.filter((file) => !isNeeded.test(file)), []);
  assertEquals(files.filter((file) => /_test\.|lib\/std\/(?:assert|streams)/.test(file)), []);
  const { exports } = JSON.parse(await Deno.readTextFile(new URL("deno.json", TREE)));
  assertEquals(exports, { ".": "./lib/mod.ts", "./cli": "./main.ts" });
});

Deno.test("deno test -P runs tests, and deno test alone says that it wants -P", async () => {
  const some = "tests/core/utf8_bytes_test.ts";
  const granted = await deno(["test", "-P", "--no-check", some], TREE);
  assertEquals(granted.code, 0, granted.err);
  assert(/ok \| \d+ passed/.test(granted.out), granted.out);
  const bare = await deno(["test", "--no-check", some], TREE);
  assert(bare.code !== 0 && bare.err.includes("-P"), bare.err);
});
