import {
  ClusterError,
  type Millis,
  type Ports,
  SNAPSHOT_ENTRIES,
  type Store,
} from "../../lib/core/mod.ts";
import { HANDOVER_MS } from "../../lib/consensus/limits.ts";
import type { MemberState, ProfileName } from "../../lib/membership/swim/mod.ts";
import { MemoryStore } from "../../lib/consensus/memory_store.ts";
import { type Node, type NodeEvent, startNode } from "../../lib/node/mod.ts";
import {
  type Conditions,
  type DiskRecord,
  hostOf,
  type HostProcess,
  portsOf,
  SimDisk,
} from "../../lib/simulation/mod.ts";
import { AgreementWatch, type Tamper } from "./agreement_watch.ts";
import { FloorWatch } from "./floor_watch.ts";
import { IncarnationWatch } from "./incarnation_watch.ts";
import { NodeWorld } from "./node_world.ts";
import { promise, Violation } from "./violation.ts";

const PORT = 8001;
/** Where nobody listens. */
const CLOSED_PORT = 9;
/** What starting may take under loss, too: several dials and rounds. */
const START_MS = 30_000;

/** What leaving may take under loss: a master's hand-over, then the telling, then the closing. */
const LEAVE_MS = HANDOVER_MS + 10_000;

/** A node in a simulated process. */
export interface SimMember {
  readonly number: number;
  readonly process: HostProcess;
  readonly node: Node;
  hasLeft: boolean;
}

/** A bug of a node around its machines, injected to be found. */
export interface NodeBug {
  /** What its consensus machine wants done, as it is done. */
  effects?: Tamper;
  /** Whether the node waits for the sync of a record. */
  isAwaited?(record: DiskRecord): boolean;
  /** The store as the node uses it. */
  store?(store: Store): Store;
}

/** What a run may be made with, whatever its story. */
export interface RunOptions {
  /** A bug that is to be found. */
  bug?: NodeBug | undefined;
  /** Whether messages are read from their text; by default the seed says so. */
  isDecoding?: boolean | undefined;
}

/** What nodes of a simulated cluster are made of. */
export interface SimClusterOptions extends RunOptions {
  conditions?: Partial<Conditions>;
  profile?: ProfileName;
  /** Whether each listens on every address of its machine, and has to learn its own. */
  isWildcard?: boolean;
  /** Whether each has a disk. */
  isDurable?: boolean;
  /** Those that have none all the same, by number. */
  forgetful?: readonly number[];
  /** Entries after which each takes a snapshot. */
  snapshotEntries?: number;
  /** Members that name an address at which nothing listens. */
  misadvertised?: readonly number[];
}

/** How a node is started, where it is not like the others. */
export interface StartOptions {
  /** Whether it names nobody but itself, and founds a cluster when nobody answers. */
  founds?: boolean;
  /** Whether it goes on as the only voter from what its disk has. */
  isForced?: boolean;
  name?: string;
  /** Through whom it joins. */
  through?: readonly number[];
}

/** A change of belief that a node told of. */
export interface SimBelief {
  at: Millis;
  observer: number;
  /** The subject's node id: another one for each life. */
  subject: string;
  state: MemberState;
  isWrong: boolean;
  cause: string;
}

/** No disk, and snapshots of the state as often as it takes for others to need them. */
class ImpatientMemory extends MemoryStore {
  readonly snapshotEntries: number;

  constructor(snapshotEntries: number) {
    super();
    this.snapshotEntries = snapshotEntries;
  }
}

/** Real nodes in a simulated world. */
export class SimCluster {
  readonly world: NodeWorld;
  /** By number, each in its latest life. */
  readonly members = new Map<number, SimMember>();
  readonly beliefs: SimBelief[] = [];
  /** The disks by number, each for all lives; `undefined` when nodes keep everything in memory. */
  readonly disks: Map<number, SimDisk> | undefined;
  /** Members whose disks were put back to what they were: what they hold may contradict. */
  readonly putBack = new Set<number>();
  /** What is held against Raft's promises. */
  readonly agreement: AgreementWatch;
  /** What is held against the voters' floor. */
  readonly floor: FloorWatch;
  /** The ids of those that were removed. */
  readonly removed = new Set<string>();
  readonly #isWildcard: boolean;
  readonly #forgetful: ReadonlySet<number>;
  readonly #profile: ProfileName;
  readonly #bug: NodeBug;
  readonly #snapshotEntries: number;
  readonly #misadvertised: ReadonlySet<number>;
  readonly #processes = new Map<string, HostProcess>();
  readonly #owners = new Map<string, SimMember>();
  readonly #starting = new Map<string, number>();

