import { assertEquals, assertStringIncludes } from "@std/assert";
import type { CommandContext } from "../../lib/cli/context.ts";
import type { ParsedArguments } from "../../lib/cli/flags.ts";
import { unreadFlags, variableHint } from "../../lib/cli/unread_variables.ts";
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

Deno.test("a node that finds no cluster says which variables could have helped, but those of flags that were given", async () => {
  const nobody = ["--myport", "0", "--clusterip", "127.0.0.1:1"];
  const alone = await runProcess(...nobody);
  assertEquals(alone.code, 3);
  assertStringIncludes(
    alone.err,
    "MUSTER_MAKE_MASTER_ON_ERROR is not looked at without --allow-env",
  );
  assertEquals(alone.err.match(/MUSTER_/g)?.length, 1);
});

Deno.test("a folder that may not be used is no matter of a variable; a restore without one is", async () => {
  const barred = await runProcess("--myport", "0", "--data", "/nowhere", "--makeMasterOnError");
  assertEquals([barred.code, barred.err.includes("MUSTER_")], [1, false]);
  const restore = await runProcess("restore", "state.backup");
  assertEquals(restore.code, 2);
  assertStringIncludes(restore.err, "MUSTER_DATA is not looked at without --allow-env");
});

Deno.test("a hint names the variables of flags that were not given", () => {
  const text = (name: string) => name === "timeout" ? "1s" : undefined;
  const isOn = (name: string) => name === "makeMasterOnError";
  const given = { text, isOn } as unknown as ParsedArguments;
  const context = { mayReadVariable: () => false } as unknown as CommandContext;
  const flags = ["clusterip", "timeout", "makeMasterOnError", "data"];
  const unread = unreadFlags(context, flags, given);
  assertEquals(unread, ["clusterip", "data"]);
  assertEquals(
    variableHint(unread),
    "; MUSTER_CLUSTERIP and MUSTER_DATA are not looked at without --allow-env",
  );
  assertEquals(variableHint([]), "");
});
