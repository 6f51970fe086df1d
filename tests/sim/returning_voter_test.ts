import { assert, assertEquals } from "@std/assert";
import { SimCluster } from "./sim_cluster.ts";

Deno.test("a voter that left in order has a vote again when it comes back", async () => {
  const cluster = await SimCluster.of(3, 1, { isDurable: true });
  const { world } = cluster;
  const { node: master } = cluster.member(1);
  const areVoters = (count: number) => () =>
    (master.statusView()["voters"] as string[]).length === count;
  assert(await world.runUntil(areVoters(3), 20_000) !== undefined, "three vote");
  const { id } = cluster.member(2).node;
  await cluster.leave(2);
  cluster.member(2).process.kill();
  assertEquals(areVoters(3)(), false);
  const { node } = await cluster.start(2);
  assertEquals(node.id, id);
  assert(await world.runUntil(areVoters(3), 20_000) !== undefined, "three vote again");
});
