import {
  type Millis,
  type Random,
  randomBelow,
  randomBetween,
  sample,
  SeededRandom,
} from "../../lib/core/mod.ts";
import { AgreementCluster } from "./agreement_cluster.ts";
import { CLIENT_SCENARIOS } from "./client_scenarios.ts";
import { DISTANCE_SCENARIOS } from "./distance_scenarios.ts";
import { IDENTITY_SCENARIOS } from "./identity_scenarios.ts";
import { LockContest } from "./lock_contest.ts";
import { Nemesis } from "./nemesis.ts";
import { FLOOR_SCENARIOS } from "./floor_scenarios.ts";
import { masterOf, othersOf, type Stage, survivor } from "./stage.ts";
import type { RunOptions, SimCluster, SimMember } from "./sim_cluster.ts";
import { promise } from "./violation.ts";

/**
 * After a long cut of one direction TCP is silent for as long again, on a link that nobody gives up
 * while others still reach its far end: until its silence is noticed (`LINK_IDLE_MS`), and a retry
 * on top.
 */
const STUCK_MS = 60_000;

/**
 * Real nodes and clients under faults, and what DESIGN §10 promises of the master and the state.
 */
export const AGREEMENT_SCENARIOS: Readonly<Record<string, (stage: Stage) => Promise<SimCluster>>> =
  {
    /** Killed: a write through a survivor in well under a second. */
    async "master crash"({ seed, nodes, random, making }) {
      const cluster = await AgreementCluster.of(nodes, seed, making);
      await cluster.run(randomBetween(random, 500, 3_000));
      masterOf(cluster).process.kill();
      await cluster.expectWrite(survivor(cluster, random), 1_000);
      await cluster.run(6_000);
      return await cluster.finish();
    },

    /** Two of five at once, the master among them. */
    async "two crash"({ seed, random, making }) {
      const cluster = await AgreementCluster.of(5, seed, making);
      await cluster.run(randomBetween(random, 500, 3_000));
      const master = masterOf(cluster);
      const [other] = sample(random, othersOf(cluster, master), 1) as [SimMember];
      master.process.kill();
      other.process.kill();
      await cluster.expectWrite(survivor(cluster, random), 1_500);
      await cluster.expectVoters(3);
      return await cluster.finish();
    },

    /** Nothing from or to the master arrives any more, and no link breaks. */
    async "master cut off"({ seed, nodes, random, making }) {
      const cluster = await AgreementCluster.of(nodes, seed, making);
      await cluster.run(randomBetween(random, 500, 3_000));
      const master = masterOf(cluster);
      const others = othersOf(cluster, master).map(({ number }) => number);
      cluster.members.world.cuts.partition([[master.number], others]);
      await expectReplaced(cluster, master, 2_000);
      await cluster.expectWrite(othersOf(cluster, master)[0] as SimMember, 1_000);
      await cluster.run(randomBetween(random, 500, 8_000));
      cluster.members.world.cuts.heal();
      return await cluster.finish();
    },

    /** What the master sends is lost, or what it is sent: either way it cannot go on leading. */
    async "master cut one way"({ seed, nodes, random, making }) {
      const cluster = await AgreementCluster.of(nodes, seed, making);
      await cluster.run(randomBetween(random, 500, 3_000));
      const master = masterOf(cluster);
      const isMute = random.next() < 0.5;
      const others = othersOf(cluster, master);
      for (const { number } of others) {
        if (isMute) cluster.members.world.cuts.cut(master.number, number);
        else cluster.members.world.cuts.cut(number, master.number);
      }
      await expectReplaced(cluster, master, 3_000);
      await cluster.expectWrite(others[0] as SimMember, 3_000);
      await cluster.run(randomBetween(random, 500, 5_000));
      cluster.members.world.cuts.heal();
      return await cluster.finish();
    },

    /** The master stops, and goes on when another leads. */
    async "master pause"({ seed, nodes, random, making }) {
      const cluster = await AgreementCluster.of(nodes, seed, making);
      await cluster.run(randomBetween(random, 500, 3_000));
      const master = masterOf(cluster);
      master.process.pause();
      await cluster.expectWrite(survivor(cluster, random), 2_000);
      await cluster.run(randomBetween(random, 0, 8_000));
      master.process.resume();
      return await cluster.finish();
    },

    /** A tenth of all transmissions is late by a retransmission, for half a minute. */
    async "agreement under loss"({ seed, nodes, making }) {
      const cluster = await AgreementCluster.of(nodes, seed, making);
      cluster.members.world.conditions.loss = 0.1;
      await cluster.run(30_000);
      cluster.members.world.conditions.loss = 0;
      return await cluster.finish();
    },

    /** All leave in order but one, the master each time: writes all along. */
    async "leaves down to one"({ seed, random, making }) {
      const cluster = await AgreementCluster.of(5, seed, making);
      while (cluster.members.running.length > 1) {
        const master = masterOf(cluster);
        const leaving = cluster.members.leave(master.number);
        await cluster.expectWrite(survivor(cluster, random), 2_000);
        await leaving;
        await cluster.expectWrite(survivor(cluster, random), 2_000);
        await cluster.run(randomBetween(random, 0, 2_000));
      }
      return await cluster.finish();
    },

    /** The master is killed every ten seconds, down to two: writes after each. */
    async "one crash after another"({ seed, random, making }) {
      const cluster = await AgreementCluster.of(5, seed, making);
      while (cluster.members.running.length > 2) {
        masterOf(cluster).process.kill();
        await cluster.expectWrite(survivor(cluster, random), 1_000);
        await cluster.run(10_000);
      }
      promise(cluster.voters.length === 1, `two members have ${cluster.voters.length} voters`);
      return await cluster.finish();
    },

    /** Nodes join while the master is killed, and take the places of the dead. */
    async "joins and crashes"({ seed, random, making }) {
      const cluster = await AgreementCluster.of(3, seed, making);
      for (let number = 4; number <= 6; number++) {
        const victim = masterOf(cluster);
        await cluster.start(number);
        await cluster.run(randomBetween(random, 0, 3_000));
        victim.process.kill();
        await cluster.expectWrite(survivor(cluster, random), 1_500);
        await cluster.expectVoters(3);
      }
      return await cluster.finish();
    },

    /** The master's part is handed round: nobody waits for an election. */
    async transfers({ seed, nodes, random, making }) {
      const cluster = await AgreementCluster.of(nodes, seed, making);
      for (let round = 0; round < 5; round++) {
        const master = masterOf(cluster);
        const [heir, asked] = sample(random, othersOf(cluster, master), 2) as [
          SimMember,
          SimMember,
        ];
        const transfer = asked.node.transfer(heir.node.name);
        const chosen = await cluster.members.world.complete(transfer, 3_000, "a transfer");
        promise(chosen === heir.node.id, `${chosen} took over, not ${heir.number}`);
        await cluster.expectWrite(survivor(cluster, random), 500);
        await cluster.run(randomBelow(random, 1_500));
      }
      return await cluster.finish();
    },

    /**
     * A member without a vote is cut off while the master's part goes to another, and both live on.
     */
    async "news of the master missed"({ seed, random, making }) {
      const cluster = await AgreementCluster.of(4, seed, { voters: 3, ...making });
      const voters = new Set(cluster.voters);
      const { running } = cluster.members;
      const member = running.find(({ node }) => !voters.has(node.id)) as SimMember;
      const others = othersOf(cluster, member).map(({ number }) => number);
      cluster.members.world.cuts.partition([[member.number], others]);
      await cluster.run(randomBetween(random, 3_000, 10_000));
      const transfer = masterOf(cluster).node.transfer();
      await cluster.members.world.complete(transfer, 3_000, "a transfer");
      await cluster.run(randomBetween(random, 500, 2_000));
      cluster.members.world.cuts.heal();
      await cluster.members.expectWhole(15_000);
      await cluster.expectWrite(member, 6_000);
      return await cluster.finish();
    },

    /** With disks, any number of them crash at any time and come back as who they were. */
    async "restarts with disks"({ seed, nodes, random, making }) {
      const cluster = await AgreementCluster.of(nodes, seed, { isDurable: true, ...making });
      for (let round = 0; round < 8; round++) {
        await cluster.run(randomBetween(random, 100, 2_000));
        const victims = sample(random, cluster.members.running, 1 + randomBelow(random, nodes));
        await crashAndRestart(cluster, victims, random, 2_000);
      }
      return await cluster.finish(STUCK_MS);
    },

    /** All lose power, come back, and lose it again before they have found each other. */
    async "crash again at once"({ seed, nodes, random, making }) {
      const cluster = await AgreementCluster.of(nodes, seed, { isDurable: true, ...making });
      await cluster.run(2_000);
      const all = cluster.members.running.map(({ number }) => number);
      for (let round = 0; round < 4; round++) {
        for (const { process } of cluster.members.running) process.kill();
        await cluster.restart(all);
        await cluster.run(randomBetween(random, 0, 5));
      }
      return await cluster.finish(10_000);
    },

    /** A lock has one holder, whatever happens to it, to the master, and to those who wait. */
    async "a lock under faults"({ seed, nodes, random, making }) {
      const cluster = await AgreementCluster.of(nodes, seed, { isDurable: true, ...making });
      const contest = new LockContest(cluster, random, [500, 4_000]);
      const nemesis = new Nemesis(cluster, random);
      await nemesis.rage(60_000);
      await nemesis.relent();
      await contest.end();
      return await cluster.finish(STUCK_MS);
    },

    /**
     * Elections, one after another, in which voters lose their power while they write their votes.
     */
    async "crashes while voting"({ seed, nodes, random, making }) {
      const cluster = await AgreementCluster.of(nodes, seed, { isDurable: true, ...making });
      for (let round = 0; round < 12; round++) {
        await cluster.run(randomBetween(random, 50, 1_000));
        const { master } = cluster;
        // Both the one that asks for votes and those that give them.
        const others = cluster.members.running.filter((member) => member !== master);
        master?.process.kill();
        const victims = sample(random, others, 1 + randomBelow(random, others.length));
        await crashAndRestart(
          cluster,
          master === undefined ? victims : [master, ...victims],
          random,
          randomBelow(random, 2) * 500,
        );
      }
      await cluster.run(3_000);
      return await cluster.finish(STUCK_MS);
    },

    /** Snapshots of which only some parts were written, or which were not adopted yet. */
    async "crashes in snapshots"({ seed, nodes, random, making }) {
      const cluster = await AgreementCluster.of(nodes, seed, { isDurable: true, ...making });
      for (let round = 0; round < 6; round++) {
        await cluster.run(randomBetween(random, 0, 1_000));
        const { running } = cluster.members;
        const victims = sample(random, running, 1 + randomBelow(random, running.length));
        await cluster.crashInSnapshot(victims, random);
        await cluster.run(randomBelow(random, 2) * 500);
        await cluster.restart(victims.map(({ number }) => number));
      }
      return await cluster.finish(STUCK_MS);
    },

    /** Voters come and go while any of them, or all, die in the middle of a sync. */
    async "crashes while voters change"({ seed, random, making }) {
      const cluster = await AgreementCluster.of(3, seed, { isDurable: true, ...making });
      for (let number = 4; number <= 7; number++) {
        const leaver = survivor(cluster, random);
        await cluster.start(number);
        await cluster.run(randomBetween(random, 0, 4_000));
        const { running } = cluster.members;
        const victims = sample(random, running, 1 + randomBelow(random, running.length));
        await crashAndRestart(cluster, victims, random, 2_000);
        await cluster.expectWrite(survivor(cluster, random), STUCK_MS);
        await cluster.members.expectWhole(20_000);
        await cluster.members.leave(leaver.number);
      }
      return await cluster.finish(STUCK_MS);
    },

    /**
     * A disk fills up or fails: its node stops, says why, and the others go on; mended, it comes
     * back.
     */
    async "disk fails"({ seed, nodes, random, making }) {
      const cluster = await AgreementCluster.of(nodes, seed, { isDurable: true, ...making });
      for (let round = 0; round < 3; round++) {
        await cluster.run(randomBetween(random, 500, 3_000));
        const victim = random.next() < 0.5 ? masterOf(cluster) : survivor(cluster, random);
        cluster.breakDisk(victim.number, random.next() < 0.5 ? "full" : "failing");
        await cluster.expectStoreFailed(victim, 5_000);
        await cluster.expectWrite(survivor(cluster, random), 3_000);
        await cluster.run(randomBetween(random, 0, 3_000));
        cluster.mendDisk(victim.number);
        await cluster.restart([victim.number]);
        // With one of two voters gone there would be nobody to go on.
        await cluster.expectVoters(nodes);
      }
      return await cluster.finish();
    },

    /**
     * A disk takes up to half a second for each sync: the cluster goes on, and the node is not
     * lost.
     */
    async "slow disk"({ seed, nodes, random, making }) {
      const cluster = await AgreementCluster.of(nodes, seed, { isDurable: true, ...making });
      await cluster.run(randomBetween(random, 500, 2_000));
      const victim = random.next() < 0.5 ? masterOf(cluster) : survivor(cluster, random);
      cluster.slowDisk(victim.number, 500);
      await cluster.run(randomBetween(random, 5_000, 15_000));
      cluster.mendDisk(victim.number);
      await cluster.run(5_000);
      return await cluster.finish();
    },

    /**
     * One after another goes without a word and comes back soon: to its snapshot, and what came
     * after.
     */
    async "restarts one by one"({ seed, nodes, making }) {
      const cluster = await AgreementCluster.of(nodes, seed, { isDurable: true, ...making });
      for (const { number, process } of cluster.members.running) {
        await cluster.run(6_000);
        process.kill();
        await cluster.run(500);
        await cluster.restart([number]);
      }
      return await cluster.finish();
    },

    /** Everything, in any order, for a minute. */
    async "mixed faults"({ seed, nodes, random, making }) {
      const cluster = await AgreementCluster.of(nodes, seed, making);
      const nemesis = new Nemesis(cluster, random);
      await nemesis.rage(60_000);
      await nemesis.relent();
      return await cluster.finish(STUCK_MS);
    },

    /** Everything, with disks: crashes of any number too. */
    async "mixed faults with disks"({ seed, nodes, random, making }) {
      const cluster = await AgreementCluster.of(nodes, seed, { isDurable: true, ...making });
      const nemesis = new Nemesis(cluster, random);
      await nemesis.rage(60_000);
      await nemesis.relent();
      return await cluster.finish(STUCK_MS);
    },

    ...IDENTITY_SCENARIOS,
    ...FLOOR_SCENARIOS,
    ...DISTANCE_SCENARIOS,
    ...CLIENT_SCENARIOS,
  };

