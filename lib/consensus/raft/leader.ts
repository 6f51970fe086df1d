import type { Json, Millis, NodeId } from "../../core/mod.ts";
import { APPEND_ENTRIES, PROMOTE_LAG, UNCOMMITTED_BYTES } from "./limits.ts";
import { changeConfig } from "./config_history.ts";
import type { RefusalCode } from "./effect.ts";
import type { Index, Term } from "./entry.ts";
import { backtrack, feed } from "./feeding.ts";
import type { Change, Proposal, RequestId } from "./input.ts";
import type { Appended } from "./messages.ts";
import { timeoutFor } from "./pace.ts";
import { Progress } from "./progress.ts";
import { majorityValue } from "./quorum.ts";
import { LeaderReads } from "./reads.ts";
import type { Replica } from "./replica.ts";
import { type Counts, SecondCopy } from "./second_copy.ts";
import type { ProgressStatus } from "./status.ts";
import { mostAdvancedVoter, Transfer } from "./transfer.ts";

/** The part of the election timeout for which a majority's answer lets a leader serve. */
const SERVING_PART = 0.9;

/** One term of leading: it begins with a no-op and ends with the role. */
export class Leader {
  readonly term: Term;
  readonly reads: LeaderReads;
  readonly #replica: Replica;
  readonly #progress = new Map<NodeId, Progress>();
  /** Nodes that were removed: they are fed until they can know it. */
  readonly #departing = new Map<NodeId, Index>();
  /** The entry that began this term. */
  readonly #firstIndex: Index;
  #round = 0;
  #heartbeatAt: Millis;
  #uncommittedBytes = 0;
  #transfer: Transfer | undefined;
  readonly #second: SecondCopy;
  /** What was told of copies and disks. */
  #told: Counts | undefined;

  constructor(replica: Replica, electedSince: Millis) {
    this.#replica = replica;
    this.term = replica.term;
    this.reads = new LeaderReads(replica);
    this.#heartbeatAt = replica.now;
    const next = replica.log.lastIndex + 1;
    // Its voters took so long to answer, and may take as long to answer again.
    replica.pace(timeoutFor(replica.now - electedSince));
    // Its voters have answered what was sent at `electedSince`.
    this.#trackConfig(next, electedSince);
    this.#second = new SecondCopy(replica, this.#progress);
    this.#firstIndex = this.#append("noop", replica.life ?? null);
  }

  get transferTarget(): NodeId | undefined {
    return this.#transfer?.to;
  }

  /** Whether a configuration change may be proposed now (D §4.1). */
  get canChange(): boolean {
    const { commitIndex, configs, rules } = this.#replica;
    const isPending = configs.latest.index > commitIndex;
    return rules.mayChangeConfig(commitIndex >= this.#firstIndex, isPending);
  }

  /** In how many places every acknowledged entry is. */
  get counts(): Counts {
    return this.#second.counts(this.#replica.commitIndex >= this.#firstIndex);
  }

  /** When something has to happen without an input. */
  get deadline(): Millis {
    return Math.min(
      this.#heartbeatAt,
      this.#servesUntil(),
      this.#second.deadline,
      this.#transfer?.deadline ?? Infinity,
    );
  }

  get progress(): Record<NodeId, ProgressStatus> {
    const { lastIndex } = this.#replica.log;
    return Object.fromEntries(
      [...this.#progress].map(([node, { state, match, next, lastHeard, answeredAt }]) => [
        node,
        {
          state,
          match,
          next,
          lag: Math.max(0, lastIndex - match),
          lastHeard,
          answeredAt: answeredAt === -Infinity ? undefined : answeredAt,
          isInStep: this.#second.isInStep(node),
        },
      ]),
    );
  }

