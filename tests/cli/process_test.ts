import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Child, PROGRAM, runProcess } from "./child.ts";
import { onTerminal, WHY_NOT } from "./terminal.ts";

const ALONE = ["--myport", "0", "--clusterip", "127.0.0.1:1", "--makeMasterOnError"];

Deno.test("with the network alone: found, join, call, and leave at SIGTERM", async () => {
  const first = new Child([...PROGRAM, ...ALONE, "--name", "ada"]);
  const [, address = ""] = await first.printed(/^ready ada (\S+) master of 1/m);
  const second = new Child([...PROGRAM, "-myport", "0", "-clusterip", address, "-name", "grace"]);
  const [, other = ""] = await second.printed(/^ready grace (\S+) member of 2/m);
  const views = await Promise.all(
    [address, other].map((each) => runProcess("members", "--json", "--clusterip", each)),
  );
  for (const { code, out, err } of views) {
    assertEquals([code, err], [0, ""]);
    const { master, members } = JSON.parse(out);
    assertEquals(members.map(({ name }: { name: string }) => name), ["ada", "grace"]);
    assertEquals(master, members[0].id);
  }
  const call = await runProcess(
    "call",
    "grace",
    "echo",
    '{"a":1}',
    "--json",
    "--clusterip",
    address,
  );
  assertEquals(call, { code: 0, out: '{"a":1}\n', err: "" });
  second.signal("SIGTERM");
  const { code, out, err } = await second.ended();
  assertEquals([code, err], [0, ""]);
  assertStringIncludes(out, "stopped: got SIGTERM");
  await first.printed(/grace left/);
  first.signal("SIGINT");
  assertEquals((await first.ended()).code, 0);
});

Deno.test("without a cluster a node exits with 3 within 3 s", async () => {
  const startedAt = performance.now();
  const { code, err } = await runProcess("--myport", "0", "--clusterip", "127.0.0.1:1");
  assertEquals([code, performance.now() - startedAt < 3_000], [3, true]);
  assertMatch(
    err,
    /^muster: No cluster answered at 127\.0\.0\.1:1 \(.*--makeMasterOnError; MUSTER_MAKE_MASTER_ON_ERROR is not looked at .*\n$/,
  );
});

Deno.test("a watch ends in order when its reader has gone, a node goes on", async () => {
  const piped = (...args: string[]) =>
    new Child(["sh", "-c", '"$@" | head -n 1', "sh", ...PROGRAM, ...args]);
  const node = new Child([...PROGRAM, ...ALONE]);
  const [, address = ""] = await node.printed(/^ready \S+ (\S+)/m);
  const watch = piped("members", "--watch", "--clusterip", address);
  await watch.printed(/alive/);
  const join = ["--myport", "0", "--clusterip", address];
  // Its first line is the attempt to join: the ready line meets a closed pipe.
  const unread = piped(...join, "--name", "grace");
  await node.printed(/grace .*joined/);
  const { code, err, out } = await watch.ended();
  assertEquals([code, err, out.split("\n").length], [0, "", 2]);
  assertEquals((await runProcess("call", "grace", "echo", "1", "--clusterip", address)).code, 0);
  assertEquals((await runProcess("remove", "grace", "--clusterip", address)).code, 0);
  assertMatch((await unread.ended()).err, /^muster: .*removed/);
  node.signal("SIGINT");
  assertEquals((await node.ended()).code, 0);
});

Deno.test({
  name: `on a terminal nothing asks for a permission, colours come, and Ctrl-C leaves${WHY_NOT}`,
  ignore: WHY_NOT !== "",
  fn: async () => {
    const node = onTerminal(...PROGRAM, ...ALONE, "--name", "ada");
    const [, address = ""] = await node.printed(/^ready ada (\S+) master of 1/m);
    const members = onTerminal(...PROGRAM, "members", "--clusterip", address);
    const listed = await members.ended();
    assertEquals([listed.code, listed.out.includes("requests")], [0, false]);
    assertStringIncludes(listed.out, Deno.noColor ? "alive" : "\x1b[32malive");
    await node.type("\x03");
    const { code, out } = await node.ended();
    assertEquals([code, out.includes("requests")], [0, false]);
    assertStringIncludes(out, "stopped: got SIGINT");
  },
});
