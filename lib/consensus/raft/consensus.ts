import type { Machine, Message, Millis, NodeId } from "../../core/mod.ts";
import type { ConsensusEffect, RefusalCode } from "./effect.ts";
import { Election } from "./election.ts";
import { takeAppend, takeSnapshot } from "./follower.ts";
import type { ConsensusInput, RequestId } from "./input.ts";
import { Leader } from "./leader.ts";
import type { ConsensusMessage } from "./messages.ts";
import type { ConsensusOptions } from "./options.ts";
import { parseConsensusMessage, parseSnapshotMeta } from "./parse.ts";
import { FollowerReads } from "./reads.ts";
import { Replica } from "./replica.ts";
import type { ConsensusStatus } from "./status.ts";

type SingleInput = Exclude<ConsensusInput, { type: "batch" }>;

/** One node's Raft: see the folder's door for the whole picture. */
export class Consensus implements Machine<ConsensusInput, ConsensusEffect> {
  readonly #replica: Replica;
  readonly #election: Election;
  readonly #followerReads: FollowerReads;
  #leadership: Leader | undefined;

  /** Begins as a follower, with what was kept. */
  constructor(options: ConsensusOptions) {
    this.#replica = new Replica(options);
    this.#election = new Election(this.#replica);
    this.#followerReads = new FollowerReads(this.#replica);
  }

  handle(now: Millis, input: ConsensusInput): ConsensusEffect[] {
    const replica = this.#replica;
    replica.now = Math.max(replica.now, now);
    const inputs = input.type === "batch" ? input.inputs : [input];
    for (const single of inputs) {
      this.#leadership?.checkQuorum();
      this.#followRole();
      this.#take(single);
      this.#followRole();
    }
    this.#leadership?.settle();
    this.#followRole();
    this.#followerReads.settle();
    return replica.flush();
  }