  constructor(seed: number, options: SimClusterOptions = {}) {
    const { conditions, profile = "lan", isDurable = false, bug = {}, isDecoding } = options;
    this.world = new NodeWorld(seed, conditions, isDecoding);
    this.disks = isDurable ? new Map() : undefined;
    this.#isWildcard = options.isWildcard ?? false;
    this.#forgetful = new Set(options.forgetful);
    this.#profile = profile;
    this.#bug = bug;
    this.#snapshotEntries = options.snapshotEntries ?? SNAPSHOT_ENTRIES;
    this.#misadvertised = new Set(options.misadvertised);
    this.floor = new FloorWatch({
      holds: (id, index, term) => this.#diskOf(id)?.holds(index, term) === true,
      isParting: (id) => this.removed.has(id) || this.#owners.get(id)?.hasLeft === true,
    });
    const processOf = (id: string) => this.#processes.get(id);
    const fail = (violation: unknown) => this.world.fail(violation);
    this.agreement = new AgreementWatch(processOf, fail, bug.effects, this.floor);
    this.agreement.begin();
    const watch = new IncarnationWatch((id) =>
      this.#owners.get(id)?.number ?? this.#starting.get(id)
    );
    this.world.onMessage = (from, message) => {
      const member = message["member"] as { id?: string } | undefined;
      if (message.type === "join" && member?.id !== undefined) {
        this.#starting.set(member.id, from.number);
      }
      watch.read(from.number, message);
    };
  }

  /** A founder and all that join through it, until all see all. */
  static async of(
    nodes: number,
    seed: number,
    options: SimClusterOptions = {},
  ): Promise<SimCluster> {
    const cluster = new SimCluster(seed, options);
    for (let number = 1; number <= nodes; number++) await cluster.start(number);
    const tookMs = await cluster.world.runUntil(() => cluster.isWhole, START_MS);
    promise(tookMs !== undefined, `${nodes} nodes did not find together in ${START_MS} ms`);
    await cluster.world.run(1_000);
    return cluster;
  }

  /**
   * Starts a node at a place, in a new life; it joins through whoever runs.
   *
   * @param as what differs from that.
   */
  async start(number: number, as: StartOptions = {}): Promise<SimMember> {
    const starting = this.begin(number, as);
    return await this.world.complete(starting, START_MS, `the start of node ${number}`);
  }

