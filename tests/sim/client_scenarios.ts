import { type Json, type Millis, randomBetween, sample } from "../../lib/core/mod.ts";
import { FailoverClient, restoreState } from "../../lib/node/mod.ts";
import { AgreementCluster } from "./agreement_cluster.ts";
import type { Stage } from "./stage.ts";
import { AgreementWatch } from "./agreement_watch.ts";
import { SimCluster, type SimMember } from "./sim_cluster.ts";
import { hostOf, portsOf, SimDisk } from "../../lib/simulation/mod.ts";
import { promise } from "./violation.ts";

/** The machine of the client, where no member stands. */
const CLIENT = 200;
/** What one question may take, an election included. */
const ASK_MS: Millis = 10_000;
/** Entries after which the restored node takes a snapshot. */
const SNAPSHOT_EVERY = 40;

/** What a client counts on goes on, in its cluster or in none. */
export const CLIENT_SCENARIOS: Readonly<Record<string, (stage: Stage) => Promise<SimCluster>>> = {
  /**
   * A node without a disk is started again: it is another cluster, and nothing that a client asks
   * reaches it.
   */
  async "another cluster at the address"({ seed, random, making }) {
    const cluster = await SimCluster.of(1, seed, making);
    const { world } = cluster;
    const ports = portsOf(world.boot(CLIENT));
    const connecting = FailoverClient.connect(ports, [{ host: hostOf(1), port: 8001 }]);
    const client = await world.complete(connecting, ASK_MS, "connecting");
    const put = (value: number) => {
      const command = { type: "put", key: "mine", value } as const;
      return client.ask({ op: "apply", command }, { timeoutMs: ASK_MS / 2 })
        .then(() => "done", (error) => String(error.code));
    };
    promise(await world.complete(put(1), ASK_MS, "a write") === "done", "it was not written");
    cluster.member(1).process.kill();
    await world.run(randomBetween(random, 0, 3_000));
    // The watch holds all machines against the promises of one cluster.
    new AgreementWatch(() => undefined, (violation) => world.fail(violation)).begin();
    const { node } = await cluster.start(1);
    const fate = await world.complete(put(2), ASK_MS, "a write to a stranger");
    promise(fate === "OTHER_CLUSTER", `a write to another cluster ended with ${fate}`);
    const entry = await world.complete(node.kv.get("mine"), ASK_MS, "a read");
    promise(entry === undefined, "another cluster has what was meant for the first");
    return cluster;
  },

  /** A backup is restored when the cluster has gone on for a while: tokens and terms only grow. */
  async "a restored backup"({ seed, nodes, random, making }) {
    const first = await AgreementCluster.of(nodes, seed, { isDurable: true, ...making });
    const { world, running } = first.members;
    const [asked] = sample(random, running, 1) as [SimMember];
    const backup = await world.complete(backupOf(asked), ASK_MS, "a backup");
    await first.run(randomBetween(random, 500, 5_000));
    const lock = await world.complete(asked.node.lock("job"), ASK_MS, "a lock");
    const { term } = asked.node.membersView();
    await world.complete(lock.release(), ASK_MS, "the release");
    await first.finish();

    const second = new SimCluster(seed, { isDurable: true, ...making });
    const disk = new SimDisk(seed, SNAPSHOT_EVERY);
    second.disks?.set(1, disk);
    const process = second.world.boot(1);
    restoreState(disk.mount(process), portsOf(process).ids, backup);
    await second.world.run(1_000);
    process.kill();
    const { node } = await second.start(1);
    const again = await second.world.complete(node.lock("job"), ASK_MS, "a lock after the restore");
    promise(again.token > lock.token, `token ${again.token} follows ${lock.token}`);
    const regained = node.membersView().term;
    promise(regained > term, `term ${regained} follows ${term}`);
    return second;
  },
};

/** All that a member has, as a backup holds it. */
async function backupOf({ node }: SimMember): Promise<{ term: Json; chunks: Json[] }> {
  const ask = async (body: Record<string, Json>) =>
    await node.call("muster.backup", body, { node: node.id }) as Record<string, Json>;
  const { backup = null, node: from = null, term = null } = await ask({ op: "begin" });
  const chunks: Json[] = [];
  for (let part = 0;; part++) {
    const { chunk = null, last } = await ask({ op: "chunk", backup, node: from, part });
    if (last === true) return { term, chunks };
    chunks.push(chunk);
  }
}
