import { assertEquals, assertStringIncludes } from "@std/assert";
import { ALIASES, COMMANDS, nodeCommand } from "../../lib/cli/commands/mod.ts";
import { found, run } from "./harness.ts";

Deno.test("every command answers --help, -h and help NAME with the same text", async () => {
  for (const name of Object.keys(COMMANDS)) {
    const { code, out, err } = await run(["help", name]);
    assertEquals([code, err], [0, ""]);
    assertEquals(await run([name, "--help"]), { code, out, err });
    assertEquals(await run([name, "extra", "-h", "--odd"]), { code, out, err });
    const command = await COMMANDS[name]?.();
    assertEquals(command?.name, name);
    for (const line of out.split("\n")) assertEquals(line.length <= 120, true, line);
    for (const flag of command?.flags ?? []) assertStringIncludes(out, `--${flag.name}`);
    for (const [example] of command?.examples ?? []) assertStringIncludes(out, example);
  }
});

Deno.test("the help of the program lists its commands and the flags of a node", async () => {
  const { code, out } = await run(["--help"]);
  assertEquals(code, 0);
  assertEquals((await run(["-h"])).out, out);
  assertEquals((await run(["help"])).out, out);
  for (const name of Object.keys(COMMANDS)) assertStringIncludes(out, `\n  ${name} `);
  for (const flag of (await nodeCommand()).flags) assertStringIncludes(out, `--${flag.name}`);
  for (const line of out.split("\n")) assertEquals(line.length <= 110, true, line);
});

Deno.test("what people try who are used to other programs does what they mean", async () => {
  for (const [typed, meant] of Object.entries(ALIASES)) {
    const { code, out } = await run([...meant.split(" "), "--help"]);
    assertEquals(code, 0);
    assertEquals(await run([...typed.split(" "), "--help"]), { code, out, err: "" });
    assertEquals(await run(["help", ...typed.split(" ")]), { code, out, err: "" });
    assertStringIncludes(out, `muster ${typed}`);
  }
  await using node = await found({ name: "ada" });
  const at = ["--clusterip", node.address];
  assertEquals((await run(["kv", "set", "a", "1", ...at])).code, 0);
  const listed = await run(["kv", "list", "--json", ...at]);
  assertEquals(await run(["kv", "ls", "-o", "json", "-e", node.address]), listed);
  assertEquals(await run(["-e", node.address, "-o", "json", "kv", "ls"]), listed);
  assertEquals((await run(["kv", "rm", "a", "--endpoints", node.address])).code, 0);
  assertEquals((await run(["kv", "delete", "a", ...at])).code, 0);
  const { members } = JSON.parse((await run(["members", "--json", ...at])).out);
  for (const words of [["member", "list"], ["ls"], ["member"], ["-o", "json", "ls"]]) {
    const { code, out } = await run([...words, "--output=json", ...at]);
    assertEquals([code, JSON.parse(out).members[0].id], [0, members[0].id], words.join(" "));
  }
  const { code, err } = await run(["ls", "-o", "json", "-e", "127.0.0.1:1"]);
  assertEquals([code, JSON.parse(err).code], [3, "NO_CLUSTER"]);
  assertEquals((await run(["version"])).out, (await run(["--version"])).out);
});