  /** Begins to start a node; somebody has to run the world meanwhile. */
  async begin(number: number, as: StartOptions = {}): Promise<SimMember> {
    const others = this.running.filter((member) => as.through?.includes(member.number) !== false)
      .map((member) => ({ host: member.process.host, port: PORT }));
    const through = as.founds ? [{ host: hostOf(number), port: PORT }] : others;
    // Who goes on alone does what the operator wants.
    if (as.isForced) { for (const { node } of this.members.values()) this.removed.add(node.id); }
    const process = this.world.boot(number);
    const node = await this.#run(
      process,
      startNode(this.#ports(process), {
        host: this.#isWildcard ? "0.0.0.0" : hostOf(number),
        ...(this.#misadvertised.has(number)
          ? { advertise: { host: hostOf(number), port: CLOSED_PORT } }
          : {}),
        port: PORT,
        name: as.name ?? `n${number}`,
        join: through,
        makeMasterOnError: through.length === 0 || as.founds === true,
        profile: this.#profile,
        insecure: true,
        forceNewCluster: as.isForced ?? false,
      }, (event) => this.#heed(number, event)),
    );
    const member: SimMember = { number, process, node, hasLeft: false };
    this.members.set(number, member);
    this.#owners.set(node.id, member);
    return member;
  }

  /** Leaves in order. */
  async leave(number: number): Promise<void> {
    const member = this.member(number);
    member.hasLeft = true;
    const leaving = member.node.leave().catch((error) =>
      promise(false, `node ${number} cannot leave: ${error.message}`)
    );
    await this.world.complete(leaving, LEAVE_MS, `the leave of node ${number}`);
  }

  member(number: number): SimMember {
    return this.members.get(number) as SimMember;
  }

  /** Members whose process runs and that have not left. */
  get running(): SimMember[] {
    return [...this.members.values()].filter((member) =>
      member.process.isRunning && !member.hasLeft
    );
  }

  /** Whether all that run see all that run alive. */
  get isWhole(): boolean {
    const { running } = this;
    return running.every(({ node }) => {
      const alive = new Set<string>();
      for (const member of node.members) if (member.state === "alive") alive.add(member.id);
      return running.every((other) => alive.has(other.node.id));
    });
  }

  /** How all others that run see the latest life of a member. */
  views(subject: number): (string | undefined)[] {
    const { id } = this.member(subject).node;
    return this.running.filter((member) => member.number !== subject).map(({ node }) =>
      node.members.find((member) => member.id === id)?.state
    );
  }

  /** Whether all others that run see a member in one of the states. */
  isSeen(subject: number, ...states: string[]): boolean {
    return this.views(subject).every((state) => state !== undefined && states.includes(state));
  }

  /** Runs until all others that it does not reach see a member dead. */
  async expectDead(subject: number, withinMs: Millis): Promise<void> {
    const { id } = this.member(subject).node;
    const others = this.running.filter(({ number }) => number !== subject);
    const isDead = () =>
      others.every(({ node }) => node.members.find((one) => one.id === id)?.state === "dead");
    const tookMs = await this.world.runUntil(isDead, withinMs);
    promise(tookMs !== undefined, `member ${subject} is not dead after ${withinMs} ms`);
  }

  /** Runs until all others see a member so; fails when that takes longer than promised. */
  async expectSeen(subject: number, states: string[], withinMs: Millis): Promise<Millis> {
    const tookMs = await this.world.runUntil(() => this.isSeen(subject, ...states), withinMs);
    promise(
      tookMs !== undefined,
      `member ${subject} is not ${states.join(" or ")} to all after ${withinMs} ms: ` +
        this.views(subject).join(", "),
    );
    return tookMs;
  }

  /** Runs until all see all; fails when that takes longer than promised. */
  async expectWhole(withinMs: Millis): Promise<Millis> {
    const tookMs = await this.world.runUntil(() => this.isWhole, withinMs);
    promise(tookMs !== undefined, `the cluster is not whole after ${withinMs} ms: ${this.view()}`);
    return tookMs;
  }

  /** Fails if a member that ran, and could be reached, was ever held for dead. */
  expectNoWrongDeath(): void {
    const wrong = this.beliefs.find((belief) => belief.isWrong && belief.state === "dead");
    promise(
      wrong === undefined,
      `at ${wrong?.at} ms member ${wrong?.observer} held ${
        this.#owners.get(wrong?.subject ?? "")?.number
      } for dead, which ran: ${wrong?.cause}`,
    );
  }

  /** What each member that runs believes, in short. */
  view(): string {
    return this.running.map(({ number, node }) =>
      `${number}: ` + node.members.map(({ name, state }) => `${name} ${state}`).join(" ")
    ).join("; ");
  }

  #ports(process: HostProcess): Ports {
    const ports = portsOf(process);
    const ids = {
      next: () => {
        const id = ports.ids.next();
        this.#processes.set(id, process);
        return id;
      },
    };
    const store = this.disks === undefined || this.#forgetful.has(process.number)
      ? new ImpatientMemory(this.#snapshotEntries)
      : this.#mount(this.disks, process);
    const kept = store.identity() as { id: string } | undefined;
    if (kept !== undefined) this.#processes.set(kept.id, process);
    return { ...ports, ids, store: this.#bug.store?.(store) ?? store };
  }

  #diskOf(id: string): SimDisk | undefined {
    const process = this.#processes.get(id);
    return process === undefined ? undefined : this.disks?.get(process.number);
  }

  #mount(disks: Map<number, SimDisk>, process: HostProcess): Store {
    const { number } = process;
    const seed = this.world.seed ^ (number << 16);
    const disk = disks.get(number) ?? new SimDisk(seed, this.#snapshotEntries);
    disks.set(number, disk);
    return disk.mount(process, this.#bug.isAwaited);
  }

  /** A node whose disk failed stops, and its process ends. */
  async #run(process: HostProcess, starting: Promise<Node>): Promise<Node> {
    const hasFailed = (error: unknown) =>
      error instanceof ClusterError && error.code === "STORE_FAILED";
    try {
      const { promise: death, reject } = Promise.withResolvers<never>();
      death.catch(() => {});
      process.onDeath = () => {
        reject(new ClusterError("UNREACHABLE", `Process ${process.number} died while it started`));
      };
      const node = await Promise.race([starting, death]);
      void node.stopped.then(({ error }) => {
        if (hasFailed(error)) process.kill();
        if (error?.code !== "DIVERGED") return;
        if (this.putBack.has(process.number)) return process.kill();
        // Where nobody puts a disk back, what two nodes hold must never contradict.
        process.emit(() => this.world.fail(new Violation(error.message)));
      });
      return node;
    } catch (error) {
      if (hasFailed(error)) process.kill();
      throw error;
    }
  }

  #heed(observer: number, event: NodeEvent): void {
    if (event.event !== "member" || event.change === "forgotten") return;
    const subject = this.#owners.get(event.member.id);
    const { cuts, now } = this.world;
    const isThere = subject !== undefined && subject.process.isRunning && !subject.hasLeft &&
      cuts.reaches(observer, subject.number) && cuts.reaches(subject.number, observer);
    const { state } = event.member;
    this.world.trace(`${observer}: ${event.member.name} ${state} ${event.cause}`);
    this.beliefs.push({
      at: now,
      observer,
      subject: event.member.id,
      state: state as MemberState,
      isWrong: isThere && (state === "dead" || state === "suspect"),
      cause: event.cause,
    });
  }
}
