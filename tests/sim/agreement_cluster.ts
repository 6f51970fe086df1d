import {
  type Address,
  ClusterError,
  type Json,
  type Millis,
  type NodeId,
  type Random,
  randomBelow,
  SeededRandom,
} from "../../lib/core/mod.ts";
import type { Stopped } from "../../lib/node/mod.ts";
import {
  type DiskCopy,
  type Loss,
  portsOf,
  type SimDisk,
  SYNC_MS,
} from "../../lib/simulation/mod.ts";
import { type HistoryLine, Workload } from "../chaos/workload.ts";
import { checkHistory } from "../linearizability/checker.ts";
import { type RunOptions, SimCluster, type SimMember } from "./sim_cluster.ts";
import { promise, Violation } from "./violation.ts";

/** Machines of clients have numbers from here on, where no member stands. */
const FIRST_CLIENT = 200;
/** So few entries that snapshots come and go in each run, and who was away needs one. */
const SNAPSHOT_EVERY = 40;
/** Parts that a snapshot of the clients' state has at least. */
const SNAPSHOT_PARTS = 3;
/** Within what the next snapshot is taken while clients write. */
const SNAPSHOT_MS = 3_000;
/** Few keys, so that the clients meet at them. */
const KEYS = ["a", "b", "c"];
/** What settling on voters may take: they are added one after another, each once it is stable. */
const SETTLE_MS = 30_000;
/** What restarting at once may take. */
const RESTART_MS = 30_000;
/** What finding together after the last fault may take. */
const WHOLE_MS = 20_000;
/** Operations of a history that says something. */
const LEAST_DONE = 10;
/** Within what a process dies that is to die in the middle of a sync. */
const CRASH_MS = 300;
/** Times that a node is started again which dies while it starts. */
const RESTARTS = 10;
/** After a client is told to stop: its last operation ends. */
const LAST_OPERATION_MS = 10_000;

/** What an `AgreementCluster` is made of. */
export interface AgreementClusterOptions extends RunOptions {
  /** How many are to vote; all by default. */
  voters?: number;
  clients?: number;
  /** Whether each listens on every address of its machine, and has to learn its own. */
  isWildcard?: boolean;
  isDurable?: boolean;
  /** Those that keep nothing all the same, by number. */
  forgetful?: readonly number[];
}

/**
 * Real nodes in a simulated world, with clients that record what they read and wrote, and with the
 * properties of agreement looked at all along.
 */
export class AgreementCluster {
  readonly members: SimCluster;
  readonly history: HistoryLine[] = [];
  /** Who led each term, as anybody ever said. */
  readonly #masters = new Map<number, NodeId>();
  readonly #workloads: Promise<void>[] = [];
  readonly #random: SeededRandom;
  #isOver = false;

  private constructor(members: SimCluster, seed: number) {
    this.members = members;
    this.#random = new SeededRandom(seed ^ 0xc11e);
  }

  /** So many nodes, `voters` of them voting, with clients at work. */
  static async of(
    nodes: number,
    seed: number,
    options: AgreementClusterOptions = {},
  ): Promise<AgreementCluster> {
    const { voters = nodes, clients = 4, ...making } = options;
    const members = await SimCluster.of(nodes, seed, {
      snapshotEntries: SNAPSHOT_EVERY,
      ...making,
    });
    const cluster = new AgreementCluster(members, seed);
    for (const member of members.running) cluster.#heed(member);
    await cluster.expectVoters(voters);
    for (let client = 1; client <= clients; client++) cluster.#addClient(client);
    return cluster;
  }

  /** The member that leads, as the latest term that a running member knows of has it. */
  get master(): SimMember | undefined {
    let latest: { term: number; master: NodeId | null } = { term: -1, master: null };
    for (const { node } of this.members.running) {
      const { term, master } = node.membersView();
      if (term > latest.term || (term === latest.term && master !== null)) {
        latest = { term, master };
      }
    }
    return this.members.running.find(({ node }) => node.id === latest.master);
  }

  /** The members that vote, as the master has it. */
  get voters(): NodeId[] {
    const { members = [] } = this.master?.node.membersView() ?? {};
    return members.filter(({ role }) => role === "master" || role === "voter").map(({ id }) => id);
  }

  /** Starts a node at a place. */
  async start(number: number): Promise<void> {
    this.#heed(await this.members.start(number));
  }

  /**
   * Ends processes: killed or without power, each now or in the middle of its next sync; those that
   * are dead already stay so.
   */
  async crash(victims: readonly SimMember[], random: Random): Promise<void> {
    for (const { process } of victims) {
      const how = random.next() < 0.5 ? "kill" : "silence";
      const isNow = this.members.disks === undefined || random.next() < 0.3;
      if (isNow) process[how]();
      else process.dieInSync(how, CRASH_MS);
    }
    await this.members.world.runUntil(
      () => victims.every(({ process }) => process.isDead),
      CRASH_MS,
    );
  }

