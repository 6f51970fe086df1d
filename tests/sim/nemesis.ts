import {
  type Millis,
  type Random,
  randomBelow,
  randomBetween,
  sample,
} from "../../lib/core/mod.ts";
import type { AgreementCluster } from "./agreement_cluster.ts";
import type { SimMember } from "./sim_cluster.ts";

/** Members at the most: more would only make a run slower. */
const MOST_MEMBERS = 7;

/** A leap of a monotonic clock, at the most: past every session's and lease's time. */
const LEAP_MS = 100_000;
/** How late a slow machine does everything, at the most. */
const SLOW_MS = 200;
/** How long a sync of a slow disk takes, at the most. */
const SLOW_SYNC_MS = 400;

/**
 * Harms a cluster at random, within what it is meant to survive. Without disks, who is killed takes
 * its vote with it, and a majority of the voters must always be left; with disks, all may be
 * killed.
 */
export class Nemesis {
  readonly #cluster: AgreementCluster;
  readonly #random: Random;
  readonly #paused = new Set<SimMember>();
  /** Who is to come back, by number. */
  readonly #killed = new Set<number>();
  /** Whose disk is slow or broken. */
  readonly #harmed = new Set<SimMember>();
  readonly #leaving: Promise<void>[] = [];
  #isCut = false;
  #nextNumber: number;

  constructor(cluster: AgreementCluster, random: Random) {
    this.#cluster = cluster;
    this.#random = random;
    this.#nextNumber = Math.max(...cluster.members.members.keys()) + 1;
  }

  /** Harms for so long. */
  async rage(durationMs: Millis): Promise<void> {
    const { world } = this.#cluster.members;
    const endsAt = world.now + durationMs;
    while (world.now < endsAt) {
      await this.#harm();
      await this.#cluster.run(randomBetween(this.#random, 100, 3_000));
    }
  }

  /** Ends every harm that can be ended. */
  async relent(): Promise<void> {
    this.#heal();
    await this.#restart();
    await this.#cluster.run(1_000);
    await this.#cluster.members.world.complete(
      Promise.all(this.#leaving),
      20_000,
      "the leaves under way",
    );
  }

  async #harm(): Promise<void> {
    const { world } = this.#cluster.members;
    switch (randomBelow(this.#random, this.#isDurable ? 13 : 12)) {
      case 0:
        return await this.#kill();
      case 12:
        return this.#harmDisk();
      case 9:
        this.#pick()?.process.clock.jump(randomBetween(this.#random, 0, LEAP_MS));
        return;
      case 10: {
        const slow = this.#pick();
        if (slow !== undefined) slow.process.slowMs = randomBetween(this.#random, 0, SLOW_MS);
        return;
      }
      case 11:
        return await this.#restart();
      case 1:
        return this.#leave();
      case 2:
        return await this.#join();
      case 3:
        return this.#pause();
      case 4:
        return this.#partition();
      case 5:
        return this.#cutOneWay();
      case 6:
        world.conditions.loss = randomBetween(this.#random, 0, 0.2);
        return;
      case 7:
        return this.#transfer();
      default:
        return this.#heal();
    }
  }

  /**
   * Whether one voter more may be lost for good: nothing else is wrong, and most of them are left.
   */
  get #maySpareOne(): boolean {
    const { voters, members } = this.#cluster;
    const running = new Set(members.running.map(({ node }) => node.id));
    const isCalm = !this.#isCut && this.#paused.size === 0 && voters.every((id) => running.has(id));
    return isCalm && voters.length >= 3;
  }

  get #isDurable(): boolean {
    return this.#cluster.members.disks !== undefined;
  }

  async #kill(): Promise<void> {
    const victim = this.#pick();
    if (victim === undefined || (!this.#isDurable && !this.#maySpareOne)) return;
    if (this.#isDurable) this.#killed.add(victim.number);
    await this.#cluster.crash([victim], this.#random);
  }

  /**
   * A disk becomes slow, or takes no more: then its node ends, and comes back when the disk is
   * mended.
   */
  #harmDisk(): void {
    const victim = this.#pick();
    if (victim === undefined) return;
    if (this.#random.next() < 0.5) {
      this.#cluster.slowDisk(victim.number, randomBetween(this.#random, 0, SLOW_SYNC_MS));
    } else {
      this.#cluster.breakDisk(victim.number, this.#random.next() < 0.5 ? "full" : "failing");
    }
    this.#harmed.add(victim);
  }

  /** Who was killed comes back with its disk. */
  async #restart(): Promise<void> {
    for (const { number, process } of this.#harmed) {
      this.#cluster.mendDisk(number);
      if (process.isDead) this.#killed.add(number);
    }
    this.#harmed.clear();
    const numbers = [...this.#killed];
    this.#killed.clear();
    await this.#cluster.restart(numbers);
  }

  #leave(): void {
    const leaver = this.#maySpareOne ? this.#pick() : undefined;
    if (leaver === undefined) return;
    leaver.hasLeft = true;
    // One that the others cannot do without stays.
    this.#leaving.push(leaver.node.leave().catch(() => void (leaver.hasLeft = false)));
  }

  async #join(): Promise<void> {
    const { length } = this.#cluster.members.running;
    // Without anybody to join it would found another cluster.
    if (length === 0 || length >= MOST_MEMBERS || this.#isCut) return;
    // A newcomer may be refused while what it joins through is gone: then it is not there.
    await this.#cluster.start(this.#nextNumber++).catch(() => {});
  }

  #pause(): void {
    const member = this.#pick();
    if (member === undefined || this.#cluster.members.running.length < 2) return;
    member.process.pause();
    this.#paused.add(member);
  }

  #partition(): void {
    const numbers = this.#cluster.members.running.map(({ number }) => number);
    const part = sample(this.#random, numbers, 1 + randomBelow(this.#random, numbers.length));
    this.#cluster.members.world.cuts.partition([
      part,
      numbers.filter((number) => !part.includes(number)),
    ], this.#random.next() < 0.5);
    this.#isCut = true;
  }

  #cutOneWay(): void {
    const [from, to] = sample(this.#random, this.#cluster.members.running, 2);
    if (from === undefined || to === undefined) return;
    const { cuts } = this.#cluster.members.world;
    if (this.#random.next() < 0.5) cuts.cut(from.number, to.number);
    else cuts.refuse(from.number, to.number);
    this.#isCut = true;
  }

  #transfer(): void {
    void this.#pick()?.node.transfer().catch(() => {});
  }

  #heal(): void {
    const { world } = this.#cluster.members;
    world.cuts.heal();
    world.conditions.loss = 0;
    this.#isCut = false;
    for (const { process } of this.#cluster.members.running) process.slowMs = 0;
    for (const { process } of this.#paused) process.resume();
    this.#paused.clear();
  }

  #pick(): SimMember | undefined {
    return sample(this.#random, this.#cluster.members.running, 1)[0];
  }
}
