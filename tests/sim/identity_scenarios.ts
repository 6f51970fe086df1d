import { randomBetween, sample } from "../../lib/core/mod.ts";
import { AgreementCluster } from "./agreement_cluster.ts";
import type { Stage } from "./stage.ts";
import type { Loss } from "../../lib/simulation/mod.ts";
import type { SimCluster, SimMember } from "./sim_cluster.ts";
import { promise } from "./violation.ts";

/** Within what all have heard of another's new address. */
const TOLD_MS = 5_000;
/** What asking for a lock, or for one more write, may take. */
const ASK_MS = 5_000;

/** Within what a node that comes back to its leader hears what it had acknowledged. */
const CONTRADICTED_MS = 5_000;

/** What a folder may lose. */
const LOSSES: readonly Loss[] = ["its last entries", "its log", "everything"];

/** Who and where a node is may change under it: what it has promised goes on. */
export const IDENTITY_SCENARIOS: Readonly<Record<string, (stage: Stage) => Promise<SimCluster>>> = {
  /**
   * It founds on a wildcard, serves alone, and hears from its first member by which address it is
   * reached.
   */
  async "a founder learns its address"({ seed, random, making }) {
    const isDurable = random.next() < 0.5;
    const cluster = await AgreementCluster.of(1, seed, { isWildcard: true, isDurable, ...making });
    const { world } = cluster.members;
    const founder = cluster.members.member(1);
    promise(founder.node.address === "127.0.0.1:8001", `it is at ${founder.node.address} already`);
    let ready = 0;
    founder.node.on(({ event }) => event === "ready" && ready++);
    const { master, term } = founder.node.membersView();
    const lock = await world.complete(founder.node.lock("job"), ASK_MS, "a lock");
    const { revision } = await world.complete(founder.node.kv.put("mine", 0), ASK_MS, "a write");
    const seen = watchMine(founder);
    await cluster.run(randomBetween(random, 0, 3_000));
    const writing = founder.node.kv.put("mine", 1);
    await cluster.start(2);
    const address = `${founder.process.host}:8001`;
    const isTold = () =>
      cluster.members.running.every(({ node }) =>
        node.members.find(({ id }) => id === founder.node.id)?.address === address
      );
    const toldMs = await world.runUntil(isTold, TOLD_MS);
    promise(toldMs !== undefined, `it is at ${founder.node.address}, and not all know`);
    await cluster.start(3);
    const now = founder.node.membersView();
    promise(now.master === master && now.term === term, `${now.master} leads term ${now.term}`);
    promise(ready === 0, "it says once more that it is ready");
    promise(lock.isHeld, "its lock is lost");
    const written = await world.complete(writing, ASK_MS, "a write under way");
    promise(written.revision > revision, `revision ${written.revision} follows ${revision}`);
    await world.runUntil(() => seen.includes(1), TOLD_MS);
    promise(seen.join() === "1", `its watch saw ${seen.join()}`);
    await world.complete(lock.release(), ASK_MS, "the release");
    await cluster.expectVoters(3);
    return await cluster.finish();
  },

  /**
   * A folder that lost something is refused, and its node comes back as a new one with an empty
   * folder.
   */
  async "folders that lose files"({ seed, nodes, random, making }) {
    const cluster = await AgreementCluster.of(nodes, seed, { isDurable: true, ...making });
    for (const what of LOSSES) {
      await cluster.run(randomBetween(random, 500, 3_000));
      const [victim] = sample(random, cluster.members.running, 1) as [SimMember];
      victim.process.kill();
      await cluster.run(randomBetween(random, 0, 1_000));
      if (await cluster.expectLossRefused(victim, what)) {
        await cluster.run(5_000);
        await cluster.startEmpty(victim.number);
      }
      await cluster.expectVoters(nodes);
    }
    return await cluster.finish();
  },

  /**
   * A disk is put back to what it was. A follower that lost what it acknowledged to the leader
   * stops; a master that comes back to another master catches up or stops. Nobody else does, and
   * nothing is lost.
   */
  async "a folder that was put back"({ seed, nodes, random, making }) {
    const cluster = await AgreementCluster.of(nodes, seed, { isDurable: true, ...making });
    await cluster.run(randomBetween(random, 0, 2_000));
    const { master, members } = cluster;
    promise(master !== undefined, `nobody leads: ${cluster.standing()}`);
    const isMaster = random.next() < 0.3;
    const followers = members.running.filter((member) => member !== master);
    const [victim] = isMaster ? [master] : sample(random, followers, 1) as [SimMember];
    const copy = cluster.copyOf(victim.number);
    await cluster.run(randomBetween(random, 500, 3_000));
    victim.process.kill();
    await cluster.run(randomBetween(random, 0, 2_000));
    await cluster.startFrom(victim.number, copy);
    const { node, process } = members.member(victim.number);
    let code: string | undefined;
    void node.stopped.then(({ error }) => code = error?.code);
    const tookMs = await members.world.runUntil(() => process.isDead, CONTRADICTED_MS);
    promise(isMaster || tookMs !== undefined, `${victim.number} goes on: ${cluster.standing()}`);
    promise(tookMs === undefined || code === "DIVERGED", `${victim.number} ended with ${code}`);
    if (tookMs !== undefined) await cluster.startEmpty(victim.number);
    await cluster.expectVoters(nodes);
    return await cluster.finish();
  },
};

/** What a member's watch of its own key sees from now on. */
function watchMine({ node }: SimMember): unknown[] {
  const seen: unknown[] = [];
  const watch = async () => {
    for await (const { events } of node.kv.watch("mine")) {
      for (const event of events) if (event.type === "put") seen.push(event.value);
    }
  };
  watch().catch((error) => seen.push(error));
  return seen;
}
