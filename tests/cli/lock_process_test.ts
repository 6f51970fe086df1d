import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Child, PROGRAM, runProcess } from "./child.ts";
import { found } from "./harness.ts";

const [DENO = "", , , MAIN = ""] = PROGRAM;

Deno.test("lock and run name the one permission that they lack, and ask for nothing", async () => {
  await using node = await found();
  const at = ["--clusterip", node.address];
  for (const args of [["lock", "door", ...at], ["run", "--on-master", ...at]]) {
    const { code, err } = await runProcess(...args, "--json", "--", "sh", "-c", "true");
    const error = JSON.parse(err);
    assertEquals([code, error.code], [1, "NOT_PERMITTED"]);
    assertStringIncludes(error.message, "--allow-run=sh");
  }
});

Deno.test("a process with that permission shares its output and its signals with the program", async () => {
  await using node = await found();
  const script = `trap 'echo ended; exit 9' TERM; echo token $MUSTER_LOCK_TOKEN; ` +
    "for i in $(seq 500); do sleep 0.02; done";
  const child = new Child([
    DENO,
    "run",
    "--allow-net",
    "--allow-run=sh",
    MAIN,
    "lock",
    "door",
    "--clusterip",
    node.address,
    "--",
    "sh",
    "-c",
    script,
  ]);
  await child.printed(/^token \d+$/m);
  child.signal("SIGTERM");
  const { code, out } = await child.ended();
  assertEquals(code, 9);
  assertMatch(out, /^token \d+\nended\n$/);
  assertEquals((await node.kv.list("$lock/")).entries, []);
});
