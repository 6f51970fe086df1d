import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ProcessCluster, run } from "../support/process_cluster.ts";

Deno.test("four processes that join through one another tell the same four members, one of them master", async () => {
  await using cluster = new ProcessCluster();
  const first = await cluster.start("one");
  const second = await cluster.start("two", first);
  await cluster.start("three", second);
  const last = await cluster.start("four", first);
  for (const node of cluster.nodes) {
    const at = node === last ? last.readyAt : await node.saw("four", "joined");
    assert(at - last.readyAt < 1_000, `${node.name} saw it ${at - last.readyAt} ms later`);
  }
  const answers = await Promise.all(
    cluster.nodes.map(async ({ address }) => {
      const { code, out, err } = await run("members", "--json", "--clusterip", address);
      assertEquals(code, 0, err);
      return JSON.parse(out);
    }),
  );
  for (const answer of answers) {
    const members: Array<{ id: string; name: string; state: string; role: string }> =
      answer.members;
    assertEquals(members.map(({ name, state }) => [name, state]), [
      ["one", "alive"],
      ["two", "alive"],
      ["three", "alive"],
      ["four", "alive"],
    ]);
    const masters = members.filter(({ role }) => role === "master");
    assertEquals(masters.map(({ id }) => id), [answer.master]);
    assertEquals(answer.master, answers[0].master);
    assertEquals(answer.cluster, answers[0].cluster);
  }
});

Deno.test("without a cluster and without the flag a process exits with 3 within 3 s and says what to do", async () => {
  const { code, err, ms } = await run("--myport", "0", "--clusterip", "127.0.0.1:1,127.0.0.1:2");
  assertEquals(code, 3);
  assert(ms < 3_000, `${ms} ms`);
  for (const part of ["127.0.0.1:1", "127.0.0.1:2", "--makeMasterOnError"]) {
    assertStringIncludes(err, part);
  }
});

Deno.test("a name that is taken and a port in use end a process with a reason", async () => {
  await using cluster = new ProcessCluster();
  const { address } = await cluster.start("one");
  const named = await run("--myport", "0", "--clusterip", address, "--name", "one");
  assertEquals(named.code, 4);
  assertStringIncludes(named.err, "--name");
  const port = address.split(":").at(-1) ?? "";
  const bound = await run("--myport", port, "--clusterip", address);
  assertEquals(bound.code, 1);
  assertStringIncludes(bound.err, "--myport");
});
