import { assertEquals } from "@std/assert";
import { LocalCluster } from "../support/local_cluster.ts";

Deno.test("a watch through another member tells of revisions that no single frame would take", async () => {
  await using cluster = new LocalCluster();
  const founder = await cluster.found();
  const member = await cluster.join(founder);
  const key = (i: number) => `p/${"k".repeat(900)}/${i}`;
  const value = "x".repeat(400_000);
  for (let i = 0; i < 3; i++) await founder.kv.put("large", value);
  await Promise.all(Array.from({ length: 1_500 }, (_, i) => founder.kv.put(key(i), i)));
  await founder.kv.delete({ prefix: "p/" });
  const told = new Map<number, number>();
  for await (
    const { events, nextRevision } of member.kv.watch({ prefix: "" }, { fromRevision: 2 })
  ) {
    for (const { revision } of events) told.set(revision, (told.get(revision) ?? 0) + 1);
    if (nextRevision > 1_505) break;
  }
  assertEquals(told.size, 1_504);
  assertEquals([told.get(2), told.get(1_504), told.get(1_505)], [1, 1, 1_500]);
});
