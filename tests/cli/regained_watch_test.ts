import { assert, assertEquals } from "@std/assert";
import { parseAddress } from "../../lib/core/mod.ts";
import { durableCluster, DurableNode } from "../support/durable_node.ts";
import { startProgram } from "./harness.ts";

Deno.test("kv watch ends with COMPACTED when its cluster was forced on, and shows nothing behind the gap", async () => {
  const all = await durableCluster(3);
  const [first, second, third] = all as [DurableNode, DurableNode, DurableNode];
  const { address } = third.node;
  const watching = startProgram(["kv", "watch", "--clusterip", address, "--json"]);
  const puts = setInterval(() => void third.node.kv.put("before", 1).catch(() => {}), 20);
  await watching.line(/before/).finally(() => clearInterval(puts));
  await Promise.all(all.map((each) => each.die()));
  const forced = await third.start({
    forceNewCluster: true,
    port: parseAddress(address).port,
  });
  for (let put = 0; put < 20; put++) await forced.kv.put("after", put);
  const { code, out, err } = await watching.done;
  assertEquals([code, JSON.parse(err).code], [1, "COMPACTED"]);
  assert(!out.includes("after"), out);
  for (const each of [first, second, third]) await each.end();
});
