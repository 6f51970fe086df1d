import { assertEquals, assertStringIncludes } from "@std/assert";
import { Child, PROGRAM, runProcess } from "./child.ts";

const [DENO = "", ...RUN] = PROGRAM;

Deno.test("a join that fails without --clusterip says that its variable is not looked at", async () => {
  const { code, err } = await runProcess("members", "--timeout", "500ms");
  // Where something listens at the usual port there is nothing to say.
  if (code !== 3) return;
  assertStringIncludes(err, "MUSTER_CLUSTERIP is not looked at without --allow-env");
  assertEquals(err.match(/MUSTER_/g)?.length, 1);
});

Deno.test("a port that is in use, and a flag that is missing, say so too", async () => {
  const missing = await runProcess("--force-new-cluster");
  assertEquals(missing.code, 2);
  assertStringIncludes(missing.err, "MUSTER_DATA is not looked at without --allow-env");
  const open = await runProcess("--host", "0.0.0.0", "--myport", "0");
  assertEquals(open.code, 1);
  assertStringIncludes(open.err, "MUSTER_INSECURE is not looked at without --allow-env");
});

Deno.test("nothing is said of a variable whose flag was given, or that may be read", async () => {
  const given = await runProcess("members", "--clusterip", "127.0.0.1:1");
  assertEquals([given.code, given.err.includes("MUSTER_")], [3, false]);
  const [main = "", ...flags] = RUN.toReversed();
  const readable = [DENO, ...flags.toReversed(), "--allow-env", main];
  const { code, err } = await new Child([...readable, "--force-new-cluster"]).ended();
  assertEquals([code, err.includes("MUSTER_")], [2, false]);
});
