import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { found, run, startProgram } from "./harness.ts";

const ALONE = ["--myport", "0", "--clusterip", "127.0.0.1:1", "--profile", "local"];
const SHORT_ID = "[0-9a-f]{8}-[0-9a-f]{4}";

Deno.test("a node says once that it is ready, tells what happens, and leaves at a signal", async () => {
  const first = startProgram([...ALONE, "-makeMasterOnError", "true", "--name", "ada"]);
  const ready = await first.line(/^ready /);
  assertMatch(
    ready,
    new RegExp(`^ready ada 127\\.0\\.0\\.1:\\d+ master of 1, cluster ${SHORT_ID}$`),
  );
  const address = ready.split(" ")[2] as string;
  const join = ["--myport", "0", "--clusterip", address, "--profile", "local", "--name", "grace"];
  const second = startProgram(join);
  assertMatch(
    await second.line(/^ready /),
    new RegExp(`^ready grace 127\\.0\\.0\\.1:\\d+ member of 2, cluster ${SHORT_ID}$`),
  );
  assertMatch(
    await first.line(/grace .*joined/),
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d grace \(127\.0\.0\.1:\d+\) joined: \S/,
  );
  second.signal();
  await first.line(/grace left/);
  first.signal();
  for (const { done } of [first, second]) {
    const { code, out, err } = await done;
    assertEquals([code, err], [0, ""]);
    assertEquals(out.split("\n").filter((line) => line.includes("ready ")).length, 1);
    assertStringIncludes(out, "stopped: got SIGINT");
  }
});

Deno.test("with --log json every line is an object with event and time", async () => {
  const node = startProgram([...ALONE, "--makeMasterOnError", "--log", "json"]);
  const ready = JSON.parse(await node.line(/"event":"ready"/));
  assertEquals([ready.role, ready.members, ready.term, ready.master], ["master", 1, 1, ready.id]);
  node.signal();
  const { code, out } = await node.done;
  assertEquals(code, 0);
  const events = out.split("\n").map((line) => JSON.parse(line));
  assertEquals(events.filter(({ event }) => event === "ready").length, 1);
  for (const { time } of events) assertMatch(time, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  assertEquals(events.at(-1).event, "stopped");
});

Deno.test("with --log quiet there is the ready line and nothing else", async () => {
  const node = startProgram([...ALONE, "--makeMasterOnError", "--log", "quiet"]);
  const ready = await node.line(/^ready /);
  node.signal();
  assertEquals(await node.done, { code: 0, out: ready, err: "" });
});

Deno.test("a second signal ends a node at once", async () => {
  await using other = await found();
  const node = startProgram(["--myport", "0", "--clusterip", other.address, "--profile", "local"]);
  await node.line(/^ready /);
  node.signal();
  node.signal();
  assertEquals((await node.done).code, 1);
  // It still leaves in the background, which a process would not have waited for.
  await untilGone(() => other.members.filter(({ state }) => state === "alive").length === 1);
});

Deno.test("without a cluster and without the flag: exit code 3, what was tried, and the flag", async () => {
  const { code, err, out } = await run(ALONE);
  assertEquals(code, 3);
  assertStringIncludes(err, "127.0.0.1:1 (connection refused");
  assertStringIncludes(err, "--makeMasterOnError");
  assertStringIncludes(out, "join 127.0.0.1:1: connection refused");
});

Deno.test("a port in use is exit code 1, a name that is taken 4", async () => {
  await using node = await found({ name: "ada" });
  const port = node.address.split(":")[1] as string;
  const inUse = await run(["--myport", port, "--clusterip", node.address]);
  assertEquals(inUse.code, 1);
  assertStringIncludes(inUse.err, `port ${port}: another program listens there`);
  const taken = await run(["--myport", "0", "--clusterip", node.address, "--name", "ada"]);
  assertEquals(taken.code, 4);
  assertStringIncludes(taken.err, "ada");
  const asJson = await run([
    ...["--myport", "0", "--clusterip", node.address, "--name", "ada", "--log", "json"],
  ]);
  assertEquals([asJson.code, JSON.parse(asJson.err).code], [4, "NAME_TAKEN"]);
});

Deno.test("a node that is forced out says why and ends with 4", async () => {
  await using first = await found();
  const node = startProgram([
    ...["--myport", "0", "--clusterip", first.address, "--profile", "local", "--name", "grace"],
  ]);
  await node.line(/^ready /);
  first.removeMember("grace");
  const { code, err } = await node.done;
  assertEquals(code, 4);
  assertMatch(err, /^muster: .*removed/);
});

Deno.test("beyond loopback a node needs --insecure, and says so", async () => {
  const { code, err } = await run([...ALONE, "--host", "0.0.0.0"]);
  assertEquals(code, 1);
  assertStringIncludes(err, "--insecure");
});

async function untilGone(condition: () => boolean): Promise<void> {
  const giveUpAt = performance.now() + 5_000;
  while (!condition() && performance.now() < giveUpAt) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assertEquals(condition(), true);
}
