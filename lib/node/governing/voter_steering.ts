import { AUTOPILOT_MS, type Clock, type Millis, type NodeId, type Timer } from "../../core/mod.ts";
import {
  type AutopilotMember,
  type AutopilotStep,
  type AutopilotTiming,
  type ConsensusStatus,
  nextStep,
} from "../../consensus/mod.ts";

/** What steering needs of consensus and membership. */
export interface VoterSteeringOwner {
  readonly clock: Clock;
  readonly isLeader: boolean;
  status(): ConsensusStatus;
  members(): AutopilotMember[];
  take(step: AutopilotStep): void;
}

/** Keeps the set of voters healthy while this node leads: one committed step after another. */
export class VoterSteering {
  readonly #owner: VoterSteeringOwner;
  readonly #patience: AutopilotTiming;
  /** Voters that want to go, and since when. */
  readonly #leaving = new Map<NodeId, Millis>();
  #timer: Timer | undefined;
  #isStopped = false;

  constructor(owner: VoterSteeringOwner, patience: AutopilotTiming) {
    this.#owner = owner;
    this.#patience = patience;
  }

  /** Looks at the voters from now on, again and again. */
  start(): void {
    this.#timer = this.#owner.clock.setTimer(AUTOPILOT_MS, () => {
      this.look();
      if (!this.#isStopped) this.start();
    });
  }

  /** Looks no more. */
  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  /** A voter wants to go: its replacement begins at once. */
  leaves(node: NodeId): void {
    if (!this.#leaving.has(node)) this.#leaving.set(node, this.#owner.clock.now());
    this.look();
  }

  /** This node leads no more: who wants to go tells the next leader. */
  deposed(): void {
    this.#leaving.clear();
  }

  /** Takes the next step, when there is one to take. */
  look(): void {
    if (this.#isStopped || !this.#owner.isLeader) return;
    const members = this.#owner.members().map((member) => this.#asItWants(member));
    const now = this.#owner.clock.now();
    const step = nextStep(this.#owner.status(), members, now, this.#patience);
    if (step !== undefined) this.#owner.take(step);
  }

  #asItWants(member: AutopilotMember): AutopilotMember {
    const since = this.#leaving.get(member.id);
    if (since === undefined) return member;
    if (member.state !== "dead" && member.since <= since) {
      return { ...member, state: "leaving", since };
    }
    // It has gone. Should it be here again, it stays, unless it says once more that it does not.
    this.#leaving.delete(member.id);
    return member;
  }
}
