import {
  Consensus,
  type ConsensusEffect,
  type ConsensusInput,
  type ConsensusMessage,
  type ConsensusStatus,
  type ConsensusTiming,
  type Counts,
  type Entry,
  type Index,
  type Rules,
  type SnapshotMeta,
} from "../../../lib/consensus/raft/mod.ts";
import { type Message, randomBelow, randomBetween, SeededRandom } from "../../../lib/core/mod.ts";
import { TIMING } from "./single_machine.ts";
import { Checker, fail, hashAfter } from "./checker.ts";
import { Alarm, Cuts, DriftingClock, SimWorld } from "../../../lib/simulation/mod.ts";

/** An injected bug: rules replaced, effects or inputs tampered with. */
export interface InjectedBug {
  rules?: Partial<Rules>;
  effects?(effects: ConsensusEffect[]): ConsensusEffect[];
  input?(input: ConsensusInput): ConsensusInput;
  /** Who leads no more tells those who still wait that what they proposed is done. */
  grantsWhenDeposed?: boolean;
}

/** What one run is made of. */
export interface SimulationOptions {
  seed: number;
  /** Simulated ms under faults (default 15,000); healing and calm come on top. */
  faultMs?: number;
  bug?: InjectedBug;
  timing?: ConsensusTiming;
}

interface Disk {
  isFounded: boolean;
  term: number;
  votedFor: string | null;
  snapshot: SnapshotMeta | undefined;
  snapshotHash: number;
  entries: Entry[];
  /** How far it is committed, as was noted now and then. */
  commit: number;
}

export interface SimNode {
  id: string;
  machine: Consensus | undefined;
  /** Counts restarts: what was meant for an earlier life is lost. */
  life: number;
  disk: Disk;
  applied: Index;
  hash: number;
  /** Hashes of the states of which this life began to take a snapshot. */
  saved: Map<Index, number>;
  /** Snapshots that arrived and are not installed. */
  held: Map<Index, number>;
  pausedUntil: number;
  /** Messages of the turn of its event loop that is under way. */
  turn: Exclude<ConsensusInput, { type: "batch" }>[];
  clock: DriftingClock;
  alarm: Alarm;
  /** Crashes after so many effects of some input to come. */
  crashAfterEffects: number | undefined;
  requests: Map<number, { acknowledged: Index }>;
  accepted: Map<Index, number>;
  /** What it said last, as a leader, of the copies of what is committed. */
  told: Counts | undefined;
  /** Its latest taking of office, and the learners that nothing has told it since to give up. */
  office: { term: number; at: number; learners: Set<string> } | undefined;
}

/** The longest turn of an event loop, in milliseconds: a sync of a slow disk. */
const TURN_MS = 3;
/** What every clock shows at first. */
const CLOCK_ZERO_MS = 1_000;
/**
 * Over the due time of a timer, so that rounding never makes a tick that comes too early for it.
 */
const TICK_MARGIN_MS = 0.001;
const FOUNDERS = ["n1", "n2", "n3"];
const SPARES = ["n4", "n5", "n6"];

/**
 * Machines in the simulated world, with a checker that sees all they do. Processes and disks are
 * its own: here a process dies between two effects of one input, and each effect is held against
 * the disk as it then is.
 */
export class World {
  protected readonly random: SeededRandom;
  protected readonly options: SimulationOptions;
  readonly #timing: ConsensusTiming;
  readonly #memory: readonly string[];
  protected readonly world: SimWorld;
  protected readonly nodes = new Map<string, SimNode>();
  protected readonly checker: Checker;
  protected readonly cuts = new Cuts<string>();
  /** Nodes that get heartbeats, and no entries: what is large is lost on the way. */
  protected readonly starved = new Set<string>();
  protected loss = 0;
  protected duplication = 0;
  protected slowness = 1;
  protected inputs = 0;
  protected lastRequest = 0;
  protected highestTerm = 0;
  protected isFaulty = true;

