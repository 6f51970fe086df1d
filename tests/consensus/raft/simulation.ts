import type { Change } from "../../../lib/consensus/raft/mod.ts";
import { randomBelow, randomBetween, sample } from "../../../lib/core/mod.ts";
import { fail, Violation } from "./checker.ts";
import { type SimNode, type SimulationOptions, World } from "./world.ts";

export type { InjectedBug, SimulationOptions } from "./world.ts";

/** What came of one run. */
export interface SimulationResult {
  seed: number;
  /** The property that did not hold, if any did not. */
  violation: string | undefined;
  simulatedMs: number;
  inputs: number;
  committed: number;
  highestTerm: number;
}

/** A run: faults and clients over a world, then healing and calm. One seed is one run. */
class Simulation extends World {
  /** Runs through faults, healing and calm. */
  run(): SimulationResult {
    let violation: string | undefined;
    try {
      this.plan(0, () => this.#client());
      this.plan(300, () => this.#fault());
      this.runUntil(this.options.faultMs ?? 15_000);
      this.#heal();
      this.runUntil(this.now + 8_000);
      this.#checkLiveness();
      this.#calm();
    } catch (error) {
      if (!(error instanceof Violation) && !(error instanceof Error)) throw error;
      violation = error instanceof Violation ? error.message : String(error.stack);
    }
    return {
      seed: this.options.seed,
      violation,
      simulatedMs: this.now,
      inputs: this.inputs,
      committed: this.checker.committed,
      highestTerm: this.highestTerm,
    };
  }

  #client(): void {
    this.plan(randomBetween(this.random, 5, 60), () => this.#client());
    const running = this.running();
    for (const node of running) {
      if (node.machine?.isLeader !== true || this.random.next() < 0.3) continue;
      const request = ++this.lastRequest;
      this.give(node, { type: "propose", proposals: [{ request, data: `v${request}` }] });
    }
    const reader = sample(this.random, running, 1)[0];
    const leaders = running.filter((node) => node.machine?.isLeader === true);
    for (const node of new Set([reader, ...leaders])) {
      if (node === undefined) continue;
      const request = ++this.lastRequest;
      node.requests.set(request, { acknowledged: this.checker.acknowledged });
      this.give(node, { type: "read", request });
    }
  }

  #fault(): void {
    if (!this.isFaulty) return;
    this.plan(randomBetween(this.random, 50, 700), () => this.#fault());
    const random = this.random;
    const all = [...this.nodes.values()];
    const node = sample(random, this.running(), 1)[0];
    const leader = this.running().find((running) => running.machine?.isLeader);
    const victim = leader !== undefined && random.next() < 0.4 ? leader : node;
    if (victim === undefined) return;
    switch (randomBelow(random, 19)) {
      case 0:
        return this.crash(victim);
      case 1:
        victim.crashAfterEffects = randomBelow(random, 4);
        return;
      case 2:
        for (const crashed of sample(random, all, 3)) this.crash(crashed);
        return;
      case 3: {
        const side = new Set(sample(random, all, 1 + randomBelow(random, 3)));
        const isOneWay = random.next() < 0.3;
        for (const a of side) {
          for (const b of all) {
            if (side.has(b)) continue;
            this.cuts.cut(a.id, b.id);
            if (!isOneWay) this.cuts.cut(b.id, a.id);
          }
        }
        return;
      }
      case 4:
        for (const other of all) {
          this.cuts.cut(victim.id, other.id);
          if (random.next() < 0.7) this.cuts.cut(other.id, victim.id);
        }
        // The others may be told by a reset that the victim never sees.
        if (random.next() < 0.5) this.breakLinks(victim.id);
        return;
      case 5:
      case 6:
        this.cuts.heal();
        this.starved.clear();
        return;
      case 17:
        for (const node of sample(random, all, 2)) this.starved.add(node.id);
        return;
      case 7:
        victim.pausedUntil = this.now + randomBetween(random, 50, 2_000);
        return;
      case 8:
        this.loss = random.next() < 0.5 ? 0 : 0.25 * random.next();
        this.duplication = random.next() < 0.5 ? 0 : 0.2;
        this.slowness = random.next() < 0.8 ? 1 : 10;
        return;
      case 9:
        for (const snapshotting of sample(random, this.running(), 3)) {
          // A shell writes the state of now while it goes on, and says so when all of it is on
          // disk.
          const index = snapshotting.applied;
          snapshotting.saved.set(index, snapshotting.hash);
          const takesMs = random.next() < 0.5 ? 1 : randomBetween(random, 1, 1_000);
          this.later(snapshotting, { type: "snapshot-taken", index }, takesMs);
        }
        return;
      case 10:
      case 11:
        return this.#changeSomething();
      case 12:
        if (random.next() < 0.5) return this.breakLinks(victim.id);
        return this.give(victim, { type: "transfer", request: ++this.lastRequest });
      default:
        // All see the leader go at the same moment: candidates collide, or it lives on and does not
        // know.
        if (leader === undefined) return;
        for (const other of this.running()) {
          if (other !== leader) this.later(other, { type: "link-broken", node: leader.id }, 1);
        }
        if (random.next() < 0.4) return this.#isolate(leader.id);
        this.slowness = 10;
        this.crash(leader);
        return;
    }
  }

  #changeSomething(): void {
    for (const node of this.running()) {
      if (node.machine?.isLeader !== true) continue;
      const { config } = node.machine.status();
      const { voters, learners } = config;
      const outside = [...this.nodes.keys()].filter((id) =>
        !voters.includes(id) && !learners.includes(id)
      );
      const choices: Change[] = [];
      for (const id of outside) {
        choices.push({ type: "add-learner", node: id, memory: this.keepsNothing(id) });
      }
      for (const id of learners) choices.push({ type: "promote", node: id });
      for (const id of learners) choices.push({ type: "promote", node: id });
      if (voters.length > 2) {
        for (const id of voters) choices.push({ type: "remove", node: id });
      }
      if (voters.length > 1) {
        choices.push({ type: "demote", node: sample(this.random, voters, 1)[0]! });
        choices.push({ type: "demote", node: sample(this.random, voters, 1)[0]! });
      }
      const change = sample(this.random, choices, 1)[0];
      if (change === undefined) continue;
      this.give(node, { type: "change", request: ++this.lastRequest, change });
      if (this.random.next() < 0.5) this.#changeSomething();
    }
  }

  /** Cuts all links of a node, silently, in both directions. */
  #isolate(id: string): void {
    for (const other of this.nodes.keys()) {
      this.cuts.cut(id, other);
      this.cuts.cut(other, id);
    }
  }

