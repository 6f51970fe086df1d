import { type Millis, type NodeId, randomBetween } from "../../core/mod.ts";
import { LINK_BROKEN_STAGGER_MS } from "./limits.ts";
import type { TimeoutNow, Vote, VoteRequest } from "./messages.ts";
import { majority } from "./quorum.ts";
import type { Replica } from "./replica.ts";

/** How a node that does not lead comes to lead, and how it votes. */
export class Election {
  readonly #replica: Replica;
  /** The answers of this campaign, by voter. */
  #votes = new Map<NodeId, boolean>();
  /** When each voter answered last: who is missing when there is no quorum. */
  #heard = new Map<NodeId, Millis>();
  /** The voters that this node missed when it led. */
  #lost: NodeId[] = [];
  /** When this node first asked for votes after it had a leader. */
  #leaderlessSince: Millis = 0;
  /**
   * When the requests of this campaign were sent: the first moment a quorum is known to be there.
   */
  startedAt: Millis = 0;

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  /**
   * The other voters that do not answer, as far as this node has found out since it lost its
   * leader.
   */
  missingVoters(): NodeId[] {
    const { role, now, heartbeatMs, electionTimeoutMs } = this.#replica;
    const hasAsked = role !== "follower" && now - this.#leaderlessSince >= heartbeatMs;
    if (!hasAsked) return this.#lost.filter((voter) => this.#replica.config.voters.includes(voter));
    const since = Math.max(this.#leaderlessSince, now - 3 * electionTimeoutMs);
    return this.#replica.otherVoters().filter((voter) =>
      (this.#heard.get(voter) ?? -Infinity) < since
    );
  }

  /** Leadership ended because these voters did not answer. */
  lost(voters: NodeId[]): void {
    this.#lost = voters;
  }

  /** Acts when no leader was heard for too long. */
  tick(): void {
    const replica = this.#replica;
    if (replica.role === "leader" || replica.now < replica.electionDeadline) return;
    if (!replica.isVoter) {
      replica.follow(replica.term, undefined, "the leader fell silent");
      replica.resetElectionTimer();
      return;
    }
    const reason = replica.isLeaderBroken ? "the link to the leader broke" : "no leader was heard";
    if (replica.rules.needsPreVote() && replica.config.voters.length > 1) this.#preVote(reason);
    else this.#campaign(false, reason);
  }

  /** A link broke: when it is the leader's, asks for a pre-vote nearly at once. */
  linkBroken(node: NodeId): void {
    const replica = this.#replica;
    if (node !== replica.leader || replica.role !== "follower") return;
    replica.leaderBrokenAt = replica.now;
    if (replica.isVoter) {
      replica.resetElectionTimer(randomBetween(replica.random, 0, LINK_BROKEN_STAGGER_MS));
    }
  }

  /** Starts an election without waiting: the leader itself hands over. */
  timeoutNow(from: NodeId, { term }: TimeoutNow): void {
    const replica = this.#replica;
    if (term !== replica.term || replica.leader !== from || !replica.isVoter) return;
    if (replica.role === "follower") this.#campaign(true, "the leader hands over");
  }

  /** Votes, or tells whether it would. */
  voteRequest(from: NodeId, request: VoteRequest): void {
    const replica = this.#replica;
    const isGranted = this.#judge(from, request);
    if (isGranted && !request.pre) {
      // The same answer to the same candidate is no second vote: its first one may be lost.
      if (replica.votedFor === null) replica.voteFor(from);
      replica.resetElectionTimer();
    } else if (isGranted && replica.isLeaderBroken) {
      // Somebody else was first: stay out of its way.
      this.#delayRetry(20, 10);
    }
    const term = isGranted ? request.term : replica.term;
    replica.send(from, { type: "vote", term, pre: request.pre, granted: isGranted });
  }

  #judge(from: NodeId, request: VoteRequest): boolean {
    const replica = this.#replica;
    const { rules, now, leaderHeardAt, electionTimeoutMs, log } = replica;
    const goesBy = replica.leader !== undefined && replica.leaderBrokenAt === undefined;
    const sinceHeardMs = replica.role === "leader" ? 0 : goesBy ? now - leaderHeardAt : Infinity;
    // A server that cannot hear a healthy leader must not depose it, whatever its term (D §4.2.3).
    if (!request.transfer && rules.isSticky(sinceHeardMs, electionTimeoutMs)) return false;
    const isUpToDate = rules.isUpToDate(request, {
      lastIndex: log.lastIndex,
      lastTerm: log.lastTerm,
    });
    if (request.pre) return request.term > replica.term && isUpToDate;
    if (request.term < replica.term) return false;
    if (request.term > replica.term) {
      replica.follow(request.term, undefined, "a candidate with a higher term asked");
    }
    return isUpToDate && replica.role !== "leader" && rules.mayVote(replica.votedFor, from);
  }

