import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { failureOf } from "../support/local_cluster.ts";
import { AgreeingCluster, pause } from "../chaos/agreeing_cluster.ts";
import { type ProcessNode, run } from "../support/process_cluster.ts";

Deno.test("a survivor writes within a second of the master's kill, each time", async () => {
  await using cluster = await AgreeingCluster.of(3, 3);
  for (let round = 0; round < 2; round++) {
    const master = await cluster.master();
    const survivor = cluster.without(master)[round] as ProcessNode;
    const killedAt = performance.now();
    await cluster.processes.kill(master);
    const tookMs = await cluster.writes(survivor, killedAt);
    assert(tookMs < 1_000, `${tookMs} ms`);
    await cluster.add();
    await cluster.settled(3);
  }
  cluster.expectOneMasterATerm();
});

Deno.test("a master that is stopped is replaced in two seconds, and agrees on nothing when it goes on", async () => {
  await using cluster = await AgreeingCluster.of(3, 3);
  const master = await cluster.master();
  const [survivor] = cluster.without(master) as [ProcessNode];
  const stoppedAt = performance.now();
  master.signal("SIGSTOP");
  const late = cluster.through(master).put("late", 1).catch((error) => error as Error);
  const tookMs = await cluster.writes(survivor, stoppedAt);
  assert(tookMs < 2_000, `${tookMs} ms`);
  const revision = await cluster.through(survivor).put("new", 1);
  master.signal("SIGCONT");
  assertEquals(await cluster.through(master).get("new"), 1);
  const answer = await late;
  // What it passes on to the new master comes after what that one has agreed on already.
  if (typeof answer === "number") assert(answer > revision, `${answer} and ${revision}`);
  await cluster.settled(3);
  cluster.expectOneMasterATerm();
});

Deno.test("a master that is cut off in silence is replaced in two seconds, and refuses before another accepts", async () => {
  await using cluster = await AgreeingCluster.of(3, 3, undefined, { isRelayed: true });
  const master = await cluster.master();
  const survivors = cluster.without(master) as [ProcessNode, ProcessNode];
  const cutAt = performance.now();
  cluster.network.cut([master], survivors);
  const late = cluster.through(master).put("late", 1).catch((error) => error as Error);
  const tookMs = await cluster.writes(survivors[0], cutAt);
  assert(tookMs < 2_000, `${tookMs} ms`);
  const resignedAt = await master.resigned(cutAt);
  assert(resignedAt < cutAt + tookMs, `${resignedAt - cutAt} ms, and a write after ${tookMs}`);
  assertEquals((await failureOf(cluster.through(master).put("later", 1))).code, "NO_QUORUM");
  const hasty = ["--timeout", "1s", "--json", "--clusterip", master.listening];
  for (const command of [["kv", "put", "later", "2"], ["kv", "get", "later"]]) {
    const { code, err } = await run(...command, ...hasty);
    assertEquals([code, JSON.parse(err).code], [1, "NO_QUORUM"]);
  }
  const revision = await cluster.through(survivors[1]).put("new", 1);
  cluster.network.heal();
  await cluster.settled(3);
  assertEquals(await cluster.through(master).get("new"), 1);
  const answer = await late;
  // What it passes on to the new master comes after what that one has agreed on already.
  if (typeof answer === "number") assert(answer > revision, `${answer} and ${revision}`);
  cluster.expectOneMasterATerm();
});

Deno.test("without three of five a write names the lost ones, while stale reads, members and calls go on", async () => {
  await using cluster = await AgreeingCluster.of(5, 5);
  const master = await cluster.master();
  const victims = [master, ...cluster.without(master).slice(0, 2)];
  await cluster.through(master).put("before", "kept");
  // Commit news travels with the next heartbeat at the latest.
  await pause(300);
  await Promise.all(victims.map((victim) => cluster.processes.kill(victim)));
  const [one, other] = cluster.nodes as [ProcessNode, ProcessNode];
  await Promise.all(victims.map(({ id }) => one.saw(id, "dead")));
  const failure = await failureOf(cluster.through(one).put("lost", 1));
  assertEquals(failure.code, "NO_QUORUM");
  for (const { name } of victims) assertStringIncludes(failure.message, name);
  assertEquals(await cluster.through(one).get("before", { stale: true }), "kept");
  const { members } = await cluster.view(one);
  assertEquals(members.filter(({ state }) => state === "alive").length, 2);
  const { client } = cluster.through(one);
  assertEquals(await client.call({ service: "echo", node: other.name, body: 1 }), 1);
});
