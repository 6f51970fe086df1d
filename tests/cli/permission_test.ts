import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Child, PROGRAM, runProcess } from "./child.ts";
import { found, joinThrough } from "./harness.ts";
import { onTerminal, WHY_NOT } from "./terminal.ts";

const [DENO = "", , , MAIN = ""] = PROGRAM;
const ignore = WHY_NOT !== "";
/** What Deno asks a person in. */
const QUESTION = /Allow\?|requests/;

Deno.test({
  name: `on a terminal a missing permission is named, and nobody is asked for it${WHY_NOT}`,
  ignore,
  fn: async () => {
    await using node = await found();
    const at = ["--clusterip", node.address];
    const folder = await Deno.makeTempDir();
    const file = `${folder}/file`;
    const net = `--allow-net=${node.address}`;
    const founding = ["--myport", "0", "--makeMasterOnError"];
    const table: [permissions: string[], typed: string[], flag: string][] = [
      [[], founding, "--allow-net=127.0.0.1:0"],
      [["--allow-net=127.0.0.1:8001"], founding, "--allow-net=127.0.0.1:0"],
      [[], ["members", ...at], net],
      [["--allow-net=127.0.0.1:1"], ["kv", "get", "k", ...at], net],
      [
        ["--allow-net"],
        [...founding, "--data", folder],
        `--allow-read=${folder} --allow-write=${folder}`,
      ],
      [["--allow-net"], ["backup", file, ...at], `--allow-write`],
      [[], ["restore", file, "--data", folder], "--allow-read"],
      [[], ["rehearse", "--nodes", "2", "--svg", file], `--allow-write=${file}`],
      [["--allow-net"], ["lock", "door", ...at, "--", "sh", "-c", "true"], "--allow-run=sh"],
      [["--allow-net"], ["run", "--on-master", ...at, "--", "sh"], "--allow-run=sh"],
    ];
    await Promise.all(table.map(async ([permissions, typed, flag]) => {
      const child = onTerminal(DENO, "run", ...permissions, MAIN, ...typed);
      const { code, out } = await child.ended();
      assertEquals(code, 1, out);
      assertStringIncludes(out, flag);
      assertEquals(QUESTION.test(out), false, out);
    }));
    await Deno.remove(folder, { recursive: true });
  },
});

Deno.test({
  name: `a node that may not dial a member says so, serves on, and leaves at Ctrl-C${WHY_NOT}`,
  ignore,
  fn: async () => {
    await using first = await found({ name: "ada" });
    const permission = `--allow-net=127.0.0.1:0,${first.address}`;
    const join = ["--myport", "0", "--profile", "local", "--clusterip", first.address];
    const narrow = onTerminal(DENO, "run", permission, MAIN, ...join, "--name", "grace");
    const [, address = ""] = await narrow.printed(/^ready grace (\S+)/m);
    await using third = await joinThrough(first, { name: "alan" });
    await narrow.printed(/alan .*joined/);
    // For a call it needs a link of its own.
    const call = await runProcess("call", "alan", "echo", "1", "--json", "--clusterip", address);
    assertMatch(JSON.parse(call.err).message, /not permitted: start with --allow-net=127/);
    await narrow.printed(
      new RegExp(`NOT_PERMITTED.*${third.address}: .*--allow-net=${third.address}`),
    );
    assertEquals((await runProcess("call", "grace", "echo", "1", "--clusterip", address)).code, 0);
    await narrow.type("\x03");
    const { code, out } = await narrow.ended();
    assertEquals([code, QUESTION.test(out)], [0, false], out);
  },
});

Deno.test("a node founds no second cluster beside one that it may not ask", async () => {
  await using first = await found();
  const ways = [["--makeMasterOnError"], ["--expect", "2"], []];
  await Promise.all(ways.map(async (way) => {
    const at = ["--myport", "0", ...way, "--clusterip", first.address];
    const narrow = ["run", "--no-prompt", "--allow-net=127.0.0.1:0", MAIN, ...at];
    const { code, out, err } = await new Child([DENO, ...narrow]).ended();
    assertEquals([code, /^ready/m.test(out)], [1, false], out);
    assertStringIncludes(err, `start with --allow-net=${first.address}`);
  }));
});
