import { assert, assertEquals } from "@std/assert";
import { join, type Json } from "../../lib/mod.ts";
import { parseAddress } from "../../lib/core/mod.ts";
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
