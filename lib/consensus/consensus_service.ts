import {
  ClusterError,
  invariant,
  type JsonObject,
  type Millis,
  type NodeId,
  Signal,
} from "../core/mod.ts";
import { LEAVING_GRACE_MS } from "./limits.ts";
import { CONSENSUS_MESSAGE_TYPES, type Counts } from "./raft/mod.ts";
import { isLive, type Member, type ProfileName } from "../membership/swim/mod.ts";
import { RaftNode } from "./raft_node.ts";
import type { MembershipService } from "../membership/mod.ts";
import type { ClusterIdentity, NodeContext } from "../part/mod.ts";
import type { MemberCalls, SystemServices } from "../rpc/mod.ts";
import { type Messages, oneHandler, type PeerPool } from "../transport/mod.ts";
import { Departures, type DeparturesOwner, hasVote, isOfCluster } from "./departures.ts";
import { Divergence } from "./divergence.ts";
import { answerQuery, isNews, type LeaderInfo, leaderQuery, viewStatus } from "./leader_info.ts";
import { leadershipMessage, parseLeadership, roleIn } from "./leader_info.ts";
import type { ReplicatedMachine } from "./replicated_machine.ts";
import { LeaderDiscovery, type LeaderDiscoveryOwner } from "./leader_discovery.ts";
import { masterReason } from "./leader_reason.ts";
import { type PaceAdvice, paceAdvice, PaceWatch } from "./pace.ts";
import { secondCopyOf, type SecondCopyView } from "./kept_here.ts";
import { GOVERNANCE_TIMING } from "./timing.ts";
import { askTransfer, memberServices } from "./member_services.ts";
import { ToldCounts } from "./told_counts.ts";
import { candidate } from "./autopilot_runner.ts";
import { isMajorityDead, type MissingVoters, missingVoters, Youth } from "./missing_voters.ts";
import type { VoterNames } from "./voter_names.ts";
import type { MemberRole } from "../wire/mod.ts";

/**
 * Who leads the cluster, and what it agrees on.
 *
 * Voters and learners know it from consensus itself; everybody else is told by the master
 * (`master`) when something changes, and asks (`master-query`) when it knows of no living one.
 */
export class ConsensusService {
  /** Its section of `status`. */
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
  readonly #context: NodeContext;
  readonly #profile: ProfileName;
  readonly #names: VoterNames;
  readonly #membership: MembershipService;
  readonly #peers: PeerPool;
  readonly #rpc: MemberCalls;
  readonly #pace: PaceWatch;
  readonly #inquiry: LeaderDiscovery;
  readonly #counts = new ToldCounts();
  readonly #youth: Youth;
  #machine: ReplicatedMachine | undefined;
  /** Once it is a member: its part in consensus, and what notices that it cannot be right. */
  #part: { readonly raft: RaftNode; readonly divergence: Divergence } | undefined;
  #view: LeaderInfo = { master: undefined, term: 0, voters: [], learners: [] };
  #isStopped = false;

