import { assert, assertEquals } from "@std/assert";
import { join } from "../../lib/mod.ts";
import { type Json, parseAddress } from "../../lib/core/mod.ts";
import { systemPorts } from "../../lib/io/mod.ts";
import { Client } from "../../lib/node/mod.ts";
import { eventually } from "../support/eventually.ts";
import { failureOf } from "../support/local_cluster.ts";
import { ProcessCluster } from "../support/process_cluster.ts";

/** A process, and calls that it passes on to a member here, twenty of which are under way. */
async function passingOn(cluster: ProcessCluster, ...flags: string[]) {
  const process = await cluster.start("process", undefined, ...flags);
  const member = await join({ port: 0, clusterip: [process.address], name: "member" });
  const answer = Promise.withResolvers<Json>();
  let begun = 0;
  member.handle("slow", () => {
    begun++;
    return answer.promise;
  });
  const client = await Client.connect(systemPorts(), [parseAddress(process.address)]);
  const slow = () =>
    client.call({ service: "slow", node: "member", body: null, timeoutMs: 30_000 });
  const calls = Array.from({ length: 20 }, slow);
  await eventually("all are under way", () => begun === 20, [member]);
  return { process, member, client, calls, answer };
}

Deno.test("a process that gets SIGTERM ends when the calls that it passes on are answered, with 0", async () => {
  await using cluster = new ProcessCluster();
  const { process, member, client, calls, answer } = await passingOn(cluster);
  process.signal("SIGTERM");
  await eventually(
    "it says what it waits for",
    () => process.events.some(({ event }) => event["event"] === "leaving" && event["calls"] !== 0),
  );
  answer.resolve("served");
  assertEquals(await Promise.all(calls), calls.map(() => "served"));
  assertEquals((await process.status).code, 0);
  await client.close();
  await member.leave();
});

Deno.test("a second signal ends a process at once, and --drain-timeout when the time is over", async () => {
  await using cluster = new ProcessCluster();
  for (const how of ["signal", "time"]) {
    const flags = how === "time" ? ["--drain-timeout", "500ms"] : [];
    const { process, member, client, calls } = await passingOn(cluster, ...flags);
    const failures = calls.map((call) => failureOf(call));
    const begunAt = performance.now();
    process.signal("SIGTERM");
    if (how === "signal") {
      await eventually(
        "it waits",
        () => process.events.some(({ event }) => event["event"] === "leaving"),
      );
      process.signal("SIGINT");
    }
    await process.status;
    assert(performance.now() - begunAt < 6_000, `${performance.now() - begunAt} ms`);
    for (const { code, details } of await Promise.all(failures)) {
      assertEquals([code, details], ["UNREACHABLE", { outcome: "unknown" }]);
    }
    await client.close();
    await member.leave("done", { drainTimeoutMs: 1 });
  }
});

Deno.test("a member that is told to stay while it leaves offers its services again, and keeps its locks", async () => {
  await using cluster = new ProcessCluster();
  const profile = "local";
  const first = await cluster.start("first", undefined, "--profile", profile);
  const second = await cluster.start("second", first, "--profile", profile);
  await using member = await join({
    port: 0,
    clusterip: [first.address],
    name: "member",
    profile,
  });
  const voters = () => member.statusView()["voters"] as string[];
  await eventually("all vote", () => voters().length === 3, [member], 20_000);
  // Who stays, and would miss the vote.
  await using other = await join({ port: 0, clusterip: [first.address], name: "other", profile });
  const answer = Promise.withResolvers<Json>();
  member.handle("slow", () => answer.promise);
  member.handle("greet", () => "hello");
  await using lock = await member.lock("job", { ttlMs: 60_000 });
  const call = member.call("slow", null, { timeoutMs: 30_000 });
  const warnings: string[] = [];
  member.on((event) => event.event === "warning" && warnings.push(event.message));
  const refused = failureOf(member.leave("done"));
  const phase = () => member.statusView()["phase"];
  await eventually("it leaves", () => phase() === "leaving", [member]);
  for (const process of [first, second]) process.signal("SIGSTOP");
  answer.resolve("served");
  assertEquals(await call, "served");
  const { code, message } = await refused;
  assertEquals([code, warnings.at(-1)], ["NO_QUORUM", message]);
  assertEquals([phase(), voters().length, lock.isHeld], ["member", 3, true]);
  for (const process of [first, second]) process.signal("SIGCONT");
  await eventually("there is a master again", () => member.master !== undefined, [member], 10_000);
  assertEquals(await member.call("greet"), "hello");
  const offers = () => other.members.find(({ name }) => name === "member")?.services ?? [];
  await eventually("the others see its services", () => offers().includes("greet"), [other]);
  assertEquals(await other.call("greet"), "hello");
  await (await member.lock("more")).release();
  assertEquals(lock.isHeld, true);
});