  /**
   * Ends processes while each writes its next snapshot, from some part on, or adopts it; or in the
   * end anyway.
   */
  async crashInSnapshot(victims: readonly SimMember[], random: Random): Promise<void> {
    const { world } = this.members;
    for (const { number } of victims) {
      const part = randomBelow(random, SNAPSHOT_PARTS + 1);
      const how = random.next() < 0.5 ? "kill" : "silence";
      this.#diskOf(number).dieWriting(
        how,
        ({ type, ...record }) => type === "adopt" || ("first" in record && record.first >= part),
      );
    }
    await world.runUntil(() => victims.every(({ process }) => process.isDead), SNAPSHOT_MS);
    for (const { process } of victims) process.kill();
  }

  /** From now on a disk takes no more. */
  breakDisk(number: number, fault: "full" | "failing"): void {
    this.#diskOf(number).fault = fault;
  }

  /** From now on each sync of a disk takes up to so long. */
  slowDisk(number: number, syncMs: Millis): void {
    this.#diskOf(number).syncMs = [0, syncMs];
  }

  /**
   * A dead member's folder loses something: it does not start with it, and says that it is the
   * folder. Where all entries are gone for which its snapshot stands, nothing shows and nothing is
   * lost: it is started.
   *
   * @returns whether it was refused.
   */
  async expectLossRefused({ number, process }: SimMember, what: Loss): Promise<boolean> {
    promise(process.isDead, `${number} runs`);
    if (!this.#diskOf(number).lose(what)) {
      await this.restart([number]);
      return false;
    }
    const starting = this.members.begin(number).then(
      () => "it started",
      (error) => error instanceof ClusterError ? error.code : `${error}`,
    );
    const outcome = await this.members.world.complete(starting, RESTART_MS, "a start");
    promise(outcome === "STORE_FAILED", `${number} lost ${what}: ${outcome}`);
    return true;
  }

  /** What a member's disk holds now. */
  copyOf(number: number): DiskCopy {
    return this.#diskOf(number).copy(this.members.world.now);
  }

  /** A dead member's disk is what it was when it was copied, and the member starts with it. */
  async startFrom(number: number, copy: DiskCopy): Promise<void> {
    this.#diskOf(number).putBack(copy);
    this.members.putBack.add(number);
    await this.start(number);
  }

  /** A dead member is given an empty folder, and starts as a new node. */
  async startEmpty(number: number): Promise<void> {
    this.members.disks?.delete(number);
    this.members.putBack.delete(number);
    await this.start(number);
  }

  /** A disk is well again. */
  mendDisk(number: number): void {
    const disk = this.#diskOf(number);
    disk.fault = undefined;
    disk.syncMs = SYNC_MS;
  }

  /**
   * A node whose disk takes no more stops in time, says that it is the disk, and its process ends.
   */
  async expectStoreFailed({ number, node, process }: SimMember, withinMs: Millis): Promise<void> {
    let stopped: Stopped | undefined;
    void node.stopped.then((what) => stopped = what);
    const tookMs = await this.members.world.runUntil(() => process.isDead, withinMs);
    promise(tookMs !== undefined, `${number} runs on without its disk: ${this.standing()}`);
    const code = stopped?.error?.code;
    promise(code === "STORE_FAILED", `${number} stopped with ${code}: ${stopped?.reason}`);
  }

  /**
   * Starts nodes again at once, each with its disk; one that dies meanwhile is started once more.
   */
  async restart(numbers: readonly number[]): Promise<void> {
    let dead = numbers;
    for (let attempt = 0; dead.length > 0; attempt++) {
      promise(attempt < RESTARTS, `members ${dead} do not start`);
      const starting = Promise.allSettled(dead.map((number) => this.members.begin(number)));
      const results = await this.members.world.complete(starting, RESTART_MS, "restarts");
      for (const result of results) if (result.status === "fulfilled") this.#heed(result.value);
      dead = dead.filter((number) => this.members.member(number).process.isDead);
    }
  }

  /** Starts a node again that goes on as the only voter, from what its disk has. */
  async startForced(number: number): Promise<void> {
    this.#heed(await this.members.start(number, { isForced: true }));
  }

  /** Runs on for a while. */
  async run(durationMs: Millis): Promise<void> {
    await this.members.world.run(durationMs);
  }

  /** Runs until so many vote, all of them running. */
  async expectVoters(count: number, withinMs = SETTLE_MS): Promise<void> {
    const isReached = () => {
      const { voters } = this;
      const running = new Set(this.members.running.map(({ node }) => node.id));
      return voters.length === count && voters.every((id) => running.has(id));
    };
    const tookMs = await this.members.world.runUntil(isReached, withinMs);
    promise(tookMs !== undefined, `not ${count} voters after ${withinMs} ms: ${this.voters}`);
  }

  /** A write through that member succeeds in time; says how long it took. */
  async expectWrite(through: SimMember, withinMs: Millis): Promise<Millis> {
    const { world } = this.members;
    const startedAt = world.now;
    let isDone = false;
    let failure: unknown;
    const write = async () => {
      while (!isDone && world.now - startedAt < withinMs) {
        try {
          await through.node.kv.put("probe", world.now);
          isDone = true;
        } catch (error) {
          failure = error;
        }
      }
    };
    void write();
    const tookMs = await world.runUntil(() => isDone, withinMs);
    isDone = true;
    promise(
      tookMs !== undefined,
      `no write through ${through.number} after ${withinMs} ms: ${failure}; ${this.standing()}`,
    );
    return tookMs;
  }

  /**
   * After the faults: all that run take writes again, the replicas are one, and what the clients
   * saw is linearizable.
   */
  async finish(withinMs: Millis = 5_000): Promise<SimCluster> {
    const { world } = this.members;
    // TCP doubles its silence with each loss: after ten seconds of a cut it may not try for as
    // long.
    await this.members.expectWhole(WHOLE_MS);
    for (const member of this.members.running) await this.expectWrite(member, withinMs);
    this.#isOver = true;
    await world.complete(Promise.all(this.#workloads), LAST_OPERATION_MS, "the clients' end");
    // Commit news travels with the next heartbeat.
    await this.run(1_000);
    await this.#expectOneState();
    const verdict = checkHistory(this.history.map((line) => JSON.stringify(line)));
    promise(
      verdict.verdict === "linearizable",
      `${verdict.verdict}: ${JSON.stringify([verdict.violations, verdict.undecided])}`,
    );
    const done = this.history.filter(({ ok }) => ok === true).length;
    promise(done > LEAST_DONE, `only ${done} of ${this.history.length} operations were done`);
    return this.members;
  }

  /** Who leads and votes according to each that runs, in short. */
  standing(): string {
    return this.members.running.map(({ number, node }) => {
      const { master, term } = node.membersView();
      const { phase } = node.statusView();
      promise(
        phase !== "stopped",
        `${number} has ended, though nobody killed it or told it to leave`,
      );
      const consensus = node.statusView()["consensus"] as Record<string, unknown> | null;
      const leader = this.members.running.find((member) => member.node.id === master)?.number;
      return `${number}: term ${term} master ${leader ?? master} ${consensus?.["role"]} ` +
        `voters ${node.statusView()["voters"]}`;
    }).join("; ");
  }

  #diskOf(number: number): SimDisk {
    const disk = this.members.disks?.get(number);
    if (disk === undefined) throw new TypeError(`Member ${number} has no disk`);
    return disk;
  }

  #addClient(number: number): void {
    const { world } = this.members;
    const process = world.boot(FIRST_CLIENT + number);
    const workload = new Workload({
      name: `c${number}`,
      ports: portsOf(process),
      random: new SeededRandom(this.#random.next() * 2 ** 32),
      keys: KEYS,
      addresses: () => this.members.running.map((member) => addressOf(member)),
      now: () => world.now,
      record: (line) => this.history.push(line),
      isOver: () => this.#isOver,
      pauseMs: [5, 150],
    });
    this.#workloads.push(workload.run());
  }

  /**
   * At one revision every replica lists the same entries, and at one applied index it counts the
   * same.
   */
  async #expectOneState(): Promise<void> {
    const lists = new Map<number, string>();
    const counts = new Map<number, string>();
    for (const { number, node } of this.members.running) {
      const consensus = node.statusView()["consensus"] as Record<string, Json> | null;
      if (consensus?.["state"] === undefined) continue;
      const { revision } = consensus["state"] as { revision: number };
      const appliedIndex = Number(consensus["appliedIndex"]);
      const counted = JSON.stringify(consensus["state"]);
      const before = counts.get(appliedIndex) ?? counted;
      counts.set(appliedIndex, before);
      promise(counted === before, `at ${appliedIndex} ${number} has ${counted}, not ${before}`);
      const listing = node.kv.list("", { stale: true });
      const { entries } = await this.members.world.complete(listing, 1_000, "a stale list");
      const text = JSON.stringify(entries);
      const known = lists.get(revision) ?? text;
      lists.set(revision, known);
      promise(known === text, `at revision ${revision} ${number} lists ${text}, not ${known}`);
    }
    promise(lists.size > 0, "no running member has a state");
  }

  /** Election safety: a term has one master, whoever says so. */
  #heed({ number, node, process }: SimMember): void {
    const { world } = this.members;
    const told = (master: NodeId | null, term: number) => {
      if (master === null) return;
      const known = this.#masters.get(term) ?? master;
      this.#masters.set(term, known);
      if (known === master) return;
      world.fail(new Violation(`term ${term} had ${known} and, says ${number}, ${master}`));
    };
    const { master, term } = node.membersView();
    process.emit(() => told(master, term));
    node.on((event) => {
      if (event.event !== "master") return;
      world.trace(`${number}: master ${event.name} of term ${event.term}`);
      process.emit(() => told(event.master, event.term));
    });
  }
}

function addressOf({ process }: SimMember): Address {
  return { host: process.host, port: 8001 };
}
