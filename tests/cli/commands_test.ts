import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Node } from "../../lib/mod.ts";
import { found, joinThrough, run, startProgram } from "./harness.ts";

function watchersOf(node: Node): number {
  return (node.statusView()["links"] as { watchers: number }).watchers;
}

Deno.test("members, call, why, rtt and remove, asked of a node of two", async (t) => {
  await using first = await found({ name: "ada", tags: { zone: "a" } });
  await using second = await joinThrough(first, { name: "grace" });
  first.handle("greet", (body) => `Hello, ${(body as { name: string }).name}`);
  second.handle("fail", () => {
    throw new Error("on purpose\x1b[31m");
  });
  await until(() => second.members.some(({ services }) => services.includes("greet")));
  const at = ["--clusterip", first.address];

  await t.step("members is a table for a person", async () => {
    const { code, out, err } = await run(["members", ...at]);
    assertEquals([code, err], [0, ""]);
    const [header = "", ada = "", grace = ""] = out.split("\n");
    assertMatch(header, /^NAME +ADDRESS +STATE +ROLE +SINCE +RTT +TAGS +SERVICES$/);
    assertMatch(ada, /^ada +127\.0\.0\.1:\d+ +alive +master +\d+s +- +zone=a +greet$/);
    assertMatch(grace, /^grace +127\.0\.0\.1:\d+ +alive +member +\d+s +(-|[\d.]+ ms) +- +fail$/);
  });

  await t.step("members --json is one document with the fields that programs read", async () => {
    const { code, out } = await run(["members", "--json", ...at], { isTerminal: true });
    assertEquals([code, out.includes("\x1b"), out.includes("\n")], [0, false, false]);
    const view = JSON.parse(out);
    assertEquals(Object.keys(view).sort(), ["cluster", "master", "members", "term"]);
    assertEquals([view.cluster, view.master, view.term], [first.cluster, first.id, 1]);
    const [ada, grace] = view.members;
    assertEquals([ada.name, ada.state, ada.role], ["ada", "alive", "master"]);
    assertEquals([ada.tags, ada.services], [{ zone: "a" }, ["greet"]]);
    assertEquals([grace.id, grace.address], [second.id, second.address]);
  });

  await t.step("members are filtered by tag and by state", async () => {
    const named = async (...flags: string[]) =>
      JSON.parse((await run(["members", "--json", ...flags, ...at])).out)
        .members.map(({ name }: { name: string }) => name);
    assertEquals(await named("--tag", "zone=a"), ["ada"]);
    assertEquals(await named("--state", "dead"), []);
    assertEquals(await named("--state", "alive"), ["ada", "grace"]);
  });

  await t.step("colours are for terminals only", async () => {
    // NO_COLOR in the environment of the tests themselves takes the colours away, as it must.
    const { out } = await run(["members", ...at], { isTerminal: true });
    assertEquals(out.includes("\x1b[32malive"), !Deno.noColor);
    assertEquals((await run(["members", ...at])).out.includes("\x1b"), false);
  });

  await t.step("the first address that answers is asked", async () => {
    const { code } = await run(["members", "--clusterip", `127.0.0.1:1,${second.address}`]);
    assertEquals(code, 0);
  });

  await t.step("call reaches any member, the one named, and reads the standard input", async () => {
    const greet = await run(["call", "greet", '{"name":"Ada"}', "--json", ...at]);
    assertEquals(greet, { code: 0, out: '"Hello, Ada"', err: "" });
    const elsewhere = ["--clusterip", second.address];
    assertEquals(
      (await run(["call", "--any", "greet", '{"name":"B"}', ...elsewhere])).out,
      '"Hello, B"',
    );
    const info = await run(["call", "grace", "info", "--json", ...at]);
    assertEquals(JSON.parse(info.out).name, "grace");
    const echoed = await run(["call", "grace", "echo", "-", ...at], { input: '{"a":[1]}' });
    assertEquals(echoed.out, '{\n  "a": [\n    1\n  ]\n}');
    assertEquals((await run(["call", "echo", ...at, "--json"])).out, "null");
    assertEquals((await run(["call", "echo", "--json", ...at, "--", "-5"])).code, 0);
  });

  await t.step(
    "what a service throws is an error with its code, harmless on a terminal",
    async () => {
      const failed = await run(["call", "fail", ...at]);
      assertEquals([failed.code, failed.out], [1, ""]);
      assertStringIncludes(failed.err, "on purpose\\x1b[31m");
      const asJson = await run(["call", "fail", "--json", ...at]);
      assertEquals(JSON.parse(asJson.err).code, "HANDLER_FAILED");
      assertEquals((await run(["call", "nowhere", ...at])).code, 1);
      assertStringIncludes((await run(["call", "nobody", "echo", ...at])).err, '"nobody"');
    },
  );

  await t.step("why shows what was recorded, with names for ids", async () => {
    const { code, out } = await run(["why", "grace", ...at]);
    assertEquals(code, 0);
    const [title = "", header = "", event = ""] = out.split("\n");
    assertMatch(title, /^grace \(127\.0\.0\.1:\d+\): alive$/);
    assertMatch(header, /^TIME +STATE +INCARNATION +CAUSE +BY$/);
    assertMatch(event, /^\d{4}-\S+Z +alive +\d+ +\S/);
    const { member, events } = JSON.parse((await run(["why", second.id, "--json", ...at])).out);
    assertEquals([member.name, events[0].state], ["grace", "alive"]);
  });

  await t.step("why master shows who elected it, as it recorded it itself", async () => {
    const { out } = await run(["why", "master", ...at]);
    const [title = "", header = "", event = ""] = out.split("\n");
    assertMatch(title, /^ada \(127\.0\.0\.1:\d+\) is the master, term 1 \(recorded by ada\)$/);
    assertMatch(header, /^TIME +TERM +MASTER +REASON$/);
    assertMatch(event, /^\d{4}-\S+Z +1 +ada +it is the only voter$/);
    const { member, predecessor } = JSON.parse((await run(["why", "master", "--json", ...at])).out);
    assertEquals([member.name, predecessor], ["ada", null]);
  });

  await t.step("rtt measures from the asked node, or between any two", async () => {
    assertMatch(
      (await run(["rtt", "grace", ...at])).out,
      /^ada to grace: ([\d.]+ ms|not measured yet)$/,
    );
    assertMatch((await run(["rtt", "grace", "ada", ...at])).out, /^grace to ada: /);
    const { from, to } = JSON.parse((await run(["rtt", "grace", "ada", "--json", ...at])).out);
    assertEquals([from, to], ["grace", "ada"]);
    assertEquals((await run(["rtt", "nobody", ...at])).code, 1);
  });

  await t.step("remove forces a member out, and it knows", async () => {
    const { code, out } = await run(["remove", "grace", ...at]);
    assertEquals(code, 0);
    assertMatch(out, /^grace \(127\.0\.0\.1:\d+\) is removed$/);
    assertEquals((await second.stopped).error?.code, "REMOVED");
    assertMatch((await run(["rtt", "grace", ...at])).out, /^ada to grace: .* \(it is left\)$/);
  });
});

