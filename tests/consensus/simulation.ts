import {
  type Change,
  Consensus,
  type ConsensusEffect,
  type ConsensusInput,
  type ConsensusMessage,
  type ConsensusTiming,
  type Entry,
  type Index,
  type Rules,
  type SnapshotMeta,
} from "../../lib/consensus/mod.ts";
import {
  type Message,
  randomBelow,
  randomBetween,
  sample,
  SeededRandom,
} from "../../lib/core/mod.ts";
import { Checker, fail, hashAfter, Violation } from "./checker.ts";
import { EventQueue } from "./event_queue.ts";

/** A planted bug: rules replaced, effects or inputs tampered with. */
export interface Plant {
  rules?: Partial<Rules>;
  effects?(effects: ConsensusEffect[]): ConsensusEffect[];
  input?(input: ConsensusInput): ConsensusInput;
}

/** What one run is made of. */
export interface SimulationOptions {
  seed: number;
  /** Simulated ms under faults (default 15,000); healing and calm come on top. */
  faultMs?: number;
  plant?: Plant;
  timing?: ConsensusTiming;
}

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

interface Disk {
  isFounded: boolean;
  term: number;
  votedFor: string | null;
  snapshot: SnapshotMeta | undefined;
  snapshotHash: number;
  entries: Entry[];
}

interface SimNode {
  id: string;
  machine: Consensus | undefined;
  /** Counts restarts: what was meant for an earlier life is lost. */
  life: number;
  disk: Disk;
  applied: Index;
  hash: number;
  /** Snapshots that arrived and are not installed. */
  held: Map<Index, number>;
  pausedUntil: number;
  clockRate: number;
  wakeAt: number;
  /** Crashes after so many effects of some input to come. */
  crashAfterEffects: number | undefined;
  requests: Map<number, { acknowledged: Index }>;
  accepted: Map<Index, number>;
}

type SimEvent =
  | { type: "input"; node: SimNode; life: number; input: ConsensusInput }
  | { type: "wake"; node: SimNode; life: number }
  | { type: "restart"; node: SimNode }
  | { type: "client" }
  | { type: "fault" };

const FOUNDERS = ["n1", "n2", "n3"];
const SPARES = ["n4", "n5", "n6"];

/** A cluster of machines over a fake clock, network and disk: one seed is one run. */
export class Simulation {
  readonly #random: SeededRandom;
  readonly #options: SimulationOptions;
  readonly #timing: ConsensusTiming;
  readonly #queue = new EventQueue<SimEvent>();
  readonly #nodes = new Map<string, SimNode>();
  readonly #checker: Checker;
  /** Directed cuts: `from>to`. */
  readonly #cuts = new Set<string>();
  #loss = 0;
  #duplication = 0;
  #slowness = 1;
  #now = 0;
  #inputs = 0;
  #lastRequest = 0;
  #highestTerm = 0;
  #isFaulty = true;

  constructor(options: SimulationOptions) {
    this.#options = options;
    this.#random = new SeededRandom(options.seed);
    this.#timing = options.timing ?? { electionTimeoutMs: 700, heartbeatMs: 150 };
    this.#checker = new Checker({ voters: FOUNDERS, learners: [] });
    for (const id of [...FOUNDERS, ...SPARES]) {
      const node: SimNode = {
        id,
        machine: undefined,
        life: 0,
        disk: {
          isFounded: false,
          term: 0,
          votedFor: null,
          snapshot: undefined,
          snapshotHash: 0,
          entries: [],
        },
        applied: 0,
        hash: 0,
        held: new Map(),
        pausedUntil: 0,
        clockRate: randomBetween(this.#random, 0.98, 1.02),
        wakeAt: Infinity,
        crashAfterEffects: undefined,
        requests: new Map(),
        accepted: new Map(),
      };
      this.#nodes.set(id, node);
      this.#start(node);
    }
  }

  /** Runs through faults, healing and calm. */
  run(): SimulationResult {
    let violation: string | undefined;
    try {
      this.#queue.add(0, { type: "client" });
      this.#queue.add(300, { type: "fault" });
      this.#runUntil(this.#options.faultMs ?? 15_000);
      this.#heal();
      this.#runUntil(this.#now + 8_000);
      this.#checkLiveness();
      this.#calm();
    } catch (error) {
      if (!(error instanceof Violation) && !(error instanceof Error)) throw error;
      violation = error instanceof Violation ? error.message : String(error.stack);
    }
    return {
      seed: this.#options.seed,
      violation,
      simulatedMs: this.#now,
      inputs: this.#inputs,
      committed: this.#checker.committed,
      highestTerm: this.#highestTerm,
    };
  }

  #runUntil(end: number): void {
    while (this.#queue.nextAt <= end) {
      const { at, event } = this.#queue.take()!;
      this.#now = at;
      this.#perform(event);
    }
    this.#now = end;
  }

