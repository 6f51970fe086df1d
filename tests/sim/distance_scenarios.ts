import { ClusterError } from "../../lib/core/mod.ts";
import { AgreementCluster } from "./agreement_cluster.ts";
import type { Stage } from "./stage.ts";
import type { SimCluster } from "./sim_cluster.ts";
import { promise } from "./violation.ts";

/** One way: a round trip takes 400 ms in the mean, of the 700 of `lan`'s election timeout. */
const FAR_MS = 200;
/** One way: a round trip takes 1.4 s, which no election of `lan` can bridge. */
const TOO_FAR_MS = 700;
const MINUTE_MS = 60_000;
/** Elections in a minute that a change of distance may cost. */
const ELECTIONS = 2;
const ADVICE = "use --profile wan";

/** What members tell while they are far apart. */
class Ear {
  elections = 0;
  readonly warnings = new Map<number, number>();

  constructor(cluster: AgreementCluster) {
    for (const { number, node } of cluster.members.running) {
      node.on((event) => {
        if (event.event === "master" && event.master === node.id) this.elections++;
        if (event.event !== "warning" || event.code !== "SLOW_LINKS") return;
        promise(event.message.includes(ADVICE), event.message);
        this.warnings.set(number, (this.warnings.get(number) ?? 0) + 1);
      });
    }
  }

  /** In that minute each said it, and none more often than twice: once a minute. */
  expectWarned(cluster: AgreementCluster): void {
    for (const { number, node } of cluster.members.running) {
      const count = this.warnings.get(number) ?? 0;
      promise(count === 1 || count === 2, `${number} warned ${count} times in a minute`);
      const notes = node.statusView()["notes"] as string[];
      promise(notes.some((note) => note.includes(ADVICE)), `${number} notes ${notes}`);
    }
  }
}

/** Voters that are further apart than their profile is made for. */
export const DISTANCE_SCENARIOS: Readonly<Record<string, (stage: Stage) => Promise<SimCluster>>> = {
  /**
   * The master takes more time for itself and them, says that another profile is better, and writes
   * go on.
   */
  async "voters far apart"({ seed, nodes, making }) {
    const cluster = await AgreementCluster.of(nodes, seed, making);
    const { world } = cluster.members;
    const nearMs = world.conditions.latencyMs;
    const ear = new Ear(cluster);
    world.conditions.latencyMs = FAR_MS;
    await cluster.run(MINUTE_MS);
    promise(ear.elections <= ELECTIONS, `${ear.elections} elections in a minute`);
    for (const member of cluster.members.running) await cluster.expectWrite(member, 3_000);
    ear.expectWarned(cluster);
    world.conditions.latencyMs = nearMs;
    await cluster.run(20_000);
    return await cluster.finish();
  },

  /** Nobody can be elected: whoever writes is told why, and not that voters are lost. */
  async "voters too far apart"({ seed, nodes, making }) {
    const cluster = await AgreementCluster.of(nodes, seed, { ...making, clients: 0 });
    const { world } = cluster.members;
    const nearMs = world.conditions.latencyMs;
    world.conditions.latencyMs = TOO_FAR_MS;
    await cluster.run(30_000);
    const failures: string[] = [];
    for (const { node } of cluster.members.running) {
      const put = node.kv.put("k", 1).then(() => undefined, (error) => error);
      const error = await world.complete(put, 20_000, "a write");
      if (!(error instanceof ClusterError) || error.code !== "NO_QUORUM") continue;
      failures.push(error.message);
      promise(error.message.includes(ADVICE), error.message);
      promise(Number(error.details?.["roundTripMs"]) > 233, JSON.stringify(error.details));
    }
    promise(failures.length > 0, "every write was acknowledged");
    world.conditions.latencyMs = nearMs;
    await cluster.members.expectWhole(30_000);
    for (const member of cluster.members.running) await cluster.expectWrite(member, 5_000);
    return cluster.members;
  },
};
