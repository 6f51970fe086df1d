import { assert, assertEquals } from "@std/assert";
import { ClusterError } from "../../lib/core/mod.ts";
import type { Stopped } from "../../lib/node/mod.ts";
import { altered } from "./injected_bugs.ts";
import { SimCluster } from "./sim_cluster.ts";

Deno.test("a node whose disk fails in the moment in which it is let in again stops, and says why", async () => {
  let savesLeft = Infinity;
  const cluster = await SimCluster.of(3, 1, {
    isDurable: true,
    bug: {
      store: (store) =>
        altered(store, {
          saveIdentity(identity) {
            if (--savesLeft < 0) throw new ClusterError("STORE_FAILED", "disk I/O error");
            store.saveIdentity(identity);
          },
        }),
    },
  });
  const { world } = cluster;
  cluster.member(2).process.kill();
  await world.run(2_000);
  // It takes its place again with the first, and remembers who let it in with the second.
  savesLeft = 1;
  const { node, process } = await cluster.start(2);
  let stopped: Stopped | undefined;
  void node.stopped.then((what) => stopped = what);
  assert(await world.runUntil(() => process.isDead, 5_000) !== undefined, "it runs on");
  assertEquals(stopped?.error?.code, "STORE_FAILED");
});
