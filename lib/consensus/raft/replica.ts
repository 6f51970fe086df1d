import {
  invariant,
  type Json,
  type Millis,
  type NodeId,
  type Random,
  randomBetween,
  TRAILING_ENTRIES,
} from "../../core/mod.ts";
import { APPEND_ENTRIES, TRAILING_BYTES } from "./limits.ts";
import { ConfigHistory } from "./config_history.ts";
import type { ConsensusEffect, Role } from "./effect.ts";
import type { Config, Entry, EntryType, Index, SnapshotMeta, Term } from "./entry.ts";
import type { RequestId } from "./input.ts";
import { RaftLog } from "./log.ts";
import type { ConsensusMessage } from "./messages.ts";
import type { ConsensusOptions } from "./options.ts";
import { RULES, type Rules } from "./rules.ts";

/**
 * What every role shares: term, vote, log, configuration, commit index; and the outbox, which sees
 * to it that one `persist` stands before everything that rests on it.
 */
export class Replica {
  readonly id: NodeId;
  readonly random: Random;
  readonly rules: Rules;
  /** Of now: as the leader takes it for the distance of the voters, within what `timing` allows. */
  electionTimeoutMs: Millis;
  readonly #shortestTimeoutMs: Millis;
  /** The longest that it ever is. */
  readonly longestTimeoutMs: Millis;
  readonly heartbeatMs: Millis;
  readonly appendEntries: number;
  /** The further tables of the state that this node knows. */
  tables: readonly string[] = [];
  readonly log: RaftLog;
  readonly #jitterMs: Millis;
  readonly #trailingEntries: number;
  configs: ConfigHistory;

  /** The time of the input at hand. */
  now: Millis;
  /** Invariant: never decreases, and is durable before anything that mentions it is sent. */
  term: Term;
  /** Invariant: within a term it changes once, from `null`. */
  votedFor: NodeId | null;
  /** `learner` is told apart only outside: see {@linkcode Replica.shownRole}. */
  role: Exclude<Role, "learner"> = "follower";
  leader: NodeId | undefined;
  /** Invariant: `appliedIndex === commitIndex <= log.lastIndex`, and neither decreases. */
  commitIndex: Index;
  snapshot: SnapshotMeta | undefined;
  /** This process, among all that are or were this node. */
  readonly life: string | undefined;
  /**
   * The no-op that stands last in the log, where it says which life of a leader began that term.
   */
  tenure: { term: Term; index: Index; life: string } | undefined;
  /**
   * Bytes of the entries that were applied since the latest snapshot, as far as this process has.
   */
  appliedBytes = 0;
  /** When the leader was last heard. */
  leaderHeardAt: Millis = -Infinity;
  /** When this node's own link to its leader broke; `undefined` while it is whole. */
  leaderBrokenAt: Millis | undefined;
  /** The last round in which the leader of now was told of `tables`. */
  toldTablesIn = 0;
  electionDeadline: Millis = Infinity;
  /** Why role, term or leader changed last. */
  reason = "started";

  /** Accepted requests that are not committed, by index. */
  #pending = new Map<Index, { term: Term; request: RequestId }>();
  /** Effects of this turn that are sealed: a new `persist` may only come behind them. */
  #sealed: ConsensusEffect[] = [];
  /** Appends of a leader, which may overtake its `persist`. */
  #early: ConsensusEffect[] = [];
  #effects: ConsensusEffect[] = [];
  #isVoteDirty = false;
  #isBaseDirty = false;
  /** The last entry that the disk has as the log has it, counting the effects of earlier turns. */
  #durableIndex: Index;
  #truncateFrom: Index | undefined;
  #shown = "";

  constructor(options: ConsensusOptions) {
    const { restored, bootstrap, timing } = options;
    this.id = options.id;
    this.life = options.life;
    this.random = options.random;
    this.rules = { ...RULES, ...options.rules };
    this.electionTimeoutMs = timing.electionTimeoutMs;
    this.#shortestTimeoutMs = timing.electionTimeoutMs;
    this.longestTimeoutMs = timing.electionTimeoutMostMs ?? timing.electionTimeoutMs;
    this.#jitterMs = timing.electionJitterMs ?? timing.electionTimeoutMs;
    this.heartbeatMs = timing.heartbeatMs;
    this.appendEntries = options.appendEntries ?? APPEND_ENTRIES;
    this.#trailingEntries = options.trailingEntries ?? TRAILING_ENTRIES;
    this.now = options.now ?? 0;
    this.term = restored?.term ?? 0;
    this.votedFor = restored?.votedFor ?? null;
    this.snapshot = restored?.snapshot;
    if (restored === undefined && bootstrap !== undefined) {
      const { voters, memory = [] } = bootstrap;
      const config: Config = { voters: voters.toSorted(), learners: [] };
      if (memory.length > 0) config.memory = memory.toSorted();
      this.snapshot = { index: 0, term: 0, config };
      this.#isBaseDirty = true;
    }
    const { index, term } = this.snapshot ?? { index: 0, term: 0 };
    const entries = restored?.entries.filter((entry) => entry.index > index) ?? [];
    this.log = new RaftLog(index, term, entries);
    this.configs = configsBehind(this.snapshot);
    this.configs.append(entries);
    this.commitIndex = index;
    this.#durableIndex = this.log.lastIndex;
    this.resetElectionTimer();
    this.#noteTenure(entries);
    this.commitTo(restored?.commit ?? 0);
  }

