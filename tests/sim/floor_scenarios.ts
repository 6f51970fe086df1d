import { randomBelow, randomBetween, sample } from "../../lib/core/mod.ts";
import { AgreementCluster } from "./agreement_cluster.ts";
import type { SimCluster, SimMember } from "./sim_cluster.ts";
import { masterOf, othersOf, type Stage, survivor } from "./stage.ts";
import { promise } from "./violation.ts";

/** With two of the last three voters alive and in touch, there is a master within so long. */
const MASTER_MS = 10_000;
/** Past the time after which a dead voter may be removed, and its place taken by a spare. */
const SETTLED_MS = 10_000;
/** What coming into step takes: being stable, a learner, and a second without a break. */
const STEP_MS = 8_000;
/** The same, when TCP has to find first that a way is whole again. */
const WHOLE_MS = 20_000;
/**
 * An election timeout, for which a master leads that no majority answers, and the time to tell it.
 */
const RESIGNED_MS = 1_500;
/**
 * The time to start again, to be dead and alive to the others, and to be asked whether one still
 * leads.
 */
const DENIED_MS = 9_000;
/** A write while the second copy hangs: an election timeout, and the write. */
const STALL_MS = 1_500;

/**
 * Voters with folders die, hang, leave and come back: two of the last three go on, with two copies.
 */