  /** The voters that did not answer anything sent within the time that lets a leader serve. */
  missingVoters(): NodeId[] {
    const { now, electionTimeoutMs } = this.#replica;
    return this.#replica.otherVoters().filter((voter) => {
      const confirmedAt = this.#progress.get(voter)?.confirmedAt ?? -Infinity;
      return now >= confirmedAt + SERVING_PART * electionTimeoutMs;
    });
  }

  /** Steps down when no majority has answered lately: first of all, whatever the input. */
  checkQuorum(): void {
    const replica = this.#replica;
    if (replica.now < this.#servesUntil()) return;
    replica.follow(replica.term, undefined, "no majority of the voters answers");
  }

  tick(): void {
    const { now } = this.#replica;
    if (this.#transfer === undefined || now < this.#transfer.deadline) return;
    this.#transfer.end(false);
    this.#transfer = undefined;
  }

  /** Puts commands into the log, or says why not. */
  propose(proposals: readonly Proposal[]): void {
    for (const { request, data, table, isTableUsed = false } of proposals) {
      const older = table === undefined || isTableUsed ? [] : this.#nodesWithout(table);
      if (this.#transfer !== undefined) {
        this.refuse(request, "NOT_MASTER", "Leadership is being handed over");
      } else if (this.#uncommittedBytes >= UNCOMMITTED_BYTES) {
        this.refuse(request, "OVERLOADED", "Too much is waiting for a majority");
      } else if (older.length > 0) {
        const reason = `Not every node of the configuration has said that it knows "${table}"`;
        this.refuse(request, "NOT_READY", reason, older);
      } else {
        this.#replica.expect(this.#append("command", data, table), request);
      }
    }
  }

  /** Takes a step of configuration, or says why not. */
  change(request: RequestId, change: Change): void {
    const replica = this.#replica;
    if (this.#transfer !== undefined) {
      return this.refuse(request, "NOT_MASTER", "Leadership is being handed over");
    }
    if (!this.canChange) {
      return this.refuse(request, "OVERLOADED", "Another configuration change is under way");
    }
    const progress = this.#progress.get(change.node);
    const isBehind = progress?.state !== "replicate" ||
      progress.match + PROMOTE_LAG < replica.log.lastIndex;
    if (change.type === "promote" && isBehind) {
      return this.refuse(request, "OVERLOADED", `${change.node} has not caught up yet`);
    }
    const before = replica.config;
    const config = changeConfig(before, change);
    if (typeof config === "string") return this.refuse(request, "BAD_REQUEST", config);
    if (config.voters.length === 1 && config.voters[0] !== replica.id) {
      // Should that never be agreed on, the last voter would need this one's vote: it has more log.
      const reason = "Of two voters the one that leads hands over before it goes";
      return this.refuse(request, "BAD_REQUEST", reason);
    }
    const index = this.#append("config", config as unknown as Json);
    replica.expect(index, request);
    for (const node of this.#progress.keys()) {
      const isMember = config.voters.includes(node) || config.learners.includes(node);
      if (!isMember) this.#departing.set(node, index);
      else this.#departing.delete(node);
    }
    this.#trackConfig(index, -Infinity);
    this.#second.follow(before);
  }

  /** Hands leadership to another voter: brings it up to date, then tells it to start. */
  transfer(request: RequestId, to?: NodeId): void {
    const replica = this.#replica;
    if (this.#transfer !== undefined) {
      return this.refuse(request, "OVERLOADED", "Leadership is being handed over already");
    }
    const target = to ?? mostAdvancedVoter(replica, this.#progress);
    if (target === undefined || !replica.otherVoters().includes(target)) {
      const reason = target === undefined
        ? "No other node is a voter"
        : `${target} is no other voter`;
      return this.refuse(request, "BAD_REQUEST", reason);
    }
    this.#transfer = new Transfer(replica, request, target);
    this.#transfer.advance(this.#progress.get(target));
  }

  /** Whether a node is one that this leader feeds; others' messages do not count. */
  tracks(node: NodeId): boolean {
    return this.#progress.has(node);
  }

  /** Takes an answer to an append. */
  appended(from: NodeId, answer: Appended): void {
    const replica = this.#replica;
    const progress = this.#progress.get(from);
    if (progress === undefined || answer.term !== this.term) return;
    progress.lastHeard = replica.now;
    if (answer.tables !== undefined) progress.tables = answer.tables;
    if (answer.round > 0 && answer.round <= this.#round) {
      progress.round = Math.max(progress.round, answer.round);
      const sentAt = Math.min(answer.sentAt, replica.now);
      progress.confirmedAt = Math.max(progress.confirmedAt, sentAt);
      progress.answeredAt = Math.max(progress.answeredAt, sentAt);
      progress.roundTrips.add(replica.now - sentAt);
    }
    if (!answer.ok) return backtrack(replica, progress, answer);
    if (answer.index > replica.log.lastIndex) {
      // It has nothing of this leader beyond that: it has committed what this leader has not.
      const { index } = answer;
      return replica.emit({ type: "contradicted", by: from, index, how: "leader-behind" });
    }
    progress.agreed(answer.index);
    const hasSnapshot = progress.state !== "snapshot" || progress.match >= progress.pendingSnapshot;
    if (progress.state !== "replicate" && hasSnapshot) progress.replicate();
    if (from === this.#transfer?.to) this.#transfer.advance(progress);
  }

  /** What was under way to this node is probably lost. */
  linkBroken(node: NodeId): void {
    const progress = this.#progress.get(node);
    if (progress === undefined) return;
    if (progress.state === "replicate") progress.probe();
    progress.confirmedAt = -Infinity;
    progress.answeredAt = -Infinity;
    // It may come back with another version.
    progress.tables = [];
    this.#second.interrupt(node);
    this.checkQuorum();
  }

  /** Nobody waits for a node that is dead, or has left. */
  nodeGone(node: NodeId): void {
    this.#second.interrupt(node);
  }

  /** There was no link before: what was under way to this node is lost, whoever noticed. */
  linkMade(node: NodeId): void {
    const progress = this.#progress.get(node);
    if (progress === undefined) return;
    if (progress.state === "replicate") progress.probe();
    this.#heartbeatAt = this.#replica.now;
  }

  snapshotSent(node: NodeId): void {
    const progress = this.#progress.get(node);
    if (progress?.state !== "snapshot") return;
    progress.probe(Math.max(progress.match, progress.pendingSnapshot) + 1);
  }

  snapshotFailed(node: NodeId): void {
    const progress = this.#progress.get(node);
    if (progress?.state !== "snapshot") return;
    progress.probe();
    // Not again before the next heartbeat.
    progress.isProbing = true;
  }

  /** A follower wants to read. */
  readRequest(from: NodeId, read: number): void {
    if (this.#progress.has(from)) this.reads.add({ node: from, read });
  }

  /** The end of a turn: commits what a majority has, and sends what there is to send. */
  settle(): void {
    const replica = this.#replica;
    this.#second.look();
    // Nothing is acknowledged before it is told that from here on it is in fewer places.
    this.#tellCounts(true);
    this.#advanceCommit();
    this.#tellCounts(false);
    if (this.#handOverWhenRemoved()) return;
    const isHeartbeat = replica.now >= this.#heartbeatAt;
    const canRead = replica.rules.mayRead(replica.commitIndex >= this.#firstIndex);
    const isReadRound = this.reads.wantsRound && canRead;
    if (isHeartbeat || isReadRound) this.#round++;
    if (isHeartbeat) this.#beat();
    if (isReadRound) this.reads.begin(this.#round);
    for (const [node, progress] of this.#progress) {
      feed(replica, node, progress, this.#round, isHeartbeat || isReadRound);
    }
    this.reads.confirm(this.#ofMajority((progress) => progress.round));
    for (const [node, index] of this.#departing) {
      const isTold = (this.#progress.get(node)?.toldCommit ?? Infinity) >= index;
      if (isTold || replica.commitIndex > index + APPEND_ENTRIES) {
        this.#departing.delete(node);
        this.#progress.delete(node);
      }
    }
  }

  /** Each heartbeat brings the election timeout in line with the nearest majority's round trips. */
  #beat(): void {
    const replica = this.#replica;
    this.#heartbeatAt = replica.now + replica.heartbeatMs;
    const roundTripMs = -this.#ofMajority((progress) => -progress.roundTrips.median);
    if (roundTripMs !== Infinity) replica.pace(timeoutFor(roundTripMs));
  }

  /** The role was lost: whoever waits is told. */
  end(code: RefusalCode, missing: NodeId[]): void {
    this.reads.end(code, missing);
    const transfer = this.#transfer;
    if (transfer === undefined) return;
    transfer.end(transfer.isSent && code !== "NO_QUORUM");
  }

  /** Says that a request did not enter the log. */
  refuse(
    request: RequestId,
    code: RefusalCode,
    reason: string,
    missing: NodeId[] = [],
  ): void {
    const { leader } = this.#replica;
    this.#replica.emit({ type: "refused", request, code, reason, leader, missing });
  }

  /** The other nodes of the configuration that have not said that they know a table. */
  #nodesWithout(table: string): NodeId[] {
    const { config: { voters, learners }, id } = this.#replica;
    return [...voters, ...learners].filter((node) =>
      node !== id && this.#progress.get(node)?.tables.includes(table) !== true
    );
  }

  #append(type: "noop" | "command" | "config", data: Json, table?: string): Index {
    const { index } = this.#replica.appendNew(type, data, table);
    this.#uncommittedBytes += this.#replica.log.bytesAt(index);
    return index;
  }

  #trackConfig(next: Index, confirmedAt: Millis): void {
    const { config, id, now } = this.#replica;
    for (const node of [...config.voters, ...config.learners]) {
      if (node === id || this.#progress.has(node)) continue;
      this.#progress.set(node, new Progress(next, Math.min(confirmedAt, now)));
    }
  }

  /** The value that a majority of voters has reached; this node itself has reached any. */
  #ofMajority(valueOf: (progress: Progress) => number): number {
    const { config, id } = this.#replica;
    return majorityValue(config.voters.map((voter) => {
      const progress = this.#progress.get(voter);
      return voter === id ? Infinity : progress === undefined ? -Infinity : valueOf(progress);
    }));
  }

  #servesUntil(): Millis {
    return this.#ofMajority((progress) => progress.confirmedAt) +
      SERVING_PART * this.#replica.electionTimeoutMs;
  }

  #advanceCommit(): void {
    const replica = this.#replica;
    const { log, rules, commitIndex, config, id } = replica;
    const agreed = Math.min(this.#ofMajority((progress) => progress.match), log.lastIndex);
    const isAlone = config.voters.length === 1 && config.voters[0] === id;
    const index = isAlone ? this.#second.limit(agreed) : agreed;
    if (index <= commitIndex) return;
    if (!rules.mayCommit(log.termAt(index) ?? 0, this.term)) return;
    for (let at = commitIndex + 1; at <= index; at++) this.#uncommittedBytes -= log.bytesAt(at);
    // What an earlier term left over was never counted in.
    this.#uncommittedBytes = Math.max(0, this.#uncommittedBytes);
    replica.commitTo(index);
  }

  /** Says in how many places acknowledged entries are, when that changed; or became fewer. */
  #tellCounts(isFewerOnly: boolean): void {
    const { copies, disks } = this.counts;
    const told = this.#told;
    const counts = isFewerOnly && told !== undefined
      ? { copies: Math.min(copies, told.copies), disks: Math.min(disks, told.disks) }
      : { copies, disks };
    if (counts.copies === told?.copies && counts.disks === told.disks) return;
    this.#told = counts;
    this.#replica.emit({ type: "copies", ...counts });
  }

  /** A leader that is no voter any more goes when that is committed (D §4.2.2). */
  #handOverWhenRemoved(): boolean {
    const replica = this.#replica;
    const { index } = replica.configs.latest;
    if (replica.isVoter || index > replica.commitIndex) return false;
    for (const [node, progress] of this.#progress) {
      feed(replica, node, progress, this.#round, false);
    }
    const heir = mostAdvancedVoter(replica, this.#progress);
    if (heir !== undefined) replica.send(heir, { type: "timeout-now", term: this.term });
    replica.follow(replica.term, undefined, "it is no voter any more");
    return true;
  }
}
