import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Child, PROGRAM } from "../cli/child.ts";
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

Deno.test("the tour: the first is killed and another leads, it starts again as before, and takes writes", async () => {
  await using cluster = new ProcessCluster();
  const first = await cluster.start("one");
  const second = await cluster.start("two", first);
  const last = await cluster.start("four", first);
  await cluster.start("three", second);
  await last.voters(3);
  await cluster.kill(first);
  await last.saw("one", "dead");
  const why = await run("why", "master", "--clusterip", last.address);
  assertStringIncludes(why.out, "elected by 2 of 3 voters");
  // With the very flags of the beginning: its own address is the only one that it is told.
  const [, port = ""] = first.address.split(":");
  const flags = ["--myport", port, "--clusterip", first.address, "--makeMasterOnError"];
  const again = new Child([...PROGRAM, ...flags]);
  await again.printed(/^ready \S+ \S+ (member|voter) of 4/m);
  const at = ["--clusterip", first.address];
  assertEquals((await run("kv", "put", "colour", "blue", ...at)).out, "revision 2, version 1\n");
  const cas = await run("kv", "cas", "colour", "red", "green", ...at);
  assertEquals(cas.err, 'muster: "colour" is not as expected: it is blue, of revision 2\n');
  assertStringIncludes((await run("kv", "list", ...at)).out, "colour  blue");
  again.signal("SIGTERM");
  assertEquals((await again.ended()).code, 0);
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