  /**
   * Knows of nobody who leads yet.
   *
   * @param names what voters are called that membership does not know.
   */
  constructor(
    context: NodeContext,
    profile: ProfileName,
    names: VoterNames,
    membership: MembershipService,
    peers: PeerPool,
    rpc: MemberCalls,
  ) {
    this.#context = context;
    this.#profile = profile;
    this.#names = names;
    this.#membership = membership;
    this.#peers = peers;
    this.#rpc = rpc;
    const { clock } = context.ports;
    this.#youth = new Youth(clock);
    const place = this.#place(GOVERNANCE_TIMING[profile].autopilot.deadMs + LEAVING_GRACE_MS);
    this.departures = new Departures(place);
    this.#inquiry = new LeaderDiscovery(place);
    this.#pace = new PaceWatch({
      clock,
      advice: () => this.paceAdvice(),
      warn: (text) => this.#warn("SLOW_LINKS", text),
    });
    membership.onChange.subscribe(({ member, previous }) => {
      const isBack = isLive(member.state) && previous !== undefined && !isLive(previous);
      this.#memberChanged(member, isBack);
    });
  }

  /** Has a machine told what is committed; once, before the node starts. */
  attach(machine: ReplicatedMachine): void {
    invariant(this.#machine === undefined, "one machine is replicated");
    this.#machine = machine;
  }

  /** Takes over what the member that let this node in said of who leads. */
  expect(told: LeaderInfo): void {
    this.#view = told;
  }

  /**
   * Takes part from now on: a founder leads when this returns.
   *
   * @throws {ClusterError} `BAD_MESSAGE` when the stored snapshot is not whole.
   */
  joined({ isFounder }: ClusterIdentity): void {
    const machine = this.#machine;
    invariant(machine !== undefined, "a machine is attached before the node joins");
    const { id, ports, store } = this.#context;
    const rejected = (from: NodeId, reason: string) =>
      this.#warn("BAD_MESSAGE", `Rejected what ${this.nameOf(from)} sent: ${reason}`);
    const raft = new RaftNode(
      {
        id,
        ports,
        store,
        send: (to, message) => this.#membership.send(to, message),
        flush: () => this.#peers.flush(),
        rpc: this.#rpc,
        members: () => this.#membership.members().map(candidate),
        leadershipChanged: (view, reason) => this.#heard(view, reason),
        contradicted: (contradiction) => this.#part?.divergence.contradicted(contradiction),
        rejected,
        leading: (isLeading) => this.onLeading.emit(isLeading),
        applied: () => this.onApplied.emit(),
        reconfigured: () => this.departures.changed(),
        storeFailed: (error) => this.#context.fail(error),
      },
      GOVERNANCE_TIMING[this.#profile],
      isFounder,
    );
    raft.attach(machine);
    const divergence = new Divergence({
      id,
      member: (node) => this.#membership.member(node),
      rejected,
      failed: (error) => this.#context.fail(error),
    }, raft);
    this.#part = { raft, divergence };
    raft.start();
    this.#inquiry.start();
    this.#pace.start();
  }

  /**
   * This node's part in consensus itself.
   *
   * @throws {ClusterError} `NOT_A_MEMBER` while the node joins.
   */
  get raft(): RaftNode {
    if (this.#part !== undefined) return this.#part.raft;
    throw new ClusterError("NOT_A_MEMBER", "This node is still joining a cluster");
  }

  /** Whether this node keeps a copy of what is committed. */
  get hasCopyHere(): boolean {
    return this.#part?.raft.hasState === true;
  }

  /** Ends: whatever waits for agreement fails. */
  stop(): void {
    this.#isStopped = true;
    this.#pace.stop();
    this.departures.stop();
    this.#inquiry.stop();
    this.#part?.raft.stop();
  }

  /** Who leads, as far as this node knows. */
  get view(): LeaderInfo {
    return this.#view;
  }

  /** The master, unless it is dead. */
  get master(): NodeId | undefined {
    const { master } = this.#view;
    const member = master === undefined ? undefined : this.#membership.member(master);
    return member !== undefined && isLive(member.state) ? master : undefined;
  }

  /** What a member is in the agreement. */
  roleOf(node: NodeId): MemberRole {
    return node === this.master
      ? "master"
      : roleIn(this.#view, node, this.#membership.member(node));
  }

  /** Whether this node votes, or is to, and the voters are too far from it for its profile. */
  paceAdvice(): PaceAdvice | undefined {
    if (!this.hasCopyHere) return undefined;
    const others = this.#view.voters.filter((id) => id !== this.#context.id)
      .map((id) => this.#membership.member(id))
      .filter((member) => member !== undefined && isLive(member.state));
    return paceAdvice(this.#profile, GOVERNANCE_TIMING, others as Member[]);
  }

  /** Whether so many voters are dead, as membership sees it, that the rest is no majority. */
  isMajorityDead(): boolean {
    return isMajorityDead(this.#view.voters, (voter) => this.#membership.member(voter));
  }

  /** The voters that cannot be reached. */
  missingVoters(): MissingVoters {
    const { id: self } = this.#context;
    const member = (voter: NodeId) => this.#membership.member(voter);
    const unheard = this.hasCopyHere ? this.raft.status().missingVoters : [];
    const [voters, isYoung] = [this.#view.voters, this.#youth.isYoung];
    return missingVoters({ self, voters, names: this.#names, member, unheard, isYoung });
  }

  /** Whether a member that is here, perhaps this one, has a copy of the state. */
  hasCopy(): boolean {
    return this.replicas().some((node) => node !== this.#context.id || this.raft.readiness.isReady);
  }

  /** What this node has as the second copy beside a single voter; `undefined` when it is none. */
  secondCopy(): SecondCopyView | undefined {
    const { id, store: { isDurable } } = this.#context;
    const [status, told] = [this.raft.status(), this.#counts];
    return secondCopyOf({ id, isDurable, status, told, nameOf: (node) => this.nameOf(node) });
  }

  /** What `status` shows of consensus and state. */
  status(): Record<string, unknown> {
    const status = this.raft.status();
    if (!this.hasCopyHere) return { role: "member", term: this.#view.term };
    return viewStatus(status, this.#view, (node) => this.nameOf(node));
  }

  /** A link to a member was made, or broke; over a new one, two leaders hear of each other. */
  link(node: NodeId, what: "link-made" | "link-broken"): void {
    this.#part?.raft.step({ type: what, node });
    if (what === "link-made") this.#tell(node);
  }

  /** The master did not answer, or even said that it does not lead (`isDenied`). */
  reportFailure(master: NodeId, isDenied: boolean): void {
    this.#inquiry.reportFailure(master, isDenied);
  }

  /** Membership believes something else of a member; `isBack`: that it is there, and was not. */
  #memberChanged({ id, state }: Member, isBack: boolean): void {
    if (!isLive(state) && this.#part?.raft.isLeader) {
      this.raft.step({ type: "node-gone", node: id });
    }
    if (isBack) this.#tell(id);
    this.departures.changed();
  }

  /** In how many places acknowledged writes are, as the master told last, if there is one. */
  get counts(): Counts | undefined {
    return this.master === undefined ? undefined : this.#view.counts;
  }

  /** Hands leadership over, to a member or to the voter that has most of the log. */
  async transfer(to: NodeId | undefined): Promise<NodeId> {
    if (this.master === this.#context.id) return await this.raft.transfer(to);
    return await askTransfer(this.#rpc, this.master, to);
  }

  /** Who leads says so once more: it may be lost with a link, and nobody tells who seems dead. */
  #tell(node: NodeId): void {
    if (this.#part?.raft.isLeader) this.#membership.send(node, leadershipMessage(this.#view));
  }

  #warn(code: string, message: string): void {
    this.#context.events.emit({ event: "warning", code, message });
  }

  /** What a member is called, or was. */
  nameOf(node: NodeId): string {
    return this.#names.of(node, this.#membership.member(node)).name;
  }

  #heard(view: LeaderInfo, reason: string): void {
    const { id } = this.#context;
    // A log that is still empty names nobody: what this node was told of the voters is better.
    if (view.voters.length === 0) return;
    const isPart = view.voters.includes(id) || view.learners.includes(id);
    const wasPart = this.#view.voters.includes(id) || this.#view.learners.includes(id);
    if (!isPart && !wasPart) return;
    if (view.master === undefined && view.term < this.#view.term) return;
    const counts = view.counts ?? this.#counts.of(view);
    const { master, term } = this.#view;
    this.#adopt({ ...view, counts }, masterReason(reason));
    // Who takes no part in consensus would believe for long in one that no majority answers.
    const resigns = master === id && view.master === undefined && view.term === term;
    if (view.master === id || resigns) this.#membership.broadcast(leadershipMessage(view));
  }

  /** Takes what another member says of who leads; the word of a stranger counts for nothing. */
  leaderTold(from: NodeId, message: JsonObject): void {
    if (!isOfCluster(this.#membership.member(from))) return;
    const told = parseLeadership(message);
    if (told !== undefined && this.#part?.divergence.met(told, this.#view) === true) return;
    if (told?.master === from && from !== this.#context.id) {
      // What a master says of copies is news also to who hears it by consensus.
      const counted = this.#counts.countedAnew(told, this.#view);
      if (counted !== undefined) this.#adopt(counted, "the master said so");
    }
    // Who hears a leader knows better than anybody can tell. One that hears none may have lost its
    // vote while it was away: then nobody but a member that knows the master can tell.
    const isHearing = this.hasCopyHere && this.raft.status().leader !== undefined;
    if (told === undefined || isHearing) return;
    if (!isNews(told, this.#view, from, this.#context.id)) return;
    this.#adopt(told, "the master said so");
  }

  #adopt(view: LeaderInfo, reason: string): void {
    const previous = this.#view;
    this.#view = view;
    if (view.master !== undefined) this.#youth.end();
    this.onChange.emit(view, previous, reason);
    this.departures.changed();
  }

  /** The members that keep a copy of what is committed, this node first when it does. */
  replicas(): NodeId[] {
    const { id } = this.#context;
    const all = [...this.#view.voters, ...this.#view.learners];
    const live = all.filter((node) => this.#membership.member(node)?.state === "alive");
    return this.hasCopyHere ? [id, ...live.filter((node) => node !== id)] : live;
  }

  /** What this node knows, for those who ask and those who go. */
  #place(patienceMs: Millis): LeaderDiscoveryOwner & DeparturesOwner {
    const { id, ports } = this.#context;
    const [isStopped, isPart] = [() => this.#isStopped, () => this.hasCopyHere];
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
      hasVote: (node) => hasVote(this.raft.status(), this.#view, node),
      members: () => this.#membership.members(),
      member: (node) => this.#membership.member(node),
      send: (to, message) => this.#membership.send(to, message),
      ask: (member) => this.#membership.send(member, leaderQuery(this.#view)),
      release: (voter) => this.raft.steering.leaves(voter),
      missedBy: (voter, since) => this.raft.steering.missedBy(voter, since),
      confirm: () => this.raft.read(),
      rpc: this.#rpc,
      warn: (message) => this.#warn("NO_QUORUM", message),
    };
  }

  /** What members say of who leads, and of what they agree on. */
  get messages(): Messages {
    return {
      ...oneHandler(CONSENSUS_MESSAGE_TYPES, {
        from: "member",
        receive: ({ member: from }, message) =>
          this.#part?.raft.step({ type: "message", from, message }),
      }),
      "master": { from: "member", receive: ({ member }, told) => this.leaderTold(member, told) },
      "master-query": {
        from: "member",
        receive: ({ member: from }, message) => {
          if (!isOfCluster(this.#membership.member(from))) return;
          const [{ id }, isKnown] = [this.#context, this.master !== undefined];
          const answer = answerQuery(message, id, this.#view, isKnown);
          if (answer !== undefined) this.#membership.send(from, answer);
        },
      },
      ...this.departures.messages,
    };
  }

  /** The services by which the members use each other's part in consensus. */
  get services(): SystemServices {
    invariant(this.#machine !== undefined, "a machine is attached before its services are offered");
    return memberServices(this, this.#machine, (error) => this.#context.fail(error));
  }
}
