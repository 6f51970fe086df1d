import { assert, assertEquals } from "@std/assert";
import { join } from "../../lib/mod.ts";
import { failureOf } from "../support/local_cluster.ts";

Deno.test("a node that is embedded keeps what it has in its folder, and comes back with it", async () => {
  const data = await Deno.makeTempDir({ prefix: "muster-data-" });
  try {
    const first = await join({ port: 0, clusterip: [], makeMasterOnError: true, data });
    await first.kv.put("k", { n: 1 });
    const { id, cluster } = first;
    await first.leave();
    const second = await join({ port: 0, clusterip: [], data });
    assertEquals([second.id, second.cluster], [id, cluster]);
    assertEquals((await second.kv.get("k"))?.value, { n: 1 });
    await second.leave();
  } finally {
    await Deno.remove(data, { recursive: true });
  }
});

Deno.test("a folder that makes no sense is refused before anything is started", async () => {
  for (const options of [{ data: "" }, { forceNewCluster: true }]) {
    const refused = await join({ port: 0, clusterip: [], ...options }).then(
      () => 0,
      (error) => error,
    );
    assert(refused instanceof TypeError, `${refused}`);
  }
  const file = await Deno.makeTempFile();
  const error = await failureOf(join({ port: 0, clusterip: [], data: `${file}/inside` }));
  assertEquals(error.code, "STORE_FAILED");
  await Deno.remove(file);
});

Deno.test({
  name: "a folder without its permission is an error that names it, and nobody is asked",
  permissions: { net: true, read: false, write: false },
  async fn() {
    const error = await failureOf(join({ port: 0, clusterip: [], data: "/nowhere/data" }));
    assertEquals(error.code, "NOT_PERMITTED");
    assert(error.message.includes("--allow-read=/nowhere/data"), error.message);
    assert(error.message.includes("--allow-write=/nowhere/data"), error.message);
  },
});
