import {
  ClusterError,
  HANDOVER_MS,
  isJsonObject,
  isNonEmptyString,
  type Json,
  type JsonObject,
  LEAVING_GRACE_MS,
  type Millis,
  type NodeId,
  Signal,
} from "../core/mod.ts";
import { CONSENSUS_MESSAGE_TYPES, type Counts, majority } from "./raft/mod.ts";
import { isLive, isObserver, type Member, type ProfileName } from "../membership/swim/mod.ts";
import { RaftNode } from "./raft_node.ts";
import type { ServiceHandler, SystemServices } from "../rpc/mod.ts";
import { type Messages, oneHandler } from "../transport/mod.ts";
import { Departures, type DeparturesOwner, isOfCluster } from "./departures.ts";
import { Divergence } from "./divergence.ts";
import type { GovernanceOwner } from "./governance_owner.ts";
import { answerQuery, isNews, type LeaderInfo, leaderQuery } from "./leader_info.ts";
import { leadershipMessage, parseLeadership } from "./leader_info.ts";
import type { ReplicatedMachine } from "./replicated_machine.ts";
import { LeaderDiscovery, type LeaderDiscoveryOwner } from "./leader_discovery.ts";
import { masterReason } from "./leader_reason.ts";
import { type PaceAdvice, paceAdvice, PaceWatch } from "./pace.ts";
import { secondCopyOf, type SecondCopyView } from "./kept_here.ts";
import { GOVERNANCE_TIMING } from "./timing.ts";
import { RELEASE_SERVICE } from "./release.ts";
import { SNAPSHOT_SERVICE, SnapshotReceiver } from "./snapshot_transfer.ts";
import { ToldCounts } from "./told_counts.ts";
import { candidate } from "./autopilot_runner.ts";
import { type MissingVoters, missingVoters, Youth } from "./missing_voters.ts";
import type { MemberRole } from "../wire/mod.ts";

/**
 * Who leads the cluster, and what it agrees on.
 *
 * Voters and learners know it from consensus itself; everybody else is told by the master with a `master`
 * message when something changes, and asks (`master-query`) when it knows of no living one.
 */
export class ConsensusService {
  readonly name = "consensus";
  /** Who leads, or votes, is another one than before, and why. */
  readonly onChange: Signal<[view: LeaderInfo, previous: LeaderInfo, reason: string]> =
    new Signal();
  /** This node leads from now on, or does not any more. */
  readonly onLeading: Signal<[isLeading: boolean]> = new Signal();
  /** What is committed has been applied here. */
  readonly onApplied: Signal = new Signal();
  /** How voters go. */
  readonly departures: Departures;
  /** The services by which the members use each other's consensus and state. */
  services: SystemServices = {};
  readonly #owner: GovernanceOwner;
  readonly #profile: ProfileName;
  /** This node's part in consensus itself. */
  readonly raft: RaftNode;
  readonly #divergence: Divergence;
  readonly #pace: PaceWatch;
  readonly #inquiry: LeaderDiscovery;
  readonly #counts = new ToldCounts();
  readonly #youth: Youth;
  #view: LeaderInfo;
  #isStopped = false;

