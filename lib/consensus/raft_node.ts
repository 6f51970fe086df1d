import {
  ClusterError,
  invariant,
  type Json,
  MachineRunner,
  type Message,
  messageOf,
  type NodeId,
  SNAPSHOT_ENTRIES,
  type Store,
  TRAILING_ENTRIES,
} from "../core/mod.ts";
import { SNAPSHOT_BYTES } from "./limits.ts";
import {
  type AutopilotTiming,
  Consensus,
  type ConsensusEffect,
  type ConsensusInput,
  type ConsensusStatus,
  type ConsensusTiming,
  type Entry,
  type Proposal,
  type Restored,
} from "./raft/mod.ts";
import type { AgreementOwner } from "./agreement_owner.ts";
import type { ReplicatedMachine } from "./replicated_machine.ts";
import { PendingRequests } from "./pending_requests.ts";
import { checkCommandFits } from "./command_fit.ts";
import type { LeaderInfo } from "./leader_info.ts";
import type { ReceivedSnapshot } from "./snapshot_transfer.ts";
import { Readiness } from "./readiness.ts";
import { Snapshots } from "./snapshots.ts";
import { AutopilotRunner, type VoterSteeringOwner } from "./autopilot_runner.ts";

/**
 * A node's part in consensus: runs the Raft machine over the ports, hands on what is
 * committed, and keeps the set of voters healthy while it leads.
 *
 * Every node has one; it is idle until a leader adds the node to the configuration.
 */
export class RaftNode {
  readonly #owner: AgreementOwner;
  readonly #answers = new PendingRequests();
  /** Who votes, while this node leads. */
  readonly steering: AutopilotRunner;
  readonly #consensus: Consensus;
  readonly #runner: MachineRunner<ConsensusInput, ConsensusEffect>;
  /** Whether what this node holds may be read without asking others. */
  readonly readiness: Readiness;
  readonly #snapshots: Snapshots;
  /** Told what is committed; invariant: set before the node starts, and never changed. */
  #machine: ReplicatedMachine | undefined;
  /** Proposals of this turn: they share one entry in the log's next write. */
  #turn: Proposal[] = [];
  /** Messages of this turn, in the order in which they came. */
  #messages: Extract<ConsensusInput, { type: "message" }>[] = [];
  readonly #snapshotEntries: number;
  #applied = 0;
  #wasLeader = false;
  #leadership: LeaderInfo;
  #isStopped = false;