  #perform(event: SimEvent): void {
    switch (event.type) {
      case "input":
      case "wake": {
        const { node, life } = event;
        // Only a message may outlive the process that it was sent to.
        const isMessage = event.type === "input" && event.input.type === "message";
        if (node.machine === undefined || (node.life !== life && !isMessage)) return;
        if (this.#now < node.pausedUntil) {
          this.#queue.add(node.pausedUntil, event);
          return;
        }
        if (event.type === "input") return this.#handle(node, event.input);
        if (node.wakeAt > this.#now) return;
        node.wakeAt = Infinity;
        return this.#handle(node, { type: "tick" });
      }
      case "restart":
        return this.#start(event.node);
      case "client":
        this.#client();
        this.#queue.add(this.#now + randomBetween(this.#random, 5, 60), event);
        return;
      case "fault":
        if (!this.#isFaulty) return;
        this.#fault();
        this.#queue.add(this.#now + randomBetween(this.#random, 50, 700), event);
        return;
    }
  }

  #localTime(node: SimNode): number {
    return 1_000 + this.#now * node.clockRate;
  }

  #start(node: SimNode): void {
    if (node.machine !== undefined) return;
    const { disk } = node;
    node.life++;
    node.applied = disk.snapshot?.index ?? 0;
    node.hash = disk.snapshotHash;
    node.wakeAt = Infinity;
    node.held.clear();
    node.requests.clear();
    node.accepted.clear();
    node.crashAfterEffects = undefined;
    const { snapshot } = disk;
    node.machine = new Consensus({
      id: node.id,
      random: new SeededRandom(randomBelow(this.#random, 2 ** 32)),
      timing: this.#timing,
      now: this.#localTime(node),
      restored: disk.isFounded
        ? {
          term: disk.term,
          votedFor: disk.votedFor,
          ...(snapshot === undefined ? {} : { snapshot }),
          entries: structuredClone(disk.entries),
        }
        : undefined,
      bootstrap: FOUNDERS.includes(node.id) ? { voters: FOUNDERS } : undefined,
      trailingEntries: 3,
      appendEntries: 1 + randomBelow(this.#random, 3),
      rules: this.#options.plant?.rules ?? {},
    });
    this.#handle(node, { type: "tick" });
  }

  #crash(node: SimNode, longestMs = this.#random.next() < 0.5 ? 20 : 2_500): void {
    if (node.machine === undefined) return;
    node.machine = undefined;
    node.life++;
    const back = this.#now + randomBetween(this.#random, 0, longestMs);
    this.#queue.add(back, { type: "restart", node });
    // Most crashes are seen at once, as broken links.
    if (longestMs > 1 && this.#random.next() < 0.7) this.#breakLinks(node.id);
  }

  #breakLinks(id: string): void {
    for (const other of this.#nodes.values()) {
      if (other.id !== id) this.#later(other, { type: "link-broken", node: id });
    }
  }

  #later(node: SimNode, input: ConsensusInput, delay = this.#delay()): void {
    this.#queue.add(this.#now + delay, { type: "input", node, life: node.life, input });
  }

