import { type Random, randomBelow, sample, SeededRandom } from "../../lib/core/mod.ts";
import { RETURN_SCENARIOS } from "./return_scenarios.ts";
import { REFUSAL_SCENARIOS } from "./refusal_scenarios.ts";
import { SimCluster } from "./sim_cluster.ts";
import { promise } from "./violation.ts";

/** What a scenario plays with. */
export interface Stage {
  seed: number;
  nodes: number;
  /** Draws who is hit and when; another source than the world's. */
  random: Random;
}

/** A story with promises; it gives the cluster back for the trace. */
export type Scenario = (stage: Stage) => Promise<SimCluster>;

/** Real nodes under every fault, and what DESIGN §10 promises of membership (profile `lan`). */
export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  ...RETURN_SCENARIOS,
  ...REFUSAL_SCENARIOS,

  /** Killed: dead to all in under a second. */
  async crash({ seed, nodes, random }) {
    const cluster = await SimCluster.of(nodes, seed);
    const victim = pick(random, nodes);
    await cluster.world.run(randomBelow(random, 3_000));
    cluster.member(victim).process.kill();
    await cluster.expectSeen(victim, ["dead"], 1_000);
    return finish(cluster);
  },

  /** Killed and started anew at its place: the old life is dead, the new one there, both soon. */
  async restart({ seed, nodes, random }) {
    const cluster = await SimCluster.of(nodes, seed);
    const victim = 2 + randomBelow(random, nodes - 1);
    const old = cluster.member(victim).node.id;
    cluster.member(victim).process.kill();
    await cluster.world.run(randomBelow(random, 2_000));
    await cluster.start(victim);
    await cluster.expectSeen(victim, ["alive"], 500);
    await cluster.world.run(1_000);
    for (const { node } of cluster.running) {
      const before = node.members.find((member) => member.id === old);
      promise(before === undefined || before.state === "dead", `the old life is ${before?.state}`);
    }
    return finish(cluster);
  },

  /**
   * Without power nothing answers: suspicion decides, within the profile's 6 s and a probe's time.
   */
  async silence({ seed, nodes, random }) {
    const cluster = await SimCluster.of(nodes, seed);
    const victim = pick(random, nodes);
    await cluster.world.run(randomBelow(random, 3_000));
    cluster.member(victim).process.silence();
    const tookMs = await cluster.expectSeen(victim, ["dead"], 8_000);
    promise(tookMs >= 2_000, `silence alone killed after ${tookMs} ms`);
    return finish(cluster);
  },

  /** Stopped for a second: never dead. */
  async "short pause"({ seed, nodes, random }) {
    const cluster = await SimCluster.of(nodes, seed);
    const victim = pick(random, nodes);
    await cluster.world.run(randomBelow(random, 3_000));
    cluster.member(victim).process.pause();
    await cluster.world.run(1_000);
    cluster.member(victim).process.resume();
    await cluster.expectWhole(5_000);
    await cluster.world.run(10_000);
    const dead = cluster.beliefs.find((belief) => belief.state === "dead");
    promise(dead === undefined, `a pause of a second killed: ${dead?.cause}`);
    return finish(cluster);
  },

  /** Stopped for 10 s: dead, and back by itself. */
  async "long pause"({ seed, nodes, random }) {
    const cluster = await SimCluster.of(nodes, seed);
    const victim = pick(random, nodes);
    cluster.member(victim).process.pause();
    await cluster.world.run(10_000);
    promise(cluster.isSeen(victim, "dead"), `after 10 s it is ${cluster.views(victim).join()}`);
    cluster.member(victim).process.resume();
    await cluster.expectWhole(5_000);
    return finish(cluster);
  },

  /** A minority cut off for 10 s: whole again within 5 s, without anyone's help. */
  async partition({ seed, nodes, random }) {
    const cluster = await SimCluster.of(nodes, seed);
    const all = Array.from({ length: nodes }, (_, at) => at + 1);
    const minority = sample(random, all, Math.floor((nodes - 1) / 2));
    const majority = all.filter((number) => !minority.includes(number));
    cluster.world.cuts.partition([minority, majority]);
    await cluster.world.run(10_000);
    cluster.world.cuts.heal();
    await cluster.expectWhole(5_000);
    await cluster.world.run(5_000);
    promise(cluster.isWhole, `it fell apart again: ${cluster.view()}`);
    return cluster;
  },

  /**
   * Cut off for long, when TCP tries the old links only now and then: whole within 5 s all the
   * same.
   */
  async "long partition"({ seed, nodes, random }) {
    const cluster = await SimCluster.of(nodes, seed);
    const all = Array.from({ length: nodes }, (_, at) => at + 1);
    const minority = sample(random, all, Math.floor((nodes - 1) / 2));
    cluster.world.cuts.partition([minority, all.filter((number) => !minority.includes(number))]);
    await cluster.world.run(10_000 + randomBelow(random, 50_000));
    cluster.world.cuts.heal();
    await cluster.expectWhole(5_000);
    return cluster;
  },

  /** What one sends does not reach another; both reach everybody else: nobody dies of it. */
  async "one way"({ seed, nodes, random }) {
    const cluster = await SimCluster.of(nodes, seed);
    const [from, to] = sample(random, Array.from({ length: nodes }, (_, at) => at + 1), 2);
    cluster.world.cuts.cut(from as number, to as number);
    await cluster.world.run(20_000);
    const dead = cluster.beliefs.find((belief) => belief.state === "dead");
    promise(dead === undefined, `a cut from ${from} to ${to} killed: ${dead?.cause}`);
    cluster.world.cuts.heal();
    await cluster.expectWhole(5_000);
    return finish(cluster);
  },

  /**
   * A way that was cut for long, round which the others helped: it serves again within 8 s of the
   * heal.
   */
  async "one way healed"({ seed, nodes, random }) {
    const cluster = await SimCluster.of(nodes, seed);
    const [from, to] = sample(random, Array.from({ length: nodes }, (_, at) => at + 1), 2);
    const [caller, called] = [cluster.member(from as number), cluster.member(to as number)];
    const call = () => caller.node.call("echo", seed, { node: called.node.id, timeoutMs: 1_000 });
    await cluster.world.complete(call(), 1_000, "a call before the cut");
    cluster.world.cuts.cut(from as number, to as number);
    // What waits on the link makes TCP try ever more seldom.
    const stuck = await cluster.world.complete(call().catch(() => "lost"), 2_000, "a call's end");
    promise(stuck === "lost", "a call came through the cut");
    await cluster.world.run(28_000);
    cluster.world.cuts.heal();
    await cluster.world.run(7_000);
    await cluster.world.complete(call(), 1_000, `a call from ${from} to ${to} after the heal`);
    return finish(cluster);
  },

  /** Every twentieth transmission lost for a minute: nobody dies. */
  async loss({ seed, nodes }) {
    const cluster = await SimCluster.of(nodes, seed, { conditions: { loss: 0.05, latencyMs: 2 } });
    await cluster.world.run(60_000);
    cluster.world.conditions.loss = 0;
    await cluster.expectWhole(10_000);
    return finish(cluster);
  },

  /** Messages late by up to 150 ms: nobody dies, and a crash is seen all the same. */
  async delay({ seed, nodes, random }) {
    const cluster = await SimCluster.of(nodes, seed, {
      conditions: { latencyMs: 5, spreadMs: 150 },
    });
    await cluster.world.run(30_000);
    const victim = pick(random, nodes);
    cluster.member(victim).process.kill();
    await cluster.expectSeen(victim, ["dead"], 3_000);
    return finish(cluster);
  },

  /** One machine does everything up to 300 ms late: it blames nobody to death, and stays. */
  async "slow node"({ seed, nodes, random }) {
    const cluster = await SimCluster.of(nodes, seed);
    const victim = pick(random, nodes);
    cluster.member(victim).process.slowMs = 300;
    await cluster.world.run(30_000);
    cluster.member(victim).process.slowMs = 0;
    await cluster.expectWhole(10_000);
    return finish(cluster);
  },

  /** A monotonic clock leaps by 30 s, a wall clock goes back a day: nobody else suffers. */
  async "clock jump"({ seed, nodes, random }) {
    const cluster = await SimCluster.of(nodes, seed);
    await cluster.world.run(randomBelow(random, 2_000));
    cluster.member(pick(random, nodes)).process.clock.jump(30_000);
    cluster.member(pick(random, nodes)).process.clock.setWall(-86_400_000);
    await cluster.world.run(10_000);
    promise(cluster.isWhole, `a jump of the clock harmed: ${cluster.view()}`);
    return finish(cluster);
  },

  /** Left in order: seen by every member as `left`, never as dead. */
  async leave({ seed, nodes, random }) {
    const cluster = await SimCluster.of(nodes, seed);
    const leaver = pick(random, nodes);
    const before = cluster.world.now;
    await cluster.leave(leaver);
    await cluster.expectSeen(leaver, ["left"], Math.max(1, before + 500 - cluster.world.now));
    await cluster.world.run(10_000);
    promise(cluster.isSeen(leaver, "left"), `it became ${cluster.views(leaver).join()}`);
    return finish(cluster);
  },

  /**
   * All leave within a tenth of a second, the voters and the master too: nobody waits for who is
   * gone.
   */
  async "all leave"({ seed, nodes, random }) {
    const cluster = await SimCluster.of(nodes, seed);
    // Long enough for the voters to be as many as suit.
    await cluster.world.run(randomBelow(random, 6_000));
    const leaves = cluster.running.map(async (member) => {
      await new Promise<void>((resolve) => cluster.world.after(randomBelow(random, 100), resolve));
      member.hasLeft = true;
      await member.node.leave();
    });
    await cluster.world.complete(Promise.all(leaves), 400, "the leave of all");
    return finish(cluster);
  },

  /**
   * Left in order while a fifth of all transmissions is lost: seen by every member all the same.
   */
  async "leave under loss"({ seed, nodes, random }) {
    const cluster = await SimCluster.of(nodes, seed, { conditions: { loss: 0.2 } });
    const leaver = pick(random, nodes);
    // A master hands over first, which loss may draw out.
    await cluster.leave(leaver);
    await cluster.expectSeen(leaver, ["left"], 10_000);
    return cluster;
  },

  /** A newcomer: known to all within 0.2 s of being let in. */
  async join({ seed, nodes }) {
    const cluster = await SimCluster.of(nodes, seed);
    await cluster.start(nodes + 1);
    await cluster.expectSeen(nodes + 1, ["alive"], 200);
    await cluster.expectWhole(200);
    return finish(cluster);
  },

  /** Most of them crash one after another, quickly: each is known dead. */
  async "one after another"({ seed, nodes, random }) {
    const cluster = await SimCluster.of(nodes, seed);
    const order = sample(random, Array.from({ length: nodes }, (_, at) => at + 1), nodes - 2);
    for (const victim of order) {
      cluster.member(victim).process.kill();
      await cluster.expectSeen(victim, ["dead"], 1_000);
    }
    return finish(cluster);
  },

  /** The very last one sees that it is alone: nobody is left to confirm. */
  async "the last one"({ seed }) {
    const cluster = await SimCluster.of(2, seed);
    cluster.member(1).process.kill();
    await cluster.expectSeen(1, ["dead"], 1_000);
    return finish(cluster);
  },
};

/** Runs one scenario with one seed. */
export async function play(name: string, seed: number, nodes: number): Promise<SimCluster> {
  const scenario = SCENARIOS[name] as Scenario;
  return await scenario({ seed, nodes, random: new SeededRandom(seed ^ 0x5eed) });
}

/** The check that ends every story in which all could reach all. */
function finish(cluster: SimCluster): SimCluster {
  cluster.expectNoWrongDeath();
  return cluster;
}

function pick(random: Random, nodes: number): number {
  return 1 + randomBelow(random, nodes);
}
