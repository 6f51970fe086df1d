import { assertEquals } from "@std/assert";
import { parseAddress } from "../../lib/core/mod.ts";
import { systemPorts } from "../../lib/io/mod.ts";
import { FailoverClient } from "../../lib/node/mod.ts";
import type { Node } from "../../lib/mod.ts";
import { eventually } from "../support/eventually.ts";
import { LocalCluster } from "../support/local_cluster.ts";

Deno.test("who believes in something is told when the way to the cluster broke, and then no more", async () => {
  await using cluster = new LocalCluster();
  const [founder] = await cluster.start("founder") as [Node];
  const doomed = await cluster.joinKillable(founder, { name: "doomed" });
  await cluster.settled();
  await using client = await FailoverClient.connect(systemPorts(), [parseAddress(doomed.address)]);
  let [told, ended] = [0, 0];
  const stop = client.onLost(() => told++);
  client.onLost(() => ended++)();
  assertEquals([client.member, client.cluster], ["doomed", founder.cluster]);
  cluster.breakLinks(doomed);
  await eventually("the break is told", () => told === 1);
  assertEquals([client.member, ended], [undefined, 0]);
  // It goes on through another member: the last that it was told of.
  const answer = await client.request({ type: "members" }, { timeoutMs: 10_000 });
  assertEquals([(answer["members"] as unknown[]).length, client.member], [2, "founder"]);
  assertEquals("type" in answer || "id" in answer, false);
  stop();
  await founder.leave();
  await eventually("it has noticed", () => client.member === undefined);
  assertEquals([told, ended], [1, 0]);
});

Deno.test("a client that is closed by its owner tells nobody that anything broke", async () => {
  await using cluster = new LocalCluster();
  const [founder] = await cluster.start("founder") as [Node];
  let told = 0;
  {
    await using client = await FailoverClient.connect(systemPorts(), [
      parseAddress(founder.address),
    ]);
    client.onLost(() => told++);
  }
  assertEquals(told, 0);
});
