import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { CommandContext } from "../../lib/cli/context.ts";
import { runProgram } from "../../lib/cli/program.ts";
import { replaceFile } from "../../lib/io/mod.ts";

async function run(...args: string[]): Promise<{ code: number; out: string[]; err: string }> {
  const out: string[] = [];
  const err: string[] = [];
  const context = {
    output: {
      out: (line: string) => void out.push(line),
      err: (line: string) => void err.push(line),
      isTerminal: false,
      flush: () => Promise.resolve(),
    },
    environment: () => undefined,
    replaceFile,
  } as unknown as CommandContext;
  const code = await runProgram(["rehearse", ...args], context);
  return { code, out, err: err.join("\n") };
}

Deno.test("rehearse prints what was done, what was believed, and what came of it", async () => {
  const { code, out } = await run("--kill", "3@10s", "--for", "20s");
  assertEquals(code, 0);
  assertEquals(out[0], "   10.000 s  member 3 is killed");
  const text = out.join("\n");
  assertStringIncludes(text, "member 3 is dead to");
  assertStringIncludes(text, "member 3, ended at 10.000 s: suspected after");
  assertStringIncludes(text, "0 wrong suspicions, 0 wrong verdicts");
  assertStringIncludes(text, "in the end all that run see all that run alive");
});

Deno.test("rehearse --json is one document, and the same for the same seed", async () => {
  const args = ["--json", "--loss", "5%", "--partition", "1,2/3,4,5@5s+10s", "--for", "30s"];
  const [first, again] = [await run(...args), await run(...args)];
  assertEquals(again.out, first.out);
  assertEquals(first.out.length, 1);
  const document = JSON.parse(first.out[0] as string);
  assertEquals([document.nodes, document.loss, document.summary.isWhole], [5, 0.05, true]);
  assert(document.beliefs.length > 0);
  assertEquals(document.marks.length, 2);
});

Deno.test("what makes no sense to rehearse is refused, saying what to write", async () => {
  for (
    const [args, message] of [
      [["--nodes", "1"], "a whole number from 2 to 1000"],
      [["--kill", "9@1s"], "There is no member 9 to kill: --nodes is 5"],
      [["--kill", "3"], "write N@T or N@T+D"],
      [["--kill", "0@1s"], "numbered from 1"],
      [["--kill", "3@90s"], "after the end"],
      [["--kill", "3@5"], "give it a unit"],
      [["--stop", "2@5s"], "say for how long"],
      [["--loss", "5"], "like 5%"],
      [["--partition", "1,2@3s+3s"], "with / between"],
      [["--partition", "1,2/2,3@3s+3s"], "one part only"],
      [["--cut", "1/1@3s+3s"], "two members"],
      [["--join", "7@3s", "--kill", "7@2s"], "no member 7 to kill"],
      [["--for", "2h"], "at most 60 minutes"],
      [["--profile", "lann"], "one of lan, wan, local"],
    ] as const
  ) {
    const { code, err } = await run(...args);
    assertEquals(code, 2, args.join(" "));
    assertStringIncludes(err, message);
  }
});

Deno.test({
  name: "rehearse --svg without the permission to write asks for exactly that",
  permissions: { read: true, net: false, write: false },
  async fn() {
    const { code, err } = await run("--svg", "/tmp/rehearsal-plot.svg");
    assertEquals(code, 1);
    assertStringIncludes(err, "--allow-write=/tmp/rehearsal-plot.svg");
  },
});

Deno.test("rehearse --svg writes the plot", async () => {
  const file = await Deno.makeTempFile({ suffix: ".svg" });
  try {
    const { code } = await run("--kill", "2@1s", "--join", "6@3s", "--for", "5s", "--svg", file);
    assertEquals(code, 0);
    const text = await Deno.readTextFile(file);
    assert(text.startsWith("<svg ") && text.includes("member 6"));
  } finally {
    await Deno.remove(file);
  }
});