  /**
   * @param told what the cluster said of who leads, if it said anything yet.
   * @param isFounder whether this node founds the cluster, unless its store shows that it has already.
   */
  constructor(
    owner: GovernanceOwner,
    profile: ProfileName,
    told: LeaderInfo | undefined,
    isFounder: boolean,
  ) {
    this.#owner = owner;
    this.#profile = profile;
    this.#youth = new Youth(owner.ports.clock);
    this.#view = told ?? { master: undefined, term: 0, voters: [], learners: [] };
    const timing = GOVERNANCE_TIMING[profile];
    this.raft = new RaftNode(
      {
        id: owner.id,
        ports: owner.ports,
        store: owner.store,
        send: (to, message) => owner.send(to, message),
        flush: () => owner.flush(),
        rpc: owner.rpc,
        members: () => owner.members().map(candidate),
        leadershipChanged: (view, reason) => this.#heard(view, reason),
        contradicted: (contradiction) => this.#divergence.contradicted(contradiction),
        rejected: (from, reason) => owner.rejected(from, reason),
        leading: (isLeading) => this.onLeading.emit(isLeading),
        applied: () => this.onApplied.emit(),
        reconfigured: () => this.departures.changed(),
        storeFailed: (error) => owner.failed(error),
      },
      timing,
      isFounder,
    );
    this.#divergence = new Divergence(owner, this.raft);
    const place = this.#place(timing.autopilot.deadMs + LEAVING_GRACE_MS);
    this.departures = new Departures(place);
    this.#inquiry = new LeaderDiscovery(place);
    this.#pace = new PaceWatch({
      clock: owner.ports.clock,
      advice: () => this.paceAdvice(),
      warn: (text) => owner.warn(text, "SLOW_LINKS"),
    });
  }

  /** Has a machine told what is committed; once, before this starts. */
  attach(machine: ReplicatedMachine): void {
    this.raft.attach(machine);
    this.services = this.#makeServices(new SnapshotReceiver(machine));
  }

  /** Begins: a founder leads when this returns. */
  start(): void {
    this.raft.start();
    this.#inquiry.start();
    this.#pace.start();
  }

  /** Ends: whatever waits for agreement fails. */
  stop(): void {
    this.#isStopped = true;
    this.#pace.stop();
    this.departures.stop();
    this.#inquiry.stop();
    this.raft.stop();
  }

  /** Who leads, as far as this node knows. */
  get view(): LeaderInfo {
    return this.#view;
  }

  /** The master, unless it is dead. */
  get master(): NodeId | undefined {
    const { master } = this.#view;
    const member = master === undefined ? undefined : this.#owner.member(master);
    return member !== undefined && isLive(member.state) ? master : undefined;
  }

  /** What a member is in the agreement. */
  roleOf(node: NodeId): MemberRole {
    if (node === this.master) return "master";
    if (this.#view.voters.includes(node)) return "voter";
    if (this.#view.learners.includes(node)) return "learner";
    const member = this.#owner.member(node);
    return member !== undefined && isObserver(member) ? "observer" : "member";
  }

  /** Whether this node votes, or is to, and the voters are too far from it for its profile. */
  paceAdvice(): PaceAdvice | undefined {
    if (!this.raft.hasState) return undefined;
    const others = this.#view.voters.filter((id) => id !== this.#owner.id)
      .map((id) => this.#owner.member(id))
      .filter((member) => member !== undefined && isLive(member.state));
    return paceAdvice(this.#profile, GOVERNANCE_TIMING, others as Member[]);
  }

  /** Whether so many voters are dead, as membership sees it, that the rest is no majority. */
  isMajorityDead(): boolean {
    const { voters } = this.#view;
    const there = voters.filter((id) => isLive(this.#owner.member(id)?.state ?? "dead"));
    return voters.length > 0 && there.length < majority(voters.length);
  }

  /** The voters that cannot be reached. */
  missingVoters(): MissingVoters {
    const { id: self, names } = this.#owner;
    const member = (voter: NodeId) => this.#owner.member(voter);
    const unheard = this.raft.hasState ? this.raft.status().missingVoters : [];
    const [voters, isYoung] = [this.#view.voters, this.#youth.isYoung];
    return missingVoters({ self, voters, names, member, unheard, isYoung });
  }

  /** Whether a member that is here, perhaps this one, has a copy of the state. */
  hasCopy(): boolean {
    const { isReady } = this.raft.readiness;
    return this.replicas().some((node) => node !== this.#owner.id || isReady);
  }

  /** What this node has as the second copy beside a single voter; `undefined` when it is none. */
  secondCopy(): SecondCopyView | undefined {
    const { id, store: { isDurable } } = this.#owner;
    const [status, told] = [this.raft.status(), this.#counts];
    return secondCopyOf({ id, isDurable, status, told, nameOf: (node) => this.nameOf(node) });
  }

  /** What `status` shows of consensus and state. */
  status(): Record<string, unknown> {
    const { role, term, commitIndex, appliedIndex, lastIndex, progress } = this.raft.status();
    if (!this.raft.hasState) return { role: "member", term: this.#view.term };
    const lag: Record<string, number> = {};
    // Who was let go hears so until it knows, and lags for good if it is dead.
    for (const id of [...this.#view.voters, ...this.#view.learners]) {
      const fed = progress[id];
      if (fed !== undefined) lag[this.nameOf(id)] = fed.lag;
    }
    return { role, term, commitIndex, appliedIndex, lastIndex, lag };
  }

  /** A link to a member was made, or broke; over a new one each of two that lead one cluster hears so. */
  link(node: NodeId, what: "link-made" | "link-broken"): void {
    this.raft.step({ type: what, node });
    if (what === "link-made") this.#tell(node);
  }

  /** The master did not answer, or even said that it does not lead (`isDenied`). */
  reportFailure(master: NodeId, isDenied: boolean): void {
    this.#inquiry.reportFailure(master, isDenied);
  }

  /** Membership believes something else of a member; `isBack`: that it is there, and was not. */
  memberChanged({ id, state }: Pick<Member, "id" | "state">, isBack = false): void {
    if (!isLive(state) && this.raft.isLeader) {
      this.raft.step({ type: "node-gone", node: id });
    }
    if (isBack) this.#tell(id);
    this.departures.changed();
  }

  /** In how many places acknowledged writes are, as the master told last; `undefined` without a master. */
  get counts(): Counts | undefined {
    return this.master === undefined ? undefined : this.#view.counts;
  }

  /** Hands leadership over, to a member or to the voter that has most of the log. */
  async transfer(to: NodeId | undefined): Promise<NodeId> {
    const master = this.master;
    if (master === undefined) throw new ClusterError("NO_QUORUM", "There is no master at present");
    if (master === this.#owner.id) return await this.raft.transfer(to);
    const body: Json = to === undefined ? {} : { to };
    const request = { service: "muster.transfer", body, timeoutMs: HANDOVER_MS };
    return await this.#owner.rpc.call(master, request) as NodeId;
  }

  /** Who leads says so once more: it may be lost with a link, and nobody tells who seems dead. */
  #tell(node: NodeId): void {
    if (this.raft.isLeader) this.#owner.send(node, leadershipMessage(this.#view));
  }

  /** What people call a node. */
  nameOf(node: NodeId): string {
    return this.#owner.names.of(node, this.#owner.member(node)).name;
  }

  #heard(view: LeaderInfo, reason: string): void {
    const { id } = this.#owner;
    // A log that is still empty names nobody: what this node was told of the voters is better.
    if (view.voters.length === 0) return;
    const isPart = view.voters.includes(id) || view.learners.includes(id);
    const wasPart = this.#view.voters.includes(id) || this.#view.learners.includes(id);
    if (!isPart && !wasPart) return;
    if (view.master === undefined && view.term < this.#view.term) return;
    const counts = view.counts ?? this.#counts.of(view);
    const { master, term } = this.#view;
    this.#adopt({ ...view, counts }, masterReason(reason));
    // Who takes no part in consensus would believe for long that one leads which no majority answers.
    const resigns = master === id && view.master === undefined && view.term === term;
    if (view.master === id || resigns) this.#owner.broadcast(leadershipMessage(view));
  }

  /** Takes what another member says of who leads; the word of a stranger counts for nothing. */
  leaderTold(from: NodeId, message: JsonObject): void {
    if (!isOfCluster(this.#owner.member(from))) return;
    const told = parseLeadership(message);
    if (told !== undefined && this.#divergence.met(told, this.#view)) return;
    if (told?.master === from && from !== this.#owner.id) this.#hearCounts(told);
    // Who hears a leader knows better than anybody can tell. One that hears none may have lost its vote
    // while it was away: then nobody but a member that knows the master can tell.
    const isHearing = this.raft.hasState && this.raft.status().leader !== undefined;
    if (told === undefined || isHearing) return;
    if (!isNews(told, this.#view, from, this.#owner.id)) return;
    this.#adopt(told, "the master said so");
  }

  /** What a master says of copies is news also to who hears it by consensus. */
  #hearCounts(told: LeaderInfo): void {
    this.#counts.receive(told);
    const { master, term, counts } = this.#view;
    if (told.counts === undefined || told.master !== master || told.term !== term) return;
    if (told.counts.copies === counts?.copies && told.counts.disks === counts.disks) return;
    this.#adopt({ ...this.#view, counts: told.counts }, "the master said so");
  }

  #adopt(view: LeaderInfo, reason: string): void {
    const previous = this.#view;
    this.#view = view;
    if (view.master !== undefined) this.#youth.end();
    this.#owner.changed(view, previous, reason);
    this.onChange.emit(view, previous, reason);
    this.departures.changed();
  }

  /** The members that keep a copy of what is committed, this node first when it does. */
  replicas(): NodeId[] {
    const { id } = this.#owner;
    const all = [...this.#view.voters, ...this.#view.learners];
    const live = all.filter((node) => this.#owner.member(node)?.state === "alive");
    return this.raft.hasState ? [id, ...live.filter((node) => node !== id)] : live;
  }

  /** What this node knows, for those who ask and those who go. */
  #place(patienceMs: Millis): LeaderDiscoveryOwner & DeparturesOwner {
    const { id, ports } = this.#owner;
    const [isStopped, isPart] = [() => this.#isStopped, () => this.raft.hasState];
    const [master, voters] = [() => this.master, () => this.#view.voters];
    return {
      id,
      ports,
      patienceMs,
      nameOf: (voter) => this.nameOf(voter),
      get isStopped() {
        return isStopped();
      },
      get isPart() {
        return isPart();
      },
      get master() {
        return master();
      },
      get voters() {
        return voters();
      },
      hasVote: (node) => this.#hasVote(node),
      members: () => this.#owner.members(),
      member: (node) => this.#owner.member(node),
      send: (to, message) => this.#owner.send(to, message),
      ask: (member) => this.#owner.send(member, leaderQuery(this.#view)),
      release: (voter) => this.raft.steering.leaves(voter),
      missedBy: (voter, since) => this.raft.steering.missedBy(voter, since),
      confirm: () => this.raft.read(),
      rpc: this.#owner.rpc,
      warn: (message) => this.#owner.warn(message),
    };
  }

  /** Whether a node has a vote, or may have: by what is committed, or by what may be, as far as this node knows. */
  #hasVote(node: NodeId): boolean {
    const { committedConfig, config, leader } = this.raft.status();
    const isMeant = config.voters.includes(node);
    if (!isMeant) return committedConfig.voters.includes(node);
    // Who was away while its vote was taken hears of no leader, but others have told it.
    return leader !== undefined || this.#view.voters.includes(node);
  }

  /** What members say of who leads, and of what they agree on. */
  get messages(): Messages {
    return {
      ...oneHandler(CONSENSUS_MESSAGE_TYPES, {
        from: "member",
        receive: ({ member: from }, message) => this.raft.step({ type: "message", from, message }),
      }),
      "master": { from: "member", receive: ({ member }, told) => this.leaderTold(member, told) },
      "master-query": {
        from: "member",
        receive: ({ member: from }, message) => {
          if (!isOfCluster(this.#owner.member(from))) return;
          const { master } = this;
          const answer = answerQuery(message, this.#owner.id, this.#view, master !== undefined);
          if (answer !== undefined) this.#owner.send(from, answer);
        },
      },
      ...this.departures.messages,
    };
  }

  #makeServices(receiver: SnapshotReceiver): SystemServices {
    const snapshot: ServiceHandler = (body, { from }) => {
      if (from === undefined) throw new ClusterError("BAD_REQUEST", "Only members send snapshots");
      try {
        const received = receiver.take(from, body);
        if (received !== undefined) this.raft.snapshotReceived(received);
      } catch (error) {
        // The leader would send it for ever.
        if (error instanceof ClusterError && error.code === "NEWER_CLUSTER") {
          this.#owner.failed(error);
        }
        throw error;
      }
    };
    const transfer: ServiceHandler = async (body) => {
      const to = isJsonObject(body) && isNonEmptyString(body["to"], 64) ? body["to"] : undefined;
      return await this.raft.transfer(to);
    };
    return {
      [SNAPSHOT_SERVICE]: { from: "member", serve: snapshot },
      [RELEASE_SERVICE]: { from: "member", serve: (body) => this.departures.release(body) },
      "muster.transfer": { from: "anyone", serve: transfer },
    };
  }
}