/** Runs one scenario with one seed. */
export async function playAgreement(
  name: string,
  seed: number,
  nodes: number,
  making: RunOptions = {},
): Promise<SimCluster> {
  const scenario = AGREEMENT_SCENARIOS[name];
  if (scenario === undefined) throw new RangeError(`No scenario "${name}"`);
  return await scenario({ seed, nodes, random: new SeededRandom(seed ^ 0x5eed), making });
}

/** Some die, each in its way, and come back with their disks after a while. */
async function crashAndRestart(
  cluster: AgreementCluster,
  victims: readonly SimMember[],
  random: Random,
  downMs: Millis,
): Promise<void> {
  await cluster.crash(victims, random);
  await cluster.run(randomBetween(random, 0, downMs));
  await cluster.restart(victims.map(({ number }) => number));
}

/** Another leads in time, and by then the old one has stepped down by itself. */
async function expectReplaced(
  cluster: AgreementCluster,
  old: SimMember,
  withinMs: Millis,
): Promise<void> {
  const others = othersOf(cluster, old);
  const isReplaced = () => others.some(({ node }) => node.master === node.id);
  const tookMs = await cluster.members.world.runUntil(isReplaced, withinMs);
  promise(tookMs !== undefined, `no new master after ${withinMs} ms: ${cluster.standing()}`);
  promise(old.node.master !== old.node.id, `${old.number} leads on: ${cluster.standing()}`);
}
