import { assert, assertEquals, assertThrows } from "@std/assert";
import { join, type Node } from "../../lib/mod.ts";
import { completeOptions } from "../../lib/node/mod.ts";
import { eventually } from "../support/eventually.ts";
import { LocalCluster } from "../support/local_cluster.ts";

const roleIn = (node: Node, name: string) => node.members.find((each) => each.name === name)?.role;
const votersOf = (node: Node) => [...node.statusView()["voters"] as string[]].sort().join();

Deno.test("an observer never gets a vote, however few voters there are, and is of use all the same", async () => {
  await using cluster = new LocalCluster();
  const a = await cluster.found({ name: "a" });
  const observers = [
    await cluster.join(a, { name: "o1", voter: false }),
    await cluster.join(a, { name: "o2", voter: false, tags: { zone: "b" } }),
  ] as [Node, Node];
  const seen = new Set<string>();
  a.on((event) => event.event === "voters" && event.names.forEach((name) => seen.add(name)));
  await cluster.join(a, { name: "b" });
  const c = await cluster.join(a, { name: "c" });
  await cluster.settled();
  await eventually("the others vote", () => votersOf(a) === "a,b,c", [a], 20_000);
  for (const node of cluster.nodes) {
    assertEquals([roleIn(node, "o1"), roleIn(node, "o2")], ["observer", "observer"]);
  }
  await observers[0].kv.put("k", 1);
  await using lock = await observers[1].lock("job");
  assert(lock.isHeld);
  observers[1].handle("greet", () => "hello");
  assertEquals(await a.call("greet", null, { node: "o2" }), "hello");
  assertEquals(observers[1].statusView()["tags"], { zone: "b", "muster.observer": "true" });
  // A vote is free now: it stays so, rather than go to one of them.
  await c.leave();
  await eventually("the set has shrunk", () => !votersOf(a).includes("c"), [a], 20_000);
  assert(!seen.has("o1") && !seen.has("o2"), [...seen].join());
  assertEquals((await observers[1].kv.get("k"))?.value, 1);
});

Deno.test("the last voter does not wait for observers, which cannot take its vote over", async () => {
  await using cluster = new LocalCluster();
  const a = await cluster.found({ name: "a" });
  await cluster.join(a, { name: "o", voter: false });
  await cluster.settled();
  const begunAt = performance.now();
  await a.leave();
  assert(performance.now() - begunAt < 3_000, `${performance.now() - begunAt} ms`);
});

Deno.test("an observer founds nothing, and its tag is nobody else's", async () => {
  for (const option of [{ makeMasterOnError: true }, { expect: 3 }, { forceNewCluster: true }]) {
    assertThrows(() => completeOptions({ voter: false, ...option }), TypeError, "--observer");
  }
  assertThrows(
    () => completeOptions({ tags: { "muster.observer": "true" } }),
    TypeError,
    "muster.",
  );
  const lonely = await join({ port: 0, clusterip: ["127.0.0.1:1"], voter: false })
    .then(() => undefined, (error) => error);
  assertEquals(lonely?.code, "NO_CLUSTER");
});