  #delay(): number {
    const isLate = this.#isFaulty && this.#random.next() < 0.02;
    return this.#slowness * randomBetween(this.#random, 0.5, 10) + (isLate ? 500 : 0);
  }

  #handle(node: SimNode, input: ConsensusInput): void {
    const { machine } = node;
    if (machine === undefined) return;
    this.#inputs++;
    const plant = this.#options.plant;
    const given = plant?.input?.(input) ?? input;
    const before = machine.status();
    const effects = machine.handle(this.#localTime(node), given);
    const tampered = plant?.effects?.(effects) ?? effects;
    const crashAfter = this.#crashPoint(node, given, tampered);
    for (const [count, effect] of tampered.entries()) {
      if (count >= crashAfter) break;
      this.#performEffect(node, machine, effect);
    }
    // A restart so quick that nobody notices is the cruellest.
    if (crashAfter !== Infinity) {
      return this.#crash(node, this.#random.next() < 0.7 ? 1 : undefined);
    }
    const status = machine.status();
    this.#highestTerm = Math.max(this.#highestTerm, status.term);
    if (status.role === "leader") this.#checker.leads(status, (index) => machine.termAt(index));
    const led = before.role === "leader" && before.term === status.term;
    if (led && status.config !== before.config && before.config !== before.committedConfig) {
      fail(`${node.id} changed the configuration while another change was under way`);
    }
    if (led && status.commitIndex > before.commitIndex) {
      this.#checker.commits(node.id, status.term, machine.termAt(status.commitIndex));
    }
    this.#arm(node, machine);
  }

  /** After how many of the effects a node crashes: the rest, also of the disk's, never happens. */
  #crashPoint(node: SimNode, input: ConsensusInput, effects: readonly unknown[]): number {
    const isVote = input.type === "message" && input.message.type === "vote-request";
    const isPlanned = node.crashAfterEffects !== undefined && effects.length > 1;
    const chance = !this.#isFaulty ? 0 : isPlanned ? 1 : isVote ? 0.25 : 0.002;
    if (chance === 0 || this.#random.next() >= chance) return Infinity;
    return isPlanned ? node.crashAfterEffects! : randomBelow(this.#random, effects.length + 1);
  }

  #arm(node: SimNode, machine: Consensus): void {
    const deadline = machine.nextDeadline();
    if (deadline === undefined) return;
    const at = Math.max(this.#now, (deadline - 1_000) / node.clockRate) + 0.001;
    if (at >= node.wakeAt) return;
    node.wakeAt = at;
    this.#queue.add(at, { type: "wake", node, life: node.life });
  }

  #performEffect(node: SimNode, machine: Consensus, effect: ConsensusEffect): void {
    switch (effect.type) {
      case "persist":
        return this.#persist(node, machine, effect);
      case "send":
        this.#checker.says(node.id, effect.to, effect.message);
        return this.#send(node.id, effect.to, effect.message);
      case "apply":
        return this.#apply(node, effect.entries);
      case "compact":
        node.disk.snapshot = effect.snapshot;
        node.disk.snapshotHash = node.hash;
        node.disk.entries = node.disk.entries.filter((entry) => entry.index > effect.through);
        return;
      case "send-snapshot":
        return this.#sendSnapshot(node, effect.to, effect.term);
      case "install": {
        const { snapshot } = effect;
        node.hash = node.held.get(snapshot.index) ?? NaN;
        node.applied = snapshot.index;
        Object.assign(node.disk, {
          snapshot,
          snapshotHash: node.hash,
          entries: [],
          isFounded: true,
        });
        const { committedConfig } = machine.status();
        return this.#checker.installs(node.id, snapshot, node.hash, committedConfig);
      }
      case "accepted":
        node.accepted.set(effect.index, effect.term);
        return;
      case "read-ready": {
        const request = node.requests.get(effect.request);
        if (request === undefined) fail(`${node.id} answered a read twice`);
        node.requests.delete(effect.request);
        return this.#checker.reads(node.id, effect.index, node.applied, request.acknowledged);
      }
      case "read-failed":
        node.requests.delete(effect.request);
        return;
      case "reject":
        return fail(`${node.id} rejects a message of ${effect.from}: ${effect.reason}`);
    }
  }

  #persist(
    node: SimNode,
    machine: Consensus,
    effect: Extract<ConsensusEffect, { type: "persist" }>,
  ): void {
    const { disk } = node;
    disk.isFounded = true;
    if (effect.vote !== undefined) {
      if (effect.vote.term < disk.term) fail(`${node.id} went back to term ${effect.vote.term}`);
      Object.assign(disk, effect.vote);
    }
    if (effect.snapshot !== undefined) disk.snapshot = effect.snapshot;
    const { truncateFrom, entries } = effect;
    if (truncateFrom !== undefined) {
      disk.entries = disk.entries.filter((entry) => entry.index < truncateFrom);
    }
    if (entries === undefined) return;
    const first = entries[0]!;
    const last = disk.entries.at(-1)?.index ?? disk.snapshot?.index ?? 0;
    if (first.index !== last + 1 && disk.entries.length > 0) {
      fail(`${node.id} leaves a gap between ${last} and ${first.index}`);
    }
    this.#checker.writes(node.id, entries, machine.termAt(first.index - 1));
    if (machine.isLeader) {
      const { term, commitIndex, firstIndex } = machine.status();
      const isChange = entries.some((entry) => entry.type === "config" && entry.term === term);
      // A leader alone commits within the same turn.
      if (isChange && commitIndex >= firstIndex && commitIndex < first.index) {
        this.#checker.changes(node.id, term, machine.termAt(commitIndex));
      }
    }
    disk.entries.push(...structuredClone(entries));
  }

  #apply(node: SimNode, entries: readonly Entry[]): void {
    for (const entry of entries) {
      if (entry.index !== node.applied + 1) {
        fail(`${node.id} applies ${entry.index} after ${node.applied}`);
      }
      node.hash = hashAfter(node.hash, entry);
      node.applied = entry.index;
      this.#checker.applies(node.id, entry, node.hash);
      const term = node.accepted.get(entry.index);
      node.accepted.delete(entry.index);
      if (term === entry.term) {
        this.#checker.acknowledged = Math.max(this.#checker.acknowledged, entry.index);
      }
    }
  }

  #isLost(from: string, to: string): boolean {
    return this.#cuts.has(`${from}>${to}`) || this.#random.next() < this.#loss;
  }

  #send(from: string, to: string, message: ConsensusMessage): void {
    const node = this.#nodes.get(to);
    if (node === undefined || this.#isLost(from, to)) return;
    const copies = this.#random.next() < this.#duplication ? 2 : 1;
    for (let i = 0; i < copies; i++) {
      const copy = JSON.parse(JSON.stringify(message)) as Message;
      this.#later(node, { type: "message", from, message: copy });
    }
  }

  #sendSnapshot(node: SimNode, to: string, term: number): void {
    const target = this.#nodes.get(to);
    const { snapshot, snapshotHash } = node.disk;
    if (target === undefined || snapshot === undefined) return;
    if (this.#isLost(node.id, to) || target.machine === undefined) {
      return this.#later(node, { type: "snapshot-failed", to }, 100);
    }
    target.held.set(snapshot.index, snapshotHash);
    this.#later(target, { type: "snapshot-received", from: node.id, term, snapshot });
    if (this.#random.next() < 0.8) {
      this.#later(node, { type: "snapshot-sent", to, index: snapshot.index }, 50);
    } else this.#later(node, { type: "snapshot-failed", to }, 50);
  }

  #running(): SimNode[] {
    return [...this.#nodes.values()].filter((node) => node.machine !== undefined);
  }

  #client(): void {
    const running = this.#running();
    for (const node of running) {
      if (node.machine?.isLeader !== true || this.#random.next() < 0.3) continue;
      const request = ++this.#lastRequest;
      this.#give(node, { type: "propose", proposals: [{ request, data: `v${request}` }] });
    }
    const reader = sample(this.#random, running, 1)[0];
    const leaders = running.filter((node) => node.machine?.isLeader === true);
    for (const node of new Set([reader, ...leaders])) {
      if (node === undefined) continue;
      const request = ++this.#lastRequest;
      node.requests.set(request, { acknowledged: this.#checker.acknowledged });
      this.#give(node, { type: "read", request });
    }
  }

  #give(node: SimNode, input: ConsensusInput): void {
    this.#perform({ type: "input", node, life: node.life, input });
  }

  #fault(): void {
    const random = this.#random;
    const all = [...this.#nodes.values()];
    const node = sample(random, this.#running(), 1)[0];
    const leader = this.#running().find((running) => running.machine?.isLeader);
    const victim = leader !== undefined && random.next() < 0.4 ? leader : node;
    if (victim === undefined) return;
    switch (randomBelow(random, 16)) {
      case 0:
        return this.#crash(victim);
      case 1:
        victim.crashAfterEffects = randomBelow(random, 4);
        return;
      case 2:
        for (const crashed of sample(random, all, 3)) this.#crash(crashed);
        return;
      case 3: {
        const side = new Set(sample(random, all, 1 + randomBelow(random, 3)));
        const isOneWay = random.next() < 0.3;
        for (const a of side) {
          for (const b of all) {
            if (side.has(b)) continue;
            this.#cuts.add(`${a.id}>${b.id}`);
            if (!isOneWay) this.#cuts.add(`${b.id}>${a.id}`);
          }
        }
        return;
      }
      case 4:
        for (const other of all) {
          this.#cuts.add(`${victim.id}>${other.id}`);
          if (random.next() < 0.7) this.#cuts.add(`${other.id}>${victim.id}`);
        }
        // The others may be told by a reset that the victim never sees.
        if (random.next() < 0.5) this.#breakLinks(victim.id);
        return;
      case 5:
      case 6:
        this.#cuts.clear();
        return;
      case 7:
        victim.pausedUntil = this.#now + randomBetween(random, 50, 2_000);
        return;
      case 8:
        this.#loss = random.next() < 0.5 ? 0 : 0.25 * random.next();
        this.#duplication = random.next() < 0.5 ? 0 : 0.2;
        this.#slowness = random.next() < 0.8 ? 1 : 10;
        return;
      case 9:
        for (const snapshotting of sample(random, this.#running(), 3)) {
          // A shell takes its snapshot and says so in one go.
          if (this.#now < snapshotting.pausedUntil) continue;
          this.#give(snapshotting, { type: "snapshot-taken", index: snapshotting.applied });
        }
        return;
      case 10:
      case 11:
        return this.#changeSomething();
      case 12:
        if (random.next() < 0.5) return this.#breakLinks(victim.id);
        return this.#give(victim, { type: "transfer", request: ++this.#lastRequest });
      default:
        // All see the leader go at the same moment: candidates collide.
        if (leader === undefined) return;
        this.#slowness = 10;
        this.#crash(leader);
        for (const other of this.#running()) {
          this.#later(other, { type: "link-broken", node: leader.id }, 1);
        }
        return;
    }
  }

  #changeSomething(): void {
    for (const node of this.#running()) {
      if (node.machine?.isLeader !== true) continue;
      const { config } = node.machine.status();
      const { voters, learners } = config;
      const outside = [...this.#nodes.keys()].filter((id) =>
        !voters.includes(id) && !learners.includes(id)
      );
      const choices: Change[] = [];
      for (const id of outside) choices.push({ type: "add-learner", node: id });
      for (const id of learners) choices.push({ type: "promote", node: id });
      for (const id of learners) choices.push({ type: "promote", node: id });
      if (voters.length > 2) {
        for (const id of voters) choices.push({ type: "remove", node: id });
        choices.push({ type: "demote", node: sample(this.#random, voters, 1)[0]! });
      }
      const change = sample(this.#random, choices, 1)[0];
      if (change === undefined) continue;
      this.#give(node, { type: "change", request: ++this.#lastRequest, change });
      if (this.#random.next() < 0.5) this.#changeSomething();
    }
  }

  #heal(): void {
    this.#isFaulty = false;
    this.#cuts.clear();
    this.#loss = 0;
    this.#duplication = 0;
    this.#slowness = 1;
    for (const node of this.#nodes.values()) {
      node.pausedUntil = 0;
      node.crashAfterEffects = undefined;
      this.#start(node);
    }
  }

  #leader(): SimNode | undefined {
    const leaders = this.#running().filter((node) => node.machine?.isLeader);
    return leaders.toSorted((a, b) => b.machine!.status().term - a.machine!.status().term)[0];
  }

  #checkLiveness(): void {
    const leader = this.#leader();
    if (leader === undefined) fail("there is no leader after the faults healed");
    const before = this.#checker.committed;
    this.#runUntil(this.#now + 2_000);
    if (this.#checker.committed <= before) fail("nothing is committed after the faults healed");
    const { config } = leader.machine!.status();
    for (const id of [...config.voters, ...config.learners]) {
      const { applied } = this.#nodes.get(id)!;
      if (applied < before) fail(`${id} is left behind at ${applied} of ${before}`);
    }
  }

  /** A healthy leader keeps its term when one member alone has trouble. */
  #calm(): void {
    const leader = this.#leader()!;
    const { term, config } = leader.machine!.status();
    const other = config.voters.find((id) => id !== leader.id);
    if (config.voters.length < 3 || other === undefined) return;
    this.#give(this.#nodes.get(other)!, { type: "link-broken", node: leader.id });
    this.#runUntil(this.#now + 1_000);
    this.#checkSameTerm(leader, term, "a member's own link broke");
    for (const id of this.#nodes.keys()) {
      this.#cuts.add(`${other}>${id}`);
      this.#cuts.add(`${id}>${other}`);
    }
    this.#runUntil(this.#now + 3_000);
    this.#cuts.clear();
    this.#runUntil(this.#now + 1_500);
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