  get config(): Config {
    return this.configs.latest.config;
  }

  get isVoter(): boolean {
    return this.config.voters.includes(this.id);
  }

  get shownRole(): Role {
    return this.role === "follower" && !this.isVoter ? "learner" : this.role;
  }

  /** Whether the link to the leader broke so lately that waiting has no point. */
  get isLeaderBroken(): boolean {
    return this.leaderBrokenAt !== undefined &&
      this.now - this.leaderBrokenAt < 2 * this.electionTimeoutMs;
  }

  /** Voters other than this node. */
  otherVoters(): NodeId[] {
    return this.config.voters.filter((voter) => voter !== this.id);
  }

  /** Takes an election timeout, as far as that is within what `timing` allows. */
  pace(timeoutMs: Millis): void {
    const longest = Math.min(timeoutMs, this.longestTimeoutMs);
    this.electionTimeoutMs = Math.max(this.#shortestTimeoutMs, longest);
  }

  /** The election timeout where it is another than the shortest. */
  get pacedTimeout(): { electionTimeoutMs?: Millis } {
    const { electionTimeoutMs } = this;
    return electionTimeoutMs === this.#shortestTimeoutMs ? {} : { electionTimeoutMs };
  }

  /** Starts the wait for a leader anew, or for `delay`. */
  resetElectionTimer(
    delay: Millis = randomBetween(
      this.random,
      this.electionTimeoutMs,
      this.electionTimeoutMs * (1 + this.#jitterMs / this.#shortestTimeoutMs),
    ),
  ): void {
    const isOnlyVoter = this.isVoter && this.config.voters.length === 1;
    // Without a vote there is only a leader to be given up, and no one to be waited for when alone.
    if (!this.isVoter && this.leader === undefined) this.electionDeadline = Infinity;
    else this.electionDeadline = this.now + (isOnlyVoter ? 0 : delay);
  }

  /** Enters a term (with no vote given yet) unless it is in it already. */
  enterTerm(term: Term): void {
    invariant(term >= this.term, "a term never decreases");
    if (term === this.term) return;
    this.term = term;
    this.votedFor = null;
    this.#isVoteDirty = true;
  }

  voteFor(node: NodeId): void {
    this.votedFor = node;
    this.#isVoteDirty = true;
  }

  /** Follows: a leader of this term, or nobody yet. */
  follow(term: Term, leader: NodeId | undefined, reason: string): void {
    const isNews = this.role !== "follower" || this.leader !== leader || this.term !== term;
    this.enterTerm(term);
    this.role = "follower";
    this.leader = leader;
    if (isNews) {
      this.reason = reason;
      this.leaderBrokenAt = undefined;
      this.toldTablesIn = 0;
      this.resetElectionTimer();
    }
  }

  /** Notes a sign of life of the leader. */
  heardLeader(): void {
    this.leaderHeardAt = this.now;
    this.leaderBrokenAt = undefined;
    this.resetElectionTimer();
  }

  /** Adds an entry of this term. */
  appendNew(type: EntryType, data: Json, table?: string): Entry {
    const entry: Entry = { index: this.log.lastIndex + 1, term: this.term, type, data };
    if (table !== undefined) entry.table = table;
    this.append([entry]);
    return entry;
  }

  append(entries: readonly Entry[]): void {
    this.log.append(entries);
    this.#noteTenure(entries);
    this.#changeConfigs(() => this.configs.append(entries));
  }

  /** Removes the entries from `index` on: a leader has others there. */
  truncateFrom(index: Index): void {
    invariant(index > this.commitIndex, "a committed entry is never removed");
    this.log.truncateFrom(index);
    if (index <= (this.tenure?.index ?? 0)) this.tenure = undefined;
    this.#changeConfigs(() => this.configs.truncateFrom(index));
    if (index <= this.#durableIndex) {
      this.#truncateFrom = Math.min(index, this.#truncateFrom ?? index);
      this.#durableIndex = index - 1;
    }
    for (const at of this.#pending.keys()) if (at >= index) this.#fail(at);
  }

  #noteTenure(entries: readonly Entry[]): void {
    const begun = entries.findLast(({ type }) => type === "noop");
    if (begun === undefined) return;
    const { term, index, data } = begun;
    this.tenure = typeof data === "string" ? { term, index, life: data } : undefined;
  }

  /** Remembers who waits for the entry at `index`. */
  expect(index: Index, request: RequestId): void {
    this.#pending.set(index, { term: this.term, request });
    this.emit({ type: "accepted", request, index, term: this.term });
  }

  /** Commits and applies up to `index`. */
  commitTo(index: Index): void {
    const last = Math.min(index, this.log.lastIndex);
    if (last <= this.commitIndex) return;
    const entries = this.log.slice(this.commitIndex + 1, { through: last });
    this.commitIndex = last;
    for (const { index } of entries) {
      this.#pending.delete(index);
      this.appliedBytes += this.log.bytesAt(index);
    }
    this.emit({ type: "apply", entries });
  }

  /**
   * The shell has a durable snapshot at `index`: lets go of what it covers, but for a tail. More
   * may have been applied while it was made; of no use any more is one that an installed snapshot
   * overtook.
   */
  compact(index: Index): void {
    const term = this.log.termAt(index);
    if (index > this.commitIndex || index <= (this.snapshot?.index ?? 0) || term === undefined) {
      return;
    }
    this.snapshot = { index, term, config: this.configs.at(index).config };
    this.appliedBytes = this.log.bytesBetween(index + 1, this.commitIndex);
    const bounds = { entries: this.#trailingEntries, bytes: TRAILING_BYTES };
    const through = this.log.startOfTail(index, bounds) - 1;
    this.log.compactThrough(through);
    this.configs.compactThrough(through);
    this.emit({ type: "compact", through, snapshot: this.snapshot });
  }

  /** Starts again behind a leader's snapshot. */
  install(snapshot: SnapshotMeta): void {
    this.#seal();
    this.#sealed.push({ type: "install", snapshot });
    this.snapshot = snapshot;
    this.log.reset(snapshot.index, snapshot.term);
    this.tenure = undefined;
    this.#durableIndex = snapshot.index;
    this.commitIndex = snapshot.index;
    this.appliedBytes = 0;
    this.#changeConfigs(() => this.configs = configsBehind(snapshot));
    for (const at of this.#pending.keys()) this.#fail(at);
  }

  send(to: NodeId, message: ConsensusMessage): void {
    this.#effects.push({ type: "send", to, message });
  }

  /** Sends what does not rest on this turn's `persist`. */
  sendEarly(to: NodeId, message: ConsensusMessage): void {
    this.#early.push({ type: "send", to, message });
  }

  emit(effect: ConsensusEffect): void {
    this.#effects.push(effect);
  }

  /** The effects of this turn, in order. */
  flush(): ConsensusEffect[] {
    const shown = `${this.shownRole} ${this.term} ${this.leader}`;
    if (shown !== this.#shown) {
      this.#shown = shown;
      const { term, leader, reason, shownRole: role } = this;
      this.emit({ type: "role", role, term, leader, reason });
    }
    this.#seal();
    const effects = this.#sealed;
    this.#sealed = [];
    return effects;
  }

  #seal(): void {
    const entries = this.log.slice(Math.max(this.#durableIndex + 1, this.log.firstIndex));
    const isDirty = this.#isVoteDirty || this.#isBaseDirty || entries.length > 0 ||
      this.#truncateFrom !== undefined;
    // An append may go out first only when it names nothing that is not durable elsewhere: neither
    // a new term, nor a commit index that counts on what is about to be written here. Nor may a
    // configuration: of two voters the other would know that it has no vote any more, and refuse
    // the first, which has lost that in a crash and needs its vote.
    const mayOvertake = !this.#isVoteDirty && !this.#isBaseDirty &&
      this.commitIndex <= this.#durableIndex && !entries.some(({ type }) => type === "config");
    const persist: ConsensusEffect[] = isDirty
      ? [{
        type: "persist",
        ...(this.#isVoteDirty ? { vote: { term: this.term, votedFor: this.votedFor } } : {}),
        ...(this.#isBaseDirty && this.snapshot ? { snapshot: this.snapshot } : {}),
        ...(this.#truncateFrom === undefined ? {} : { truncateFrom: this.#truncateFrom }),
        ...(entries.length > 0 ? { entries } : {}),
      }]
      : [];
    if (mayOvertake) this.#sealed.push(...this.#early, ...persist);
    else this.#sealed.push(...persist, ...this.#early);
    this.#sealed.push(...this.#effects);
    this.#early = [];
    this.#effects = [];
    this.#isVoteDirty = false;
    this.#isBaseDirty = false;
    this.#truncateFrom = undefined;
    this.#durableIndex = this.log.lastIndex;
  }

  #fail(index: Index): void {
    const pending = this.#pending.get(index);
    if (pending === undefined) return;
    this.#pending.delete(index);
    this.emit({ type: "failed", request: pending.request, index, term: pending.term });
  }

  #changeConfigs(change: () => void): void {
    const before = this.configs.latest;
    const wasVoter = this.isVoter;
    change();
    const { index, config } = this.configs.latest;
    if (before.index === index && before.config === config) return;
    this.emit({ type: "config", config, index });
    if (this.isVoter !== wasVoter) this.resetElectionTimer();
  }
}

function configsBehind(snapshot: SnapshotMeta | undefined): ConfigHistory {
  return snapshot === undefined ? new ConfigHistory() : new ConfigHistory(snapshot);
}
