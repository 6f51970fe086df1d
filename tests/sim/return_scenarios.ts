import { randomBelow } from "../../lib/core/mod.ts";
import type { Scenario } from "./scenarios.ts";
import { SimCluster } from "./sim_cluster.ts";
import { promise } from "./violation.ts";

/** Stories of nodes that come back, to their address or under a name that was given away. */
export const RETURN_SCENARIOS: Readonly<Record<string, Scenario>> = {
  /**
   * Killed, or gone in order, and started anew as a founder: the others are there, and it joins
   * them.
   */
  async "the first node comes back to its address"({ seed, nodes, random }) {
    const cluster = await SimCluster.of(2 + randomBelow(random, nodes - 1), seed);
    // Those that are left may have votes by then, and the agreement may want the one that is gone
    // for a while.
    await cluster.world.run(randomBelow(random, 10_000));
    if (randomBelow(random, 2) === 0) cluster.member(1).process.kill();
    else await cluster.leave(1);
    await cluster.world.run(randomBelow(random, 30_000));
    const { node } = await cluster.start(1, { founds: true });
    const other = cluster.member(2).node;
    promise(node.cluster === other.cluster, `it founded a second cluster beside ${other.cluster}`);
    await cluster.expectWhole(2_000);
    return cluster;
  },

  /**
   * Frozen, or cut off, until it is dead and its name given away, to a new node or to an older one
   * with a folder: when it is back it ends with `NAME_TAKEN`, and the replacement stays.
   */
  async "a name that was given away"({ seed, nodes, random }) {
    const cluster = await SimCluster.of(nodes, seed, { isDurable: randomBelow(random, 2) === 0 });
    const victim = nodes;
    const [spare, isFrozen] = [randomBelow(random, 2) === 0, randomBelow(random, 2) === 0];
    const replacement = spare ? 2 : nodes + 1;
    if (spare) await cluster.leave(2);
    const { process, node: old } = cluster.member(victim);
    if (isFrozen) process.pause();
    else {cluster.world.cuts.partition([
        [victim],
        cluster.running.map(({ number }) => number)
          .filter((number) => number !== victim),
      ]);}
    await cluster.expectDead(victim, 10_000);
    const { node } = await cluster.start(replacement, { name: old.name, through: [1] });
    await cluster.world.run(randomBelow(random, 10_000));
    if (isFrozen) process.resume();
    else cluster.world.cuts.heal();
    const { error } = await cluster.world.complete(old.stopped, 20_000, "the end of the old one");
    promise(error?.code === "NAME_TAKEN", `the old one ended with ${error?.code}`);
    cluster.member(victim).hasLeft = true;
    await cluster.world.run(10_000);
    promise(node.members.length > 0 && cluster.isSeen(replacement, "alive"), cluster.view());
    return cluster;
  },
};
