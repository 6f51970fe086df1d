import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { parseAddress } from "../../lib/core/mod.ts";
import { openDataFolder, systemPorts } from "../../lib/io/mod.ts";
import { type Node, startNode } from "../../lib/node/mod.ts";
import { durableCluster as cluster, DurableNode } from "../support/durable_node.ts";
import { eventually } from "../support/eventually.ts";
import { failureOf } from "../support/local_cluster.ts";
import { KillableStore } from "../support/killable_store.ts";

/** Waits until the nodes agree on a master, and on who is alive: all of them. */
async function agreed(...nodes: Node[]): Promise<void> {
  await eventually(
    "one master, everybody alive",
    () =>
      nodes.every((node) =>
        node.master !== undefined && node.master === nodes[0]?.master &&
        node.members.filter(({ state }) => state === "alive").length === nodes.length
      ),
    nodes,
    10_000,
  );
}

Deno.test("a single node restarts alone, as the same node, with its state", async () => {
  const [only] = await cluster(1) as [DurableNode];
  const { id, cluster: clusterId } = only.node;
  await only.node.kv.put("answer", 42);
  await only.die();
  const again = await only.start();
  assertEquals([again.id, again.cluster, again.master], [id, clusterId, id]);
  assertEquals((await again.kv.get("answer"))?.value, 42);
  await only.end();
});

Deno.test("with a cluster in its folder a node founds no other, nor after it left in order", async () => {
  const [only] = await cluster(1) as [DurableNode];
  const { id, cluster: clusterId } = only.node;
  await only.node.leave();
  const again = await only.start({ makeMasterOnError: true });
  assertEquals([again.id, again.cluster], [id, clusterId]);
  await only.end();
});

Deno.test("three nodes that die and restart at once are the same cluster, with its state", async () => {
  const all = await cluster(3);
  const before = all.map(({ node }) => node.id);
  const clusterId = all[0]?.node.cluster;
  await all[1]?.node.kv.put("kept", "by all");
  const ports = all.map(({ node }) => parseAddress(node.address).port);
  await Promise.all(all.map((each) => each.die()));
  const nodes = await Promise.all(all.map((each, at) => each.start({ port: ports[at]! })));
  await agreed(...nodes);
  assertEquals(nodes.map(({ id }) => id), before);
  assert(nodes.every((node) => node.cluster === clusterId));
  for (const node of nodes) assertEquals((await node.kv.get("kept"))?.value, "by all");
  await Promise.all(all.map((each) => each.end()));
});

Deno.test("a master that restarts follows the new one, with what was written meanwhile", async () => {
  const all = await cluster(3);
  const [first, second, third] = all as [DurableNode, DurableNode, DurableNode];
  const { id, address } = first.node;
  assertEquals(second.node.master, id);
  await first.die();
  await second.node.kv.put("meanwhile", true);
  const again = await first.start({ port: parseAddress(address).port });
  await agreed(again, second.node, third.node);
  assertEquals(again.id, id);
  assertNotEquals(again.master, undefined);
  assertEquals((await again.kv.get("meanwhile"))?.value, true);
  await Promise.all(all.map((each) => each.end()));
});

Deno.test("a node that restarts at another address is the same member there", async () => {
  const all = await cluster(3);
  const [first, second, third] = all as [DurableNode, DurableNode, DurableNode];
  const { id, address } = third.node;
  await third.die();
  const again = await third.start();
  assertNotEquals(again.address, address);
  await agreed(first.node, second.node, again);
  assertEquals(again.id, id);
  for (const { node } of [first, second]) {
    const seen = node.members.filter((member) => member.id === id);
    assertEquals(seen.map((member) => member.address), [again.address]);
    assertEquals(node.members.length, 3);
  }
  await Promise.all(all.map((each) => each.end()));
});

Deno.test("when all have moved, the addresses that are named bring them together again", async () => {
  const all = await cluster(3);
  await all[0]?.node.kv.put("moved", 1);
  await Promise.all(all.map((each) => each.die()));
  const first = await all[0]!.start();
  const join = [parseAddress(first.address)];
  const others = await Promise.all(all.slice(1).map((each) => each.start({ join })));
  await agreed(first, ...others);
  assertEquals((await first.kv.get("moved"))?.value, 1);
  await Promise.all(all.map((each) => each.end()));
});

Deno.test("a folder of one cluster is not let into another, and the error says so", async () => {
  const [here] = await cluster(1) as [DurableNode];
  const [there] = await cluster(1) as [DurableNode];
  await here.die();
  const again = await here.start({ join: [parseAddress(there.node.address)] });
  const { error } = await again.stopped;
  assertEquals(error?.code, "OTHER_CLUSTER");
  assert(error?.message.includes("--data"), error?.message);
  await Promise.all([here.end(), there.end()]);
});

Deno.test("a node that an operator removed stays out, also with its folder", async () => {
  const all = await cluster(2);
  const [first, second] = all as [DurableNode, DurableNode];
  const { id, address } = second.node;
  await second.die();
  first.node.removeMember(id);
  const again = await second.start({
    join: [parseAddress(first.node.address)],
    port: parseAddress(address).port,
  });
  assertEquals((await again.stopped).error?.code, "REMOVED");
  await Promise.all(all.map((each) => each.end()));
});

Deno.test("when a majority is lost for good, one voter is forced on, and the lost ones stay out", async () => {
  const all = await cluster(3);
  const [first, second, third] = all as [DurableNode, DurableNode, DurableNode];
  const clusterId = first.node.cluster;
  await third.node.kv.put("kept", 1);
  // The two others alone could have agreed on it.
  while (await third.node.kv.get("kept", { stale: true }) === undefined);
  await Promise.all(all.map((each) => each.die()));
  const said: string[] = [];
  const forced = await third.start({ forceNewCluster: true }, said);
  assertEquals([forced.cluster, forced.master], [clusterId, forced.id]);
  assert(said.some((each) => each.includes("THE ONLY VOTER")), said.join());
  assertEquals((await forced.kv.get("kept"))?.value, 1);
  await forced.kv.put("after", 2);
  const back = await first.start({ join: [parseAddress(forced.address)] });
  assertEquals((await back.stopped).error?.code, "REMOVED");
  await third.die();
  const again = await third.start();
  assertEquals([again.master, (await again.kv.get("after"))?.value], [again.id, 2]);
  for (const each of [first, second, third]) await each.end();
});

Deno.test("without a log there is nothing to force", async () => {
  const node = new DurableNode();
  assertEquals((await failureOf(node.start({ forceNewCluster: true }))).code, "BAD_REQUEST");
  await node.end();
});

Deno.test("a disk that fails stops the node with its error, and nothing it could not store is acknowledged", async () => {
  const folder = Deno.makeTempDirSync();
  const store = new KillableStore(await openDataFolder(folder));
  const node = await startNode({ ...systemPorts(), store }, {
    port: 0,
    join: [],
    makeMasterOnError: true,
    profile: "local",
  });
  await node.kv.put("before", 1);
  store.isFull = true;
  const refused = await failureOf(node.kv.put("after", 2));
  assertEquals(refused.code, "SHUTTING_DOWN");
  const { error } = await node.stopped;
  assertEquals(error?.code, "STORE_FAILED");
  assert(error?.message.includes("database or disk is full"), error?.message);
  Deno.removeSync(folder, { recursive: true });
});