  nextDeadline(): Millis | undefined {
    const own = this.#leadership?.deadline ?? this.#replica.electionDeadline;
    const deadline = Math.min(own, this.#followerReads.deadline);
    return deadline === Infinity ? undefined : deadline;
  }

  /** What this node knows, now. */
  status(): ConsensusStatus {
    const replica = this.#replica;
    const { log, commitIndex } = replica;
    const leadership = this.#leadership;
    const hasQuorum = replica.leader !== undefined;
    return {
      id: replica.id,
      role: replica.shownRole,
      term: replica.term,
      leader: replica.leader,
      votedFor: replica.votedFor,
      firstIndex: log.firstIndex,
      lastIndex: log.lastIndex,
      commitIndex,
      appliedIndex: commitIndex,
      snapshot: replica.snapshot,
      config: replica.config,
      committedConfig: replica.configs.at(commitIndex).config,
      canChange: leadership?.canChange ?? false,
      hasQuorum,
      missingVoters: leadership?.missingVoters() ??
        (hasQuorum ? [] : this.#election.missingVoters()),
      progress: leadership?.progress ?? {},
      electionTimeoutMs: replica.electionTimeoutMs,
      counts: leadership?.counts,
      transferTarget: leadership?.transferTarget,
    };
  }

  /**
   * The further tables of the state that this node knows, by name: set before it hears anything.
   */
  set tables(names: readonly string[]) {
    this.#replica.tables = names;
  }

  /** Whether this node leads. */
  get isLeader(): boolean {
    return this.#replica.role === "leader";
  }

  /** Whether so many entries, or bytes of them, were applied since the latest snapshot. */
  isSnapshotDue(entries: number, bytes: number): boolean {
    const { commitIndex, snapshot, appliedBytes } = this.#replica;
    return commitIndex - (snapshot?.index ?? 0) >= entries || appliedBytes >= bytes;
  }

  /** The term of an entry that is still in the log. */
  termAt(index: number): number | undefined {
    return this.#replica.log.termAt(index);
  }

  #take(input: SingleInput): void {
    const leadership = this.#leadership;
    switch (input.type) {
      case "tick":
        leadership?.tick();
        return this.#election.tick();
      case "message":
        return this.#takeMessage(input.from, input.message);
      case "link-broken":
        leadership?.linkBroken(input.node);
        return this.#election.linkBroken(input.node);
      case "node-gone":
        return leadership?.nodeGone(input.node);
      case "link-made":
        return leadership?.linkMade(input.node);
      case "propose":
        if (leadership !== undefined) return leadership.propose(input.proposals);
        for (const { request } of input.proposals) this.#refuse(request);
        return;
      case "change":
        if (leadership !== undefined) return leadership.change(input.request, input.change);
        return this.#refuse(input.request);
      case "transfer":
        if (leadership !== undefined) return leadership.transfer(input.request, input.to);
        return this.#refuse(input.request);
      case "read":
        if (leadership !== undefined) return leadership.reads.add({ request: input.request });
        return this.#followerReads.add(input.request, this.#election.missingVoters());
      case "snapshot-taken":
        return this.#replica.compact(input.index);
      case "snapshot-sent":
        return leadership?.snapshotSent(input.to);
      case "snapshot-failed":
        return leadership?.snapshotFailed(input.to);
      case "snapshot-received": {
        const parsed = parseSnapshotMeta(input.snapshot);
        const reason = parsed.ok
          ? takeSnapshot(this.#replica, input.from, input.term, parsed.value)
          : parsed.reason;
        return this.#reject(input.from, reason);
      }
    }
  }

  #takeMessage(from: NodeId, given: Message): void {
    const parsed = parseConsensusMessage(given);
    if (!parsed.ok) return this.#reject(from, parsed.reason);
    const message = parsed.value;
    if (from === this.#replica.id) return this.#reject(from, "a message from itself");
    this.#reject(from, this.#route(from, message));
  }

  #route(from: NodeId, message: ConsensusMessage): string | undefined {
    const replica = this.#replica;
    switch (message.type) {
      case "vote-request":
        this.#election.voteRequest(from, message);
        return undefined;
      case "vote":
        this.#election.vote(from, message);
        return undefined;
      case "append":
        return takeAppend(replica, from, message);
      case "appended":
        if (this.#leadership?.tracks(from) !== true) return undefined;
        if (message.term > replica.term) {
          replica.follow(message.term, undefined, "a node has a higher term");
        } else this.#leadership.appended(from, message);
        return undefined;
      case "timeout-now":
        this.#election.timeoutNow(from, message);
        return undefined;
      case "read-request":
        if (this.#leadership !== undefined) this.#leadership.readRequest(from, message.read);
        else {
          const { term } = replica;
          const { read } = message;
          replica.send(from, { type: "read-reply", term, read, ok: false, index: 0 });
        }
        return undefined;
      case "read-reply":
        this.#followerReads.reply(from, message);
        return undefined;
    }
  }

  /** Begins or ends a leadership as the role says. */
  #followRole(): void {
    const replica = this.#replica;
    const leadership = this.#leadership;
    const isOver = replica.role !== "leader" || leadership?.term !== replica.term;
    if (leadership !== undefined && isOver) {
      const missing = leadership.missingVoters();
      const isAlone = 2 * missing.length >= replica.config.voters.length;
      this.#leadership = undefined;
      this.#election.lost(isAlone ? missing : []);
      leadership.end(isAlone ? "NO_QUORUM" : "NOT_MASTER", isAlone ? missing : []);
    }
    if (replica.role === "leader" && this.#leadership === undefined) {
      this.#leadership = new Leader(replica, this.#election.startedAt);
    }
  }

  #refuse(request: RequestId): void {
    const { leader, config, id } = this.#replica;
    const isMember = config.voters.includes(id) || config.learners.includes(id);
    const missing = leader === undefined ? this.#election.missingVoters() : [];
    const code: RefusalCode = leader === undefined && isMember ? "NO_QUORUM" : "NOT_MASTER";
    const reason = leader === undefined ? "No leader is known" : `${leader} leads`;
    this.#replica.emit({ type: "refused", request, code, reason, leader, missing });
  }

  #reject(from: NodeId, reason: string | undefined): void {
    if (reason !== undefined) this.#replica.emit({ type: "reject", from, reason });
  }
}
