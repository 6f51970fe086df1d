import { assertEquals } from "@std/assert";

const TOP = new URL("../../", import.meta.url);

/**
 * A compiler that writes what it is told and ends as it is told, in the place of `deno compile`.
 */
async function compiler(folder: string, content: string, code: number): Promise<string> {
  const path = `${folder}/compiler`;
  const script = `#!/bin/sh
while [ "$1" != --output ]; do shift; done
printf '${content}' > "$2"
exit ${code}
`;
  await Deno.writeTextFile(path, script, { mode: 0o755 });
  return path;
}

async function compile(output: string, deno: string): Promise<number> {
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", "scripts/compile.ts", "--output", output],
    cwd: TOP,
    env: { COMPILE_DENO: deno },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).output();
  return code;
}

Deno.test({
  name: "a compile that fails leaves the last binary and its checksum as they were",
  ignore: Deno.build.os === "windows",
  async fn() {
    const folder = await Deno.makeTempDir();
    const output = `${folder}/dist`;
    const binary = `muster-${Deno.build.target}`;
    const read = (name: string) => Deno.readTextFileSync(`${output}/${name}`);
    try {
      assertEquals(await compile(output, await compiler(folder, "first", 0)), 0);
      const sums = read("SHA256SUMS");
      assertEquals([read(binary), sums.slice(64)], ["first", `  ${binary}\n`]);
      for (const [deno, code] of [["half", 1], ["", 1]] as const) {
        assertEquals(await compile(output, await compiler(folder, deno, code)), 1);
        assertEquals([read(binary), read("SHA256SUMS")], ["first", sums]);
      }
      assertEquals(await compile(output, "/no/such/deno"), 1);
      assertEquals([read(binary), read("SHA256SUMS")], ["first", sums]);
      assertEquals(await compile(output, await compiler(folder, "second", 0)), 0);
      assertEquals(read(binary), "second");
      const names = [...Deno.readDirSync(output)].map(({ name }) => name).sort();
      assertEquals(names, ["SHA256SUMS", binary]);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