  /**
   * Takes no part before it is started.
   *
   * @param isFounder whether this node founds the cluster, as its single voter.
   */
  constructor(
    owner: AgreementOwner,
    timing: ConsensusTiming & { autopilot: AutopilotTiming },
    isFounder: boolean,
  ) {
    const { id, ports, store } = owner;
    this.#owner = owner;
    this.#snapshotEntries = store.snapshotEntries ?? SNAPSHOT_ENTRIES;
    const restored = store.load() as unknown as Restored | undefined;
    this.#snapshots = new Snapshots({
      clock: ports.clock,
      store,
      rpc: owner.rpc,
      step: (input) => this.step(input),
      failed: (error) => this.#failed(error),
    });
    this.#applied = restored?.snapshot?.index ?? 0;
    this.readiness = new Readiness(restored);
    this.#consensus = new Consensus({
      id,
      random: ports.random,
      timing,
      now: ports.clock.now(),
      life: ports.ids.next(),
      restored,
      bootstrap: isFounder
        ? { voters: [id], ...(store.isDurable ? {} : { memory: [id] }) }
        : undefined,
      trailingEntries: Math.min(TRAILING_ENTRIES, this.#snapshotEntries),
    });
    const { term, config: { voters, learners } } = this.#consensus.status();
    this.#leadership = { master: undefined, term, voters, learners };
    this.#runner = new MachineRunner(
      ports.clock,
      this.#consensus,
      { type: "tick" },
      (effect) => this.#perform(effect),
    );
    this.steering = new AutopilotRunner(this.#steeringOwner(), timing.autopilot);
  }

  /**
   * Has a machine told what is committed, from the stored snapshot on; once, before the node
   * starts.
   *
   * @throws {ClusterError} `BAD_MESSAGE` when the stored snapshot is not whole.
   */
  attach(machine: ReplicatedMachine): void {
    invariant(this.#machine === undefined, "one machine is replicated");
    this.#snapshots.restoreInto(machine);
    this.#machine = machine;
    this.#consensus.tables = machine.tables;
  }

  /** Begins: a founder is the master when this returns. */
  start(): void {
    this.step({ type: "tick" });
    this.steering.start();
  }

  /**
   * Hands the consensus machine an input: a message together with all others of this turn, anything
   * else now.
   */
  step(input: ConsensusInput): void {
    if (input.type === "message") {
      this.#messages.push(input);
      if (this.#messages.length === 1) queueMicrotask(() => this.#takeMessages());
      return;
    }
    this.#takeMessages();
    this.#runner.input(input);
  }

  /** What came in one turn shares one sync of the disk. */
  #takeMessages(): void {
    const [first, ...others] = this.#messages;
    this.#messages = [];
    if (first === undefined) return;
    this.#runner.input(
      others.length === 0 ? first : { type: "batch", inputs: [first, ...others] },
    );
  }

  /** What the consensus machine knows. */
  status(): ConsensusStatus {
    return this.#consensus.status();
  }

  /** Whether this node leads. */
  get isLeader(): boolean {
    return this.#consensus.isLeader;
  }

  /** Whether this node keeps a copy of the state. */
  get hasState(): boolean {
    const { voters, learners } = this.#leadership;
    return voters.includes(this.#owner.id) || learners.includes(this.#owner.id);
  }

  /**
   * Puts a command into the log.
   *
   * @param table the table that it is of, unless every node of protocol 1 knows that.
   * @returns what applying it came to, once it was committed and applied here.
   * @throws {ClusterError} `NOT_MASTER`, `NO_QUORUM`, `OVERLOADED` or `NOT_READY` (its details name
   * the nodes that have not said that they know the table) when it certainly was not, and
   * `TOO_LARGE` or `BAD_REQUEST` when it never can; `UNREACHABLE` when that is unknown.
   */
  async propose(data: Json, table?: string): Promise<unknown> {
    this.#checkRunning();
    checkCommandFits(data);
    const request = this.#answers.next();
    const isTableUsed = table !== undefined && this.#machine?.hasUsed(table) === true;
    this.#turn.push(
      table === undefined ? { request, data } : { request, data, table, isTableUsed },
    );
    if (this.#turn.length === 1) queueMicrotask(() => this.#proposeTurn());
    return await this.#answers.ofProposal(request);
  }

  /** Resolves when this node's state is at least as new as now. */
  async read(): Promise<void> {
    this.#checkRunning();
    const request = this.#answers.next();
    const answer = this.#answers.ofRead(request);
    this.step({ type: "read", request });
    await answer;
  }

  /** Hands leadership over; resolves to the node that leads then. */
  async transfer(to: NodeId | undefined): Promise<NodeId> {
    this.#checkRunning();
    const request = this.#answers.next();
    const answer = this.#answers.ofTransfer(request);
    this.step({ type: "transfer", request, ...(to === undefined ? {} : { to }) });
    return await answer;
  }

  /** Takes a snapshot that another node sent. */
  snapshotReceived(received: ReceivedSnapshot): void {
    this.#snapshots.receive(received);
  }

  /** Ends it: whatever waits fails. */
  stop(): void {
    this.#isStopped = true;
    this.#runner.stop();
    this.#snapshots.stop();
    this.steering.stop();
    this.#answers.failAll(stopped());
  }

  #checkRunning(): void {
    if (this.#isStopped) throw stopped();
  }

  #proposeTurn(): void {
    const proposals = this.#turn;
    this.#turn = [];
    if (!this.#isStopped) this.step({ type: "propose", proposals });
  }

  #perform(effect: ConsensusEffect): void {
    try {
      this.#performOne(effect);
    } catch (error) {
      // The machine already counts on what it asked the disk for: nothing may follow.
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    this.stop();
    this.#owner.storeFailed(
      error instanceof ClusterError ? error : new ClusterError(
        "STORE_FAILED",
        `The data folder failed: ${messageOf(error)}`,
        { cause: error },
      ),
    );
  }

  #performOne(effect: ConsensusEffect): void {
    const { store } = this.#owner;
    switch (effect.type) {
      case "send":
        return this.#owner.send(effect.to, effect.message as unknown as Message);
      case "persist":
        // The followers write while this disk does: what goes to them first needs nothing of it (D
        // §10.2.1).
        if (store.isDurable) this.#owner.flush();
        return store.persist(effect as unknown as Parameters<Store["persist"]>[0]);
      case "apply":
        return this.#apply(effect.entries);
      case "install":
        this.#snapshots.install(effect.snapshot);
        this.#applied = effect.snapshot.index;
        return this.readiness.told();
      case "discard-snapshot":
        return this.#snapshots.discard();
      case "compact":
        return this.#snapshots.accept(effect.through, effect.snapshot);
      case "send-snapshot":
        return void this.#snapshots.send(effect.to, effect.term, effect.snapshot);
      case "role":
        return this.#roleChanged(effect.term, effect.leader, effect.reason);
      case "config": {
        const { voters, learners } = effect.config;
        this.#lead({ ...this.#leadership, voters, learners }, "the voters changed");
        return;
      }
      case "copies": {
        const { copies, disks } = effect;
        const view = { ...this.#leadership, counts: { copies, disks } };
        // A new leader says so before its role is told: then it goes with that.
        if (view.master === this.#owner.id) this.#lead(view, "the copies changed");
        else this.#leadership = view;
        return;
      }
      case "contradicted":
        return this.#owner.contradicted(effect);
      case "reject":
        return this.#owner.rejected(effect.from, effect.reason);
      default:
        return this.#answers.answer(effect);
    }
  }

  #apply(entries: readonly Entry[]): void {
    const machine = this.#machine;
    invariant(machine !== undefined, "a machine is attached before anything is committed");
    const last = entries.at(-1)?.index;
    if (last !== undefined) this.#owner.store.noteCommit(last);
    this.readiness.told();
    for (const { index, term, type, data, table } of entries) {
      this.#applied = index;
      const result = type === "command" ? machine.apply(index, data, table) : undefined;
      this.#answers.applied(index, term, result);
    }
    // The machine must not be told anything before the effects of this input are done.
    const isReconfigured = entries.some(({ type }) => type === "config");
    queueMicrotask(() => this.#housekeep(isReconfigured));
  }

  #housekeep(isReconfigured: boolean): void {
    if (this.#isStopped) return;
    const isDue = this.#consensus.isSnapshotDue(this.#snapshotEntries, SNAPSHOT_BYTES);
    if (isDue && !this.#snapshots.isTaking && this.#machine !== undefined) {
      this.#snapshots.take(this.#applied, this.#machine);
    }
    if (isReconfigured) this.#owner.reconfigured();
    this.#owner.applied();
    if (isReconfigured && this.isLeader) this.steering.look();
  }

  #roleChanged(term: number, leader: NodeId | undefined, reason: string): void {
    const isLeader = leader === this.#owner.id;
    const { counts } = this.#leadership;
    // What a leader says of copies is said before its role is.
    const own = isLeader ? { counts } : { counts: undefined };
    this.#lead({ ...this.#leadership, master: leader, term, ...own }, reason);
    if (isLeader === this.#wasLeader) return;
    this.#wasLeader = isLeader;
    if (!isLeader) this.steering.deposed();
    this.#owner.leading(isLeader);
  }

  #lead(view: LeaderInfo, reason: string): void {
    this.#leadership = view;
    this.#owner.leadershipChanged(view, reason);
  }

  #steeringOwner(): VoterSteeringOwner {
    const isLeader = () => this.isLeader;
    return {
      clock: this.#owner.ports.clock,
      get isLeader() {
        return isLeader();
      },
      status: () => this.status(),
      members: () => this.#owner.members(),
      ask: () => void this.read().then(() => this.steering.look(), () => {}),
      take: (step) => {
        if (step.type === "transfer") this.transfer(step.node).catch(() => {});
        else this.step({ type: "change", request: this.#answers.next(), change: step });
      },
    };
  }
}

function stopped(): ClusterError {
  return new ClusterError("SHUTTING_DOWN", "This node is leaving the cluster");
}