Deno.test("watch tells of joins and leaves with their reasons until a signal comes", async () => {
  await using first = await found({ name: "ada" });
  const at = ["--clusterip", first.address];
  const pretty = startProgram(["watch", ...at]);
  const json = startProgram(["watch", "--json", ...at]);
  const members = startProgram(["members", "--watch", ...at]);
  const drawn = startProgram(["members", "--watch", ...at], { isTerminal: true });
  await Promise.all([members.line(/^ada/), drawn.line(/ada/)]);
  // A watch has no line of its own when it begins, but the node counts it.
  await until(() => watchersOf(first) === 4);
  const second = await joinThrough(first, { name: "grace" });
  await pretty.line(/grace .*joined/);
  await json.line(/"grace"/);
  await second.leave();
  assertMatch(
    await pretty.line(/left/),
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d grace left: /,
  );
  const line = JSON.parse(await json.line(/"change":"left"/));
  assertEquals([line.event, line.member.name, typeof line.cause], ["member", "grace", "string"]);
  assertEquals([Number.isNaN(Date.parse(line.time)), "id" in line, "type" in line], [
    false,
    false,
    false,
  ]);
  await members.line(/grace left/);
  // deno-lint-ignore no-control-regex
  await drawn.line(/^\x1b\[H\x1b\[2J[^]*grace[^]*left/);
  for (const program of [pretty, json, members, drawn]) program.signal();
  for (const program of [pretty, json, members, drawn]) {
    const { code, err } = await program.done;
    assertEquals([code, err], [0, ""]);
  }
});

Deno.test("watch ends in order after --timeout, and fails when its node goes", async () => {
  const node = await found();
  const at = ["--clusterip", node.address];
  assertEquals(await run(["watch", "--timeout", "300ms", ...at]), { code: 0, out: "", err: "" });
  const person = startProgram(["watch", ...at], { isTerminal: true });
  await person.line(/watching 1 member: .* is the master, term 1/);
  person.signal();
  assertEquals((await person.done).code, 0);
  const watching = startProgram(["members", "--watch", ...at]);
  await watching.line(/alive/);
  await node.leave();
  assertEquals((await watching.done).code, 1);
});

Deno.test("leave means the first address alone: another node does not leave in its place", async () => {
  await using node = await found({ name: "ada" });
  for (const list of [`127.0.0.1:1,${node.address}`, `127.0.0.1:1, ${node.address}`]) {
    const { code, out, err } = await run(["leave", "--clusterip", list]);
    assertEquals([code, out], [3, ""]);
    assertStringIncludes(err, "127.0.0.1:1");
    assert(!err.includes(node.address), err);
  }
  const twice = ["--clusterip", "127.0.0.1:1", "--clusterip", node.address];
  assertEquals((await run(["leave", ...twice])).code, 3);
  const { members } = JSON.parse((await run(["members", "--json", ...twice])).out);
  assertEquals(members[0].state, "alive");
});

Deno.test("leave makes the asked node leave, and says which that was", async () => {
  const node = await found({ name: "ada" });
  const { code, out } = await run(["leave", "--clusterip", node.address]);
  assertEquals([code, out], [0, `ada (${node.address}) leaves`]);
  assertEquals((await node.stopped).error, undefined);
});

async function until(condition: () => boolean): Promise<void> {
  const giveUpAt = performance.now() + 5_000;
  while (!condition()) {
    assert(performance.now() < giveUpAt, "the condition did not come about in 5 s");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