export const FLOOR_SCENARIOS: Readonly<Record<string, (stage: Stage) => Promise<SimCluster>>> = {
  /**
   * Five die one after another, down to two of the last three voters; then one, and none can be
   * elected.
   */
  async "two of the last three"({ seed, random, making }) {
    const cluster = await AgreementCluster.of(5, seed, { isDurable: true, ...making });
    const dead: number[] = [];
    while (cluster.members.running.length > 2) {
      const victim = random.next() < 0.5 ? masterOf(cluster) : survivor(cluster, random);
      victim.process.kill();
      dead.push(victim.number);
      await cluster.expectWrite(survivor(cluster, random), MASTER_MS);
      await cluster.run(SETTLED_MS);
    }
    const { voters } = cluster;
    promise(voters.length === 3, `two members have ${voters.length} voters`);
    await cluster.expectWrite(survivor(cluster, random), MASTER_MS);
    const last = survivor(cluster, random);
    last.process.kill();
    await cluster.run(randomBetween(random, 0, SETTLED_MS));
    const others = dead.filter((number) => voters.includes(cluster.members.member(number).node.id));
    await cluster.restart([sample(random, [...others, last.number], 1)[0] as number]);
    await cluster.expectWrite(survivor(cluster, random), MASTER_MS);
    await cluster.restart(dead.filter((number) => cluster.members.member(number).process.isDead));
    return await cluster.finish(MASTER_MS);
  },

  /**
   * A voter dies for good; the spare that takes its place dies between the two entries, or soon
   * after.
   */
  async "a spare dies between two entries"({ seed, random, making }) {
    const cluster = await AgreementCluster.of(4, seed, { isDurable: true, voters: 3, ...making });
    await cluster.run(randomBetween(random, 1_000, 3_000));
    const { world, running } = cluster.members;
    const before = cluster.voters;
    const spare = running.find(({ node }) => !before.includes(node.id)) as SimMember;
    const victim = sample(random, running.filter((member) => member !== spare), 1)[0] as SimMember;
    victim.process.kill();
    const hasBegun = () => {
      const { node } = cluster.master ?? {};
      const voters = node?.statusView()["voters"] as string[] | undefined;
      return voters !== undefined && voters.length !== 3;
    };
    await world.runUntil(hasBegun, SETTLED_MS);
    spare.process.kill();
    await cluster.expectWrite(survivor(cluster, random), MASTER_MS);
    await cluster.run(randomBetween(random, 0, SETTLED_MS));
    await cluster.restart([(random.next() < 0.5 ? spare : victim).number]);
    await cluster.expectVoters(3);
    return await cluster.finish();
  },

  /** One voter hangs, another leaves: the leaver waits until that one answers, or is out. */
  async "a leave while another hangs"({ seed, random, making }) {
    const isDurable = random.next() < 0.5;
    const cluster = await AgreementCluster.of(3, seed, { isDurable, ...making });
    await cluster.run(randomBetween(random, 500, 2_000));
    const [hung, leaver] = sample(random, cluster.members.running, 2) as [SimMember, SimMember];
    hung.process.pause();
    await cluster.run(randomBetween(random, 0, 6_000));
    await cluster.members.leave(leaver.number);
    const rest = cluster.members.running.find((member) => member !== hung) as SimMember;
    await cluster.expectWrite(rest, MASTER_MS);
    await cluster.run(randomBetween(random, 0, 3_000));
    hung.process.resume();
    return await cluster.finish(MASTER_MS);
  },

  /**
   * Of three voters one is dead and the other only silent for a moment, as one leaves: it is
   * missed, for alone the silent one would be no majority of those that were.
   */
  async "a leave while the last other stalls"({ seed, random, making }) {
    const cluster = await AgreementCluster.of(3, seed, { isDurable: true, ...making });
    await cluster.run(randomBetween(random, 500, 2_000));
    const [dead, stalled] = sample(random, cluster.members.running, 2) as [SimMember, SimMember];
    dead.process.kill();
    await cluster.expectWrite(survivor(cluster, random), MASTER_MS);
    await cluster.run(SETTLED_MS);
    const leaver = othersOf(cluster, stalled)[0] as SimMember;
    stalled.process.pause();
    // Before it is dead to the leaver, which then has nobody to wait for.
    await cluster.run(randomBetween(random, 1_000, 1_700));
    const left = cluster.members.leave(leaver.number);
    await cluster.run(randomBetween(random, 200, 700));
    stalled.process.resume();
    await left;
    await cluster.expectWrite(stalled, MASTER_MS);
    return await cluster.finish(MASTER_MS);
  },

  /**
   * The master loses the majority, and says so to those that take no part, or is started anew
   * without one, and is asked: nobody counts on it, or on its copies.
   */
  async "a master that no majority answers"({ seed, random, making }) {
    const cluster = await AgreementCluster.of(4, seed, { isDurable: true, voters: 3, ...making });
    await cluster.run(randomBetween(random, 1_000, 3_000));
    let master = masterOf(cluster);
    const others = othersOf(cluster, master);
    const isVoter = ({ node }: SimMember) => cluster.voters.includes(node.id);
    const [silent, spares] = [others.filter(isVoter), others.filter((other) => !isVoter(other))];
    for (const { process } of silent) process.pause();
    const isKnown = () =>
      [master, ...spares].every(({ node }) => {
        const { master: known, copies } = node.statusView();
        return known === null && copies === null;
      });
    const isStartedAnew = random.next() < 0.5;
    if (isStartedAnew) {
      await cluster.crash([master], random);
      await cluster.restart([master.number]);
      master = cluster.members.member(master.number);
    }
    const withinMs = isStartedAnew ? DENIED_MS : RESIGNED_MS;
    const tookMs = await cluster.members.world.runUntil(isKnown, withinMs);
    promise(tookMs !== undefined, `members count on a master that resigned: ${cluster.standing()}`);
    await cluster.run(randomBetween(random, 0, 3_000));
    promise(isKnown(), `members count on a master that resigned again: ${cluster.standing()}`);
    for (const { process } of silent) process.resume();
    await cluster.expectWrite(survivor(cluster, random), MASTER_MS);
    return await cluster.finish(MASTER_MS);
  },

  /**
   * Two members: what hits the second costs one stall, what hits the voter costs the writing, and
   * no write.
   */
  async "a second copy"({ seed, random, making }) {
    const cluster = await AgreementCluster.of(2, seed, { isDurable: true, voters: 1, ...making });
    for (let round = 0; round < 5; round++) {
      await expectCopies(cluster, 2);
      const master = masterOf(cluster);
      const second = othersOf(cluster, master)[0] as SimMember;
      switch (randomBelow(random, 5)) {
        case 0:
          await cluster.crash([second], random);
          await cluster.expectWrite(master, STALL_MS);
          await cluster.restart([second.number]);
          break;
        case 1:
          second.process.pause();
          await cluster.expectWrite(master, STALL_MS);
          await cluster.run(randomBetween(random, 0, 2_000));
          second.process.resume();
          break;
        case 2:
          cluster.slowDisk(second.number, 900);
          await cluster.run(randomBetween(random, 0, 5_000));
          await cluster.expectWrite(master, 5_000);
          cluster.mendDisk(second.number);
          break;
        case 3:
          cluster.members.world.cuts.partition([[master.number], [second.number]]);
          await cluster.expectWrite(master, STALL_MS);
          await cluster.run(randomBetween(random, 0, 2_000));
          cluster.members.world.cuts.heal();
          break;
        case 4:
          await cluster.crash([master], random);
          await cluster.run(randomBetween(random, 0, 3_000));
          promise(cluster.master === undefined, "the second of two took over by itself");
          await cluster.restart([master.number]);
          break;
      }
      await cluster.run(randomBetween(random, 0, 2_000));
    }
    return await cluster.finish(MASTER_MS);
  },

  /**
   * Two members of which one is not heard by the other, or refused: one stall, and both copies soon
   * after.
   */
  async "a second copy that is not heard"({ seed, random, making }) {
    const cluster = await AgreementCluster.of(2, seed, { isDurable: true, voters: 1, ...making });
    const { cuts } = cluster.members.world;
    for (let round = 0; round < 4; round++) {
      await expectCopies(cluster, 2, WHOLE_MS);
      const master = masterOf(cluster);
      const second = othersOf(cluster, master)[0] as SimMember;
      const way = sample(random, [master.number, second.number], 2) as [number, number];
      const isRefusing = random.next() < 0.5;
      if (random.next() < 0.3) cuts.partition([[master.number], [second.number]], isRefusing);
      else if (isRefusing) cuts.refuse(...way);
      else cuts.cut(...way);
      await cluster.expectWrite(master, STALL_MS);
      await cluster.run(randomBetween(random, 0, 5_000));
      cuts.heal();
      await cluster.run(randomBetween(random, 0, 2_000));
    }
    return await cluster.finish(MASTER_MS);
  },

  /**
   * A third joins two and leaves again: the second is promoted, and demoted, and there are two
   * copies all along.
   */
  async "two, three and two"({ seed, random, making }) {
    const cluster = await AgreementCluster.of(2, seed, { isDurable: true, voters: 1, ...making });
    await expectCopies(cluster, 2);
    await cluster.start(3);
    await cluster.expectVoters(3);
    await cluster.run(randomBetween(random, 0, 2_000));
    await cluster.members.leave(survivor(cluster, random).number);
    await cluster.expectVoters(1);
    await expectCopies(cluster, 2);
    // The only voter leaves: the second is promoted, and takes over.
    await cluster.members.leave(masterOf(cluster).number);
    await cluster.expectWrite(survivor(cluster, random), MASTER_MS);
    return await cluster.finish();
  },

  /**
   * The voter's disk is lost: what it acknowledged while the second was in step is in that one's
   * folder.
   */
  async "the master's disk is lost"({ seed, random, making }) {
    const cluster = await AgreementCluster.of(2, seed, { isDurable: true, voters: 1, ...making });
    await expectCopies(cluster, 2);
    await cluster.run(randomBetween(random, 0, 3_000));
    const master = masterOf(cluster);
    const second = othersOf(cluster, master)[0] as SimMember;
    const { world } = cluster.members;
    master.process.kill();
    await cluster.run(randomBetween(random, 0, 3_000));
    second.process.kill();
    await cluster.startForced(second.number);
    await cluster.expectWrite(survivor(cluster, random), MASTER_MS);
    world.trace("forced");
    return await cluster.finish();
  },

  /** One with a folder and two without: a dead one without goes, and then the other. */
  async "one folder of three"({ seed, random, making }) {
    const cluster = await AgreementCluster.of(3, seed, {
      isDurable: true,
      forgetful: [2, 3],
      ...making,
    });
    await cluster.run(randomBetween(random, 0, 2_000));
    const victim = cluster.members.member(2 + randomBelow(random, 2));
    victim.process.kill();
    await cluster.expectVoters(1);
    const { node } = cluster.members.member(1);
    promise(cluster.voters[0] === node.id, `the voter is ${cluster.voters}, which keeps nothing`);
    await expectCopies(cluster, 1);
    await cluster.expectWrite(survivor(cluster, random), MASTER_MS);
    return await cluster.finish();
  },
};

/** All that run say so many copies in time, and as many disks: one of each when there is one. */
async function expectCopies(
  cluster: AgreementCluster,
  copies: number,
  withinMs = STEP_MS,
): Promise<void> {
  const isSo = () =>
    cluster.members.running.every(({ node }) => {
      const status = node.statusView();
      return status["copies"] === copies && status["disks"] === copies;
    });
  const tookMs = await cluster.members.world.runUntil(isSo, withinMs);
  const shown = cluster.members.running.map(({ number, node }) =>
    `${number}: ${node.statusView()["copies"]} copies`
  );
  promise(tookMs !== undefined, `not ${copies} copies: ${shown}; ${cluster.standing()}`);
}
