import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { eventually } from "../support/eventually.ts";
import { LocalCluster, stateOf } from "../support/local_cluster.ts";
import { run } from "./harness.ts";

interface Row {
  id: string;
  name: string;
  state: string;
  superseded?: boolean;
}

async function rows(address: string, ...flags: string[]): Promise<Row[]> {
  const { code, out } = await run(["members", "--json", "--clusterip", address, ...flags]);
  assertEquals(code, 0);
  return JSON.parse(out).members;
}

Deno.test("a member that came back to its name and address is one row, and its earlier lives are with --all", async () => {
  await using cluster = new LocalCluster();
  const [first] = await cluster.start("first", "second");
  assert(first);
  let web = await cluster.joinKillable(first, { name: "web" });
  const port = Number(web.address.split(":")[1]);
  const lives = [web.id];
  for (const how of ["crash", "leave"] as const) {
    await cluster.settled();
    if (how === "crash") await cluster.crash(web);
    else {
      await web.leave();
      await cluster.crash(web);
    }
    const state = how === "crash" ? "dead" : "left";
    const { id } = web;
    await eventually(how, () => stateOf(first, id) === state, cluster.nodes);
    web = await cluster.joinKillable(first, { name: "web", port });
    lives.push(web.id);
  }
  await cluster.settled();
  const shown = await rows(first.address);
  assertEquals(shown.filter(({ name }) => name === "web").map(({ id }) => id), [web.id]);
  assertEquals(shown.length, 3);
  const all = (await rows(first.address, "--all")).filter(({ name }) => name === "web");
  assertEquals(all.map(({ id }) => id), lives);
  assertEquals(all.map(({ superseded }) => superseded === true), [true, true, false]);
  assertEquals((await rows(first.address, "--state", "dead")).length, 0);
  const { out } = await run(["members", "--clusterip", first.address]);
  assertEquals(out.match(/^web /gm)?.length, 1);
  const whole = await run(["status", "--cluster", "--json", "--clusterip", first.address]);
  assertEquals([whole.code, JSON.parse(whole.out).members.length], [0, 3]);
  const status = JSON.parse((await run(["status", "--json", "--clusterip", first.address])).out);
  assertEquals([status.members.dead, status.members.left], [0, 0]);
  // Its name means it, and nothing else.
  const removed = await run(["remove", "web", "--clusterip", first.address]);
  assertMatch(removed.out, /^web \(127\.0\.0\.1:\d+\) is removed$/);
  assertEquals((await web.stopped).error?.code, "REMOVED");
  // Its earlier lives went with it.
  assertEquals((await rows(first.address)).filter(({ name }) => name === "web"), []);
  const after = JSON.parse((await run(["status", "--json", "--clusterip", first.address])).out);
  assertEquals(after.members, { alive: 2, suspect: 0, dead: 0, left: 0, guest: 0 });
});

Deno.test("remove refuses a name of two members, and takes the id of each, whatever became of it", async () => {
  await using cluster = new LocalCluster();
  const [first, second] = await cluster.start("first", "second");
  assert(first && second);
  const at = ["--clusterip", second.address];
  const crashed = await cluster.joinKillable(first, { name: "web" });
  await cluster.settled();
  await cluster.crash(crashed);
  await eventually("dead", () => stateOf(first, crashed.id) === "dead", cluster.nodes);
  const left = await cluster.join(first, { name: "web" });
  await left.leave();
  const living = await cluster.join(first, { name: "web" });
  await eventually(
    "second sees it all",
    () => stateOf(second, living.id) === "alive" && stateOf(second, left.id) === "left",
    cluster.nodes,
  );
  const refused = await run(["remove", "web", ...at]);
  assertEquals([refused.code, refused.out], [1, ""]);
  for (const { id } of [crashed, left, living]) assertStringIncludes(refused.err, id);
  assertEquals(stateOf(second, living.id), "alive");
  // The others take the one that lives.
  assertStringIncludes((await run(["why", "web", ...at])).out, ": alive");
  const info = await run(["call", "web", "info", "--json", ...at]);
  assertEquals(JSON.parse(info.out).id, living.id);
  assertMatch((await run(["rtt", "web", ...at])).out, /^second to web: [^(]*$/);

  for (const { id } of [crashed, left]) {
    const { code, out } = await run(["remove", id, ...at]);
    assertEquals(code, 0);
    assertMatch(out, /^web \(127\.0\.0\.1:\d+\) is forgotten$/);
  }
  const ids = (await rows(second.address)).map(({ id }) => id);
  assertEquals([ids.includes(crashed.id), ids.includes(left.id)], [false, false]);
  await eventually(
    "the first has heard of it",
    () => [crashed, left].every(({ id }) => first.members.find((row) => row.id === id)?.removed),
    cluster.nodes,
  );
  assertEquals((await rows(first.address)).length, 3);
  assertMatch((await run(["remove", "web", ...at])).out, /is removed$/);
  assertEquals((await living.stopped).error?.code, "REMOVED");
});