  #heal(): void {
    this.isFaulty = false;
    this.cuts.heal();
    this.starved.clear();
    this.loss = 0;
    this.duplication = 0;
    this.slowness = 1;
    for (const node of this.nodes.values()) {
      node.pausedUntil = 0;
      node.crashAfterEffects = undefined;
      this.start(node);
    }
  }

  #checkLiveness(): void {
    const leader = this.leader();
    if (leader === undefined) fail("there is no leader after the faults healed");
    const before = this.checker.committed;
    this.runUntil(this.now + 2_000);
    if (this.checker.committed <= before) fail("nothing is committed after the faults healed");
    const { config } = leader.machine!.status();
    for (const id of [...config.voters, ...config.learners]) {
      const { applied } = this.nodes.get(id)!;
      if (applied < before) fail(`${id} is left behind at ${applied} of ${before}`);
    }
  }

  /** A healthy leader keeps its term when one member alone has trouble. */
  #calm(): void {
    const leader = this.leader()!;
    const { term, config } = leader.machine!.status();
    const other = config.voters.find((id) => id !== leader.id);
    if (config.voters.length < 3 || other === undefined) return;
    this.give(this.nodes.get(other)!, { type: "link-broken", node: leader.id });
    this.runUntil(this.now + 1_000);
    this.#checkSameTerm(leader, term, "a member's own link broke");
    this.#isolate(other);
    this.runUntil(this.now + 3_000);
    this.cuts.heal();
    this.runUntil(this.now + 1_500);
    this.#checkSameTerm(leader, term, "an isolated member came back");
  }

  #checkSameTerm(leader: SimNode, term: number, cause: string): void {
    const status = leader.machine?.status();
    if (status?.role === "leader" && status.term === term) return;
    fail(`a healthy leader lost its term ${term} because ${cause}`);
  }
}

/** Runs one seed. */
export function runSeed(options: SimulationOptions): SimulationResult {
  return new Simulation(options).run();
}