  /** Counts an answer. */
  vote(from: NodeId, vote: Vote): void {
    const replica = this.#replica;
    if (!replica.config.voters.includes(from)) return;
    this.#heard.set(from, replica.now);
    if (!vote.granted && vote.term > replica.term) {
      replica.follow(vote.term, undefined, "a voter has a higher term");
      return;
    }
    const isOurs = vote.pre
      ? replica.role === "pre-candidate" && (!vote.granted || vote.term === replica.term + 1)
      : replica.role === "candidate" && vote.term === replica.term;
    if (!isOurs) return;
    if (this.#votes.get(from) !== true) this.#votes.set(from, vote.granted);
    // A candidate was told before that nobody hears a leader: who refuses it now is a candidate
    // too.
    if (!vote.granted && !vote.pre && replica.rules.needsPreVote()) this.#delayRetry(10, 4);
    this.#count();
  }

  #preVote(reason: string): void {
    const replica = this.#replica;
    if (replica.role === "follower") this.#leaderlessSince = replica.now;
    replica.role = "pre-candidate";
    replica.leader = undefined;
    replica.reason = reason;
    this.#ask(true, false);
  }

  #campaign(isTransfer: boolean, reason: string): void {
    const replica = this.#replica;
    replica.enterTerm(replica.term + 1);
    replica.voteFor(replica.id);
    replica.role = "candidate";
    replica.leader = undefined;
    replica.reason = reason;
    this.#ask(false, isTransfer);
  }

  #ask(isPre: boolean, isTransfer: boolean): void {
    const replica = this.#replica;
    const { log } = replica;
    this.startedAt = replica.now;
    this.#votes = new Map([[replica.id, true]]);
    replica.resetElectionTimer();
    if (replica.isLeaderBroken) this.#delayRetry(20, 10);
    for (const voter of replica.otherVoters()) {
      replica.send(voter, {
        type: "vote-request",
        term: isPre ? replica.term + 1 : replica.term,
        pre: isPre,
        lastIndex: log.lastIndex,
        lastTerm: log.lastTerm,
        transfer: isTransfer,
      });
    }
    this.#count();
  }

  #count(): void {
    const replica = this.#replica;
    const { voters } = replica.config;
    const granted = voters.filter((voter) => this.#votes.get(voter) === true).length;
    if (granted < majority(voters.length)) return;
    if (replica.role === "pre-candidate") {
      this.#campaign(false, replica.reason);
    } else if (replica.role === "candidate") {
      replica.role = "leader";
      replica.leader = replica.id;
      replica.reason = `elected by ${granted} of ${voters.length} voters: ${replica.reason}`;
      replica.electionDeadline = Infinity;
    }
  }

  /**
   * Tries again soon, between two parts of the election timeout: the leader is gone, only the
   * voters have not all noticed or have collided. Waiting a whole timeout again is what would make
   * a split vote cost seconds.
   */
  #delayRetry(soonest: number, latest: number): void {
    const { random, electionTimeoutMs } = this.#replica;
    const delay = randomBetween(random, electionTimeoutMs / soonest, electionTimeoutMs / latest);
    this.#replica.resetElectionTimer(delay);
  }
}
