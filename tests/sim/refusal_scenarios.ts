import { type Random, randomBelow, sample } from "../../lib/core/mod.ts";
import type { Scenario, Stage } from "./scenarios.ts";
import { SimCluster } from "./sim_cluster.ts";
import { promise } from "./violation.ts";

/**
 * Changes of belief that one harm may cost: each member hears of two suspicions, and of their end.
 */
const CHANGES_PER_MEMBER = 4;

/**
 * What refuses instead of being silent: firewalls that answer for the host behind them, wrong
 * addresses.
 */
export const REFUSAL_SCENARIOS: Readonly<Record<string, Scenario>> = {
  /**
   * Two refuse each other's dials and reset each other's links, for two minutes: no storm, nobody
   * dies.
   */
  async "two refuse each other"({ seed, nodes, random }) {
    const cluster = await settled({ seed, nodes });
    const [one, other] = twoOf(random, nodes);
    cluster.world.cuts.refuse(one, other);
    cluster.world.cuts.refuse(other, one);
    await expectCalm(cluster, 10_000, CHANGES_PER_MEMBER * nodes);
    await expectCalm(cluster, 110_000, CHANGES_PER_MEMBER);
    expectTold(cluster, one, other);
    expectMaster(cluster, Math.min(nodes, 3));
    cluster.world.cuts.heal();
    await cluster.world.run(8_000);
    const notes = notesOf(cluster, one).concat(notesOf(cluster, other));
    promise(notes.length === 0, `after the heal: ${notes.join("; ")}`);
    return whole(cluster);
  },

  /**
   * One is refused by another, which reaches it: one suspicion a probe period at the most, nobody
   * dies.
   */
  async "one way refuses"({ seed, nodes, random }) {
    const cluster = await settled({ seed, nodes });
    const [one, other] = twoOf(random, nodes);
    cluster.world.cuts.refuse(one, other);
    await expectCalm(cluster, 60_000, CHANGES_PER_MEMBER * nodes);
    expectMaster(cluster, Math.min(nodes, 3));
    cluster.world.cuts.heal();
    await cluster.world.run(8_000);
    return whole(cluster);
  },

  /**
   * A minority is cut off by a firewall that refuses: each side keeps its peace, and it is whole
   * after.
   */
  async "a partition refuses"({ seed, nodes, random }) {
    const cluster = await settled({ seed, nodes });
    const all = Array.from({ length: nodes }, (_, at) => at + 1);
    const part = sample(random, all, Math.floor((nodes - 1) / 2));
    cluster.world.cuts.partition([part, all.filter((number) => !part.includes(number))], true);
    await expectChanges(cluster, 10_000 + randomBelow(random, 20_000), 3 * nodes * nodes);
    cluster.world.cuts.heal();
    await cluster.expectWhole(8_000);
    await cluster.world.run(5_000);
    promise(cluster.isWhole, `it fell apart again: ${cluster.view()}`);
    return cluster;
  },

  /** Two members name addresses at which nothing listens: they stay, are told, and get no vote. */
  async "wrong addresses"({ seed, nodes, random }) {
    const misadvertised = twoOf(random, nodes - 1).map((number) => number + 1);
    const cluster = await settled({ seed, nodes, misadvertised });
    await expectCalm(cluster, 60_000, CHANGES_PER_MEMBER);
    for (const number of misadvertised) {
      const { node } = cluster.member(number);
      const isTold = notesOf(cluster, number).some((note) => note.includes("--advertise"));
      promise(isTold, `member ${number} does not know that nobody can dial it`);
      for (const other of cluster.running) {
        const view = other.node.members.find(({ id }) => id === node.id);
        promise(view?.undialable === true, `${other.number} does not know it of ${number}`);
        promise(view.role === "member", `member ${number} is a ${view.role}`);
      }
    }
    const dialable = nodes - misadvertised.length;
    expectMaster(cluster, dialable % 2 === 1 ? dialable : dialable - 1);
    return whole(cluster);
  },
};

/** A cluster whose voters are as many as suit. */
async function settled(
  { seed, nodes, misadvertised = [] }: Pick<Stage, "seed" | "nodes"> & {
    misadvertised?: readonly number[];
  },
): Promise<SimCluster> {
  const cluster = await SimCluster.of(nodes, seed, { misadvertised });
  await cluster.world.run(15_000);
  return cluster;
}

async function expectChanges(cluster: SimCluster, forMs: number, atMost: number): Promise<void> {
  const before = cluster.beliefs.length;
  await cluster.world.run(forMs);
  const changes = cluster.beliefs.length - before;
  promise(changes <= atMost, `${changes} changes of belief in ${forMs} ms, not ${atMost}`);
}

async function expectCalm(cluster: SimCluster, forMs: number, atMost: number): Promise<void> {
  await expectChanges(cluster, forMs, atMost);
  const dead = cluster.beliefs.find(({ state }) => state === "dead");
  promise(dead === undefined, `a refusal killed: ${dead?.cause}`);
}

function expectTold(cluster: SimCluster, one: number, other: number): void {
  for (const [number, refusing] of [[one, other], [other, one]] as const) {
    const notes = notesOf(cluster, number);
    const isTold = notes.some((note) => note.includes(`n${refusing}`));
    promise(isTold, `member ${number} does not note that ${refusing} refuses it: ${notes}`);
  }
}

/** Every member follows one master, which at least so many vote for. */
function expectMaster(cluster: SimCluster, voters: number): void {
  const masters = new Set(cluster.running.map(({ node }) => node.master));
  promise(masters.size === 1 && !masters.has(undefined), `masters: ${[...masters].join(", ")}`);
  for (const { number, node } of cluster.running) {
    const votes = (node.statusView()["voters"] as unknown[]).length;
    promise(votes >= voters, `${number} knows of ${votes} voters, not ${voters}`);
  }
}

function notesOf(cluster: SimCluster, number: number): string[] {
  return cluster.member(number).node.statusView()["notes"] as string[];
}

function whole(cluster: SimCluster): SimCluster {
  promise(cluster.isWhole, `it is not whole: ${cluster.view()}`);
  cluster.expectNoWrongDeath();
  return cluster;
}

function twoOf(random: Random, nodes: number): [number, number] {
  return sample(random, Array.from({ length: nodes }, (_, at) => at + 1), 2) as [number, number];
}
