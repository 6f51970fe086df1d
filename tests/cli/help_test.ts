import { assertEquals, assertStringIncludes } from "@std/assert";
import { COMMANDS, nodeCommand } from "../../lib/cli/commands/mod.ts";
import { run } from "./harness.ts";

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