  constructor(options: SimulationOptions) {
    this.options = options;
    this.random = new SeededRandom(options.seed);
    this.world = new SimWorld(this.random);
    this.#timing = options.timing ?? TIMING;
    // Of those that keep nothing here is only said that they do: their logs count as copies, not as
    // disks.
    this.#memory = [...FOUNDERS, ...SPARES].filter(() => this.random.next() < 0.3);
    const memory = FOUNDERS.filter((id) => this.#memory.includes(id));
    const founded = { voters: FOUNDERS, learners: [] };
    this.checker = new Checker(memory.length === 0 ? founded : { ...founded, memory });
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
          commit: 0,
        },
        applied: 0,
        hash: 0,
        saved: new Map(),
        held: new Map(),
        pausedUntil: 0,
        turn: [],
        clock: new DriftingClock(CLOCK_ZERO_MS, randomBetween(this.random, 0.98, 1.02)),
        alarm: new Alarm(this.world, () => this.#wake(node)),
        crashAfterEffects: undefined,
        requests: new Map(),
        told: undefined,
        office: undefined,
        accepted: new Map(),
      };
      this.nodes.set(id, node);
      this.start(node);
    }
  }

  protected get now(): number {
    return this.world.now;
  }

  protected runUntil(end: number): void {
    while (this.world.step(end));
  }

  /** Gives a node an input that was meant for one of its lives, or for when it goes on. */
  #deliver(node: SimNode, life: number, input: ConsensusInput): void {
    // Only a message may outlive the process that it was sent to.
    const isMessage = input.type === "message";
    if (node.machine === undefined || (node.life !== life && !isMessage)) return;
    if (this.now < node.pausedUntil) {
      this.world.at(node.pausedUntil, () => this.#deliver(node, life, input));
      return;
    }
    if (isMessage) return this.#hear(node, input);
    this.#endTurn(node);
    this.#handle(node, input);
  }

  #wake(node: SimNode): void {
    if (node.machine === undefined) return;
    if (this.now < node.pausedUntil) return node.alarm.set(node.pausedUntil);
    this.#endTurn(node);
    this.#handle(node, { type: "tick" });
  }

  /**
   * What comes in one turn of the event loop is taken together: now and then a message finds
   * company.
   */
  #hear(node: SimNode, message: SimNode["turn"][number]): void {
    node.turn.push(message);
    if (this.random.next() < 0.7) return this.#endTurn(node);
    this.world.after(TURN_MS, () => this.#endTurn(node));
  }

  #endTurn(node: SimNode): void {
    const [first, ...others] = node.turn;
    node.turn = [];
    if (first === undefined) return;
    this.#handle(node, others.length === 0 ? first : { type: "batch", inputs: [first, ...others] });
  }

  #localTime(node: SimNode): number {
    return node.clock.localTime(this.now);
  }

  protected start(node: SimNode): void {
    if (node.machine !== undefined) return;
    const { disk } = node;
    node.life++;
    node.applied = disk.snapshot?.index ?? 0;
    node.hash = disk.snapshotHash;
    node.alarm.clear();
    node.saved.clear();
    node.held.clear();
    node.turn = [];
    node.requests.clear();
    node.accepted.clear();
    node.crashAfterEffects = undefined;
    const { snapshot } = disk;
    node.machine = new Consensus({
      id: node.id,
      random: new SeededRandom(randomBelow(this.random, 2 ** 32)),
      timing: this.#timing,
      now: this.#localTime(node),
      life: `${node.id} ${node.life}`,
      restored: disk.isFounded
        ? {
          term: disk.term,
          votedFor: disk.votedFor,
          ...(snapshot === undefined ? {} : { snapshot }),
          entries: structuredClone(disk.entries),
          commit: disk.commit,
        }
        : undefined,
      bootstrap: FOUNDERS.includes(node.id)
        ? { voters: FOUNDERS, memory: FOUNDERS.filter((id) => this.keepsNothing(id)) }
        : undefined,
      trailingEntries: 3,
      appendEntries: 1 + randomBelow(this.random, 3),
      rules: this.options.bug?.rules ?? {},
    });
    this.#handle(node, { type: "tick" });
  }

  protected crash(node: SimNode, longestMs = this.random.next() < 0.5 ? 20 : 2_500): void {
    if (node.machine === undefined) return;
    node.machine = undefined;
    node.life++;
    const back = this.now + randomBetween(this.random, 0, longestMs);
    this.world.at(back, () => this.start(node));
    // Most crashes are seen at once, as broken links.
    if (longestMs > 1 && this.random.next() < 0.7) this.breakLinks(node.id);
  }

  protected breakLinks(id: string): void {
    for (const other of this.nodes.values()) {
      if (other.id !== id) this.later(other, { type: "link-broken", node: id });
    }
  }

  protected later(node: SimNode, input: ConsensusInput, delay = this.#delay()): void {
    const { life } = node;
    this.world.after(delay, () => this.#deliver(node, life, input));
  }

  #delay(): number {
    const isLate = this.isFaulty && this.random.next() < 0.02;
    return this.slowness * randomBetween(this.random, 0.5, 10) + (isLate ? 500 : 0);
  }

  #handle(node: SimNode, input: ConsensusInput): void {
    const { machine } = node;
    if (machine === undefined) return;
    this.inputs++;
    const bug = this.options.bug;
    const given = bug?.input?.(input) ?? input;
    const before = machine.status();
    giveUp(node, given);
    const effects = machine.handle(this.#localTime(node), given);
    const tampered = bug?.effects?.(effects) ?? effects;
    const crashAfter = this.#crashPoint(node, given, tampered);
    for (const [count, effect] of tampered.entries()) {
      if (count >= crashAfter) break;
      this.#performEffect(node, machine, effect);
    }
    // A restart so quick that nobody notices is the cruellest.
    if (crashAfter !== Infinity) {
      return this.crash(node, this.random.next() < 0.7 ? 1 : undefined);
    }
    const status = machine.status();
    this.highestTerm = Math.max(this.highestTerm, status.term);
    this.#noteOffice(node, status);
    if (status.role === "leader") this.checker.leads(status, (index) => machine.termAt(index));
    const led = before.role === "leader" && before.term === status.term;
    if (led && status.config !== before.config && before.config !== before.committedConfig) {
      fail(`${node.id} changed the configuration while another change was under way`);
    }
    if (led && status.commitIndex > before.commitIndex) {
      this.checker.commits(node.id, status.term, machine.termAt(status.commitIndex));
    }
    this.#arm(node, machine);
  }

  /** After how many of the effects a node crashes: the rest, also of the disk's, never happens. */
  #crashPoint(node: SimNode, input: ConsensusInput, effects: readonly unknown[]): number {
    const isVote = input.type === "message" && input.message.type === "vote-request";
    const isPlanned = node.crashAfterEffects !== undefined && effects.length > 1;
    const chance = !this.isFaulty ? 0 : isPlanned ? 1 : isVote ? 0.25 : 0.006;
    if (chance === 0 || this.random.next() >= chance) return Infinity;
    return isPlanned ? node.crashAfterEffects! : randomBelow(this.random, effects.length + 1);
  }

  #arm(node: SimNode, machine: Consensus): void {
    const deadline = machine.nextDeadline();
    if (deadline === undefined) return;
    node.alarm.set(Math.max(this.now, node.clock.simulatedTime(deadline)) + TICK_MARGIN_MS);
  }

  #performEffect(node: SimNode, machine: Consensus, effect: ConsensusEffect): void {
    switch (effect.type) {
      case "persist":
        return this.#persist(node, machine, effect);
      case "send":
        this.checker.says(node.id, effect.to, effect.message);
        return this.#send(node.id, effect.to, effect.message);
      case "apply":
        // A note that no sync waits for: after a crash an earlier one may be there.
        if (this.random.next() < 0.5) node.disk.commit = effect.entries.at(-1)?.index ?? 0;
        this.#apply(node, machine.status().term, effect.entries);
        if (machine.isLeader) this.#checkCopies(node, machine);
        return;
      case "compact":
        node.disk.snapshot = effect.snapshot;
        node.disk.snapshotHash = node.saved.get(effect.snapshot.index) ?? NaN;
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
        return this.checker.installs(node.id, snapshot, node.hash, committedConfig);
      }
      case "accepted":
        node.accepted.set(effect.index, effect.term);
        return;
      case "copies":
        node.told = effect;
        return this.#checkCopies(node, machine);
      case "role":
        if (this.options.bug?.grantsWhenDeposed !== true || effect.role === "leader") return;
        for (const index of node.accepted.keys()) this.#acknowledge(index);
        return;
      case "read-ready": {
        const request = node.requests.get(effect.request);
        if (request === undefined) fail(`${node.id} answered a read twice`);
        node.requests.delete(effect.request);
        return this.checker.reads(node.id, effect.index, node.applied, request.acknowledged);
      }
      case "read-failed":
        node.requests.delete(effect.request);
        return;
      case "contradicted":
        return fail(`${node.id} is contradicted by ${effect.by} at ${effect.index}: ${effect.how}`);
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
    this.checker.writes(node.id, entries, machine.termAt(first.index - 1));
    if (machine.isLeader) {
      const { term, commitIndex, firstIndex } = machine.status();
      const isChange = entries.some((entry) => entry.type === "config" && entry.term === term);
      // A leader alone commits within the same turn.
      if (isChange && commitIndex >= firstIndex && commitIndex < first.index) {
        this.checker.changes(node.id, term, machine.termAt(commitIndex));
      }
    }
    disk.entries.push(...structuredClone(entries));
  }

  #apply(node: SimNode, termOfNode: number, entries: readonly Entry[]): void {
    for (const entry of entries) {
      if (entry.index !== node.applied + 1) {
        fail(`${node.id} applies ${entry.index} after ${node.applied}`);
      }
      node.hash = hashAfter(node.hash, entry);
      node.applied = entry.index;
      this.checker.applies(node.id, termOfNode, entry, node.hash);
      const term = node.accepted.get(entry.index);
      node.accepted.delete(entry.index);
      if (term === entry.term) this.#acknowledge(entry.index);
    }
  }

  /**
   * What a leader has committed is in as many places as it said last, and a second copy was waited
   * for.
   */
  #checkCopies(node: SimNode, machine: Consensus): void {
    const { told, office } = node;
    if (told === undefined) return;
    const { committedConfig: config, commitIndex } = machine.status();
    const index = Math.min(commitIndex, node.applied);
    const isThere = (id: string) => has(this.nodes.get(id)!.disk, index, machine.termAt(index));
    const members = [...config.voters, ...config.learners];
    const holders = members.filter(isThere);
    const disks = holders.filter((id) => config.memory?.includes(id) !== true);
    const where = `${node.id} said ${told.copies} copies, ${told.disks} disks; ${index} is at`;
    if (holders.length < told.copies) fail(`${where} ${holders}`);
    if (disks.length < told.disks) fail(`${where} ${holders}, with folders ${disks}`);
    // A leader that takes office waits for an election timeout, unless it hears that there is no
    // point. What it found committed on its own disk has been, before.
    const isFresh = office !== undefined && machine.termAt(index) === office.term &&
      this.#localTime(node) - office.at < this.#timing.electionTimeoutMs;
    if (!isFresh || config.voters.length !== 1 || office.learners.size === 0) return;
    // Beside those that it found, one that was demoted since will do.
    if (!config.learners.some(isThere)) {
      fail(`${node.id} has just taken office and committed ${index} alone`);
    }
  }

  #noteOffice(node: SimNode, { role, term, config }: ConsensusStatus): void {
    if (role !== "leader") {
      node.office = undefined;
      return;
    }
    const learners = config.learners.filter((id) => config.memory?.includes(id) !== true);
    if (node.office?.term !== term) {
      node.office = { term, at: this.#localTime(node), learners: new Set(learners) };
    }
    for (const id of node.office.learners) {
      if (!learners.includes(id)) node.office.learners.delete(id);
    }
  }

  protected keepsNothing(id: string): boolean {
    return this.#memory.includes(id);
  }

  #acknowledge(index: Index): void {
    this.checker.acknowledged = Math.max(this.checker.acknowledged, index);
  }

  #isLost(from: string, to: string): boolean {
    return !this.cuts.reaches(from, to) || this.random.next() < this.loss;
  }

  #send(from: string, to: string, message: ConsensusMessage): void {
    const node = this.nodes.get(to);
    if (node === undefined || this.#isLost(from, to)) return;
    const isLarge = message.type === "append" && message.entries.length > 0;
    if (isLarge && this.starved.has(to)) return;
    const copies = this.random.next() < this.duplication ? 2 : 1;
    for (let i = 0; i < copies; i++) {
      const copy = JSON.parse(JSON.stringify(message)) as Message;
      this.later(node, { type: "message", from, message: copy });
    }
  }

  #sendSnapshot(node: SimNode, to: string, term: number): void {
    const target = this.nodes.get(to);
    const { snapshot, snapshotHash } = node.disk;
    if (target === undefined || snapshot === undefined) return;
    if (this.#isLost(node.id, to) || target.machine === undefined) {
      return this.later(node, { type: "snapshot-failed", to }, 100);
    }
    target.held.set(snapshot.index, snapshotHash);
    this.later(target, { type: "snapshot-received", from: node.id, term, snapshot });
    if (this.random.next() < 0.8) {
      this.later(node, { type: "snapshot-sent", to, index: snapshot.index }, 50);
    } else this.later(node, { type: "snapshot-failed", to }, 50);
  }

  protected running(): SimNode[] {
    return [...this.nodes.values()].filter((node) => node.machine !== undefined);
  }

  protected give(node: SimNode, input: ConsensusInput): void {
    this.#deliver(node, node.life, input);
  }

  protected leader(): SimNode | undefined {
    const leaders = this.running().filter((node) => node.machine?.isLeader);
    return leaders.toSorted((a, b) => b.machine!.status().term - a.machine!.status().term)[0];
  }

  /** Does something after a while. */
  protected plan(delay: number, act: () => void): void {
    this.world.after(delay, act);
  }
}

/** Whoever hears that a link broke, or that a node is gone, need not wait for it. */
function giveUp({ office }: SimNode, input: ConsensusInput): void {
  const inputs = input.type === "batch" ? input.inputs : [input];
  for (const one of inputs) {
    if (one.type === "link-broken" || one.type === "node-gone") office?.learners.delete(one.node);
  }
}

/**
 * Whether a disk holds an entry, or a state that it is part of; any of that index when its term is
 * unknown.
 */
function has({ entries, snapshot }: Disk, index: Index, term: number | undefined): boolean {
  if (index <= (snapshot?.index ?? 0)) return true;
  const entry = entries[index - (entries[0]?.index ?? 0)];
  return entry !== undefined && (term === undefined || entry.term === term);
}
