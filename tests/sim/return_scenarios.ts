import { randomBelow } from "../../lib/core/mod.ts";
import type { Scenario } from "./scenarios.ts";
import { SimCluster } from "./sim_cluster.ts";
import { promise } from "./violation.ts";

/** Stories of nodes that come back, to their address or under a name that was given away. */
export const RETURN_SCENARIOS: Readonly<Record<string, Scenario>> = {
  /** Killed, or gone in order, and started anew as a founder: the others are there, and it joins them. */
  async "the first node comes back to its address"({ seed, nodes, random }) {
    const cluster = await SimCluster.of(2 + randomBelow(random, nodes - 1), seed);
    if (randomBelow(random, 2) === 0) cluster.member(1).process.kill();
    else await cluster.leave(1);
    await cluster.world.run(randomBelow(random, 30_000));
    const { node } = await cluster.start(1, { founds: true });
    const other = cluster.member(2).node;
    promise(node.cluster === other.cluster, `it founded a second cluster beside ${other.cluster}`);
    await cluster.expectWhole(2_000);
    return cluster;
  },
};
