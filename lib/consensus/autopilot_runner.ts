import type { Clock, Millis, NodeId, Timer } from "../core/mod.ts";
import { AUTOPILOT_MS, LEAVING_FORGOTTEN_MS, LEAVING_LOOK_MS } from "./limits.ts";
import {
  type AutopilotMember,
  type AutopilotStep,
  type AutopilotTiming,
  awaitedVoters,
  type ConsensusStatus,
  missedVoters,
  nextStep,
} from "./raft/mod.ts";
import { isLive, isObserver, type Member } from "../membership/swim/mod.ts";
import { keepsNothing } from "./folder_tag.ts";

/** What membership says of one member, for the choice of voters. */
export interface Candidate extends AutopilotMember {
  /** Whether it cannot be dialled, by this node or by anybody: then it gets no vote. */
  isApart: boolean;
}

/** Reads what membership says of one member. */
export function candidate(member: Member): Candidate {
  const { id, state, since, tags, isUndialable, isOutOfReach } = member;
  const memory = keepsNothing(tags);
  const isApart = isUndialable || isOutOfReach;
  if (!isLive(state)) {
    return { id, state: state === "left" ? "left" : "dead", since, memory, isApart };
  }
  // An observer gets no vote; one that has one, from a life before, gives it up.
  return { id, state: isObserver(member) ? "leaving" : "alive", since, memory, isApart };
}

/** What steering needs of consensus and membership. */
export interface VoterSteeringOwner {
  readonly clock: Clock;
  readonly isLeader: boolean;
  status(): ConsensusStatus;
  members(): Candidate[];
  /** Has the voters acknowledge something, and looks again when they have. */
  ask(): void;
  take(step: AutopilotStep): void;
}

/** Keeps the set of voters healthy while this node leads: one committed step after another. */
export class AutopilotRunner {
  readonly #owner: VoterSteeringOwner;
  readonly #patience: AutopilotTiming;
  /**
   * Voters that want to go, since when, and when they said so last: one that changes its mind is
   * silent.
   */
  readonly #leaving = new Map<NodeId, { since: Millis; toldAt: Millis }>();
  #timer: Timer | undefined;
  #isStopped = false;

  /** Steers nobody before this node leads. */
  constructor(owner: VoterSteeringOwner, patience: AutopilotTiming) {
    this.#owner = owner;
    this.#patience = patience;
  }

  /** Looks at the voters from now on, again and again. */
  start(): void {
    this.#timer?.cancel();
    const pauseMs = this.#leaving.size === 0 ? AUTOPILOT_MS : LEAVING_LOOK_MS;
    this.#timer = this.#owner.clock.setTimer(pauseMs, () => {
      this.look();
      if (!this.#isStopped) this.start();
    });
  }

  /** Looks no more. */
  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  /**
   * A voter wants to go: its replacement begins at once. Says which voters would remain and are
   * silent.
   */
  leaves(node: NodeId): NodeId[] {
    if (this.#isStopped || !this.#owner.isLeader) return [];
    const now = this.#owner.clock.now();
    const since = this.#leaving.get(node)?.since;
    this.#leaving.set(node, { since: since ?? now, toldAt: now });
    this.look();
    if (since !== undefined) {
      return awaitedVoters(this.#owner.status(), node, since, now);
    }
    // Only what is acknowledged from now on tells who will be there without it.
    this.#owner.ask();
    this.start();
    return [];
  }

  /**
   * Says for which voters one that would like to go had to wait, by what they acknowledged since
   * then.
   */
  missedBy(node: NodeId, since: Millis): NodeId[] {
    const { clock } = this.#owner;
    const [status, members] = [this.#owner.status(), this.#owner.members()];
    return missedVoters(status, members, node, since, clock.now(), this.#patience);
  }

  /** This node leads no more: who wants to go tells the next leader. */
  deposed(): void {
    this.#leaving.clear();
  }

  /** Takes the next step, when there is one to take. */
  look(): void {
    if (this.#isStopped || !this.#owner.isLeader) return;
    const now = this.#owner.clock.now();
    const status = this.#owner.status();
    const { voters, learners } = status.config;
    const members = this.#owner.members()
      .filter(({ id, isApart }) => !isApart || voters.includes(id) || learners.includes(id))
      .map((member) => this.#asItWants(member, now));
    const step = this.choose(status, members, now);
    if (step !== undefined) this.#owner.take(step);
  }

  /** The next step, if there is one to take. */
  choose(
    status: ConsensusStatus,
    members: readonly AutopilotMember[],
    now: Millis,
  ): AutopilotStep | undefined {
    return nextStep(status, members, now, this.#patience);
  }

  #asItWants(member: AutopilotMember, now: Millis): AutopilotMember {
    const told = this.#leaving.get(member.id);
    if (told === undefined) return member;
    const isMeant = member.state === "alive" && member.since <= told.since &&
      now - told.toldAt < LEAVING_FORGOTTEN_MS;
    if (isMeant) return { ...member, state: "leaving", since: told.since };
    // It has gone, or thought better of it. Should it be here again, it stays, unless it says once
    // more that it does not.
    this.#leaving.delete(member.id);
    return member;
  }
}
