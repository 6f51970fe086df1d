import { HANDOVER_MS, type Message, type Millis, type NodeId, type Ports } from "../../core/mod.ts";
import { isObserver, type Member } from "../../membership/mod.ts";

/** Between two tellings of a voter that it wants to go. */
const LEAVING_RETRY_MS = 200;

/** What handing over needs of governing. */
export interface HandoverOwner {
  readonly id: NodeId;
  readonly ports: Ports;
  readonly isStopped: boolean;
  readonly voters: readonly NodeId[];
  members(): Member[];
  member(id: NodeId): Member | undefined;
  send(to: NodeId, message: Message): void;
  /** A voter, perhaps this one, wants to go: the master lets it, once the others can do without. */
  lets(voter: NodeId): void;
}

/**
 * How a voter goes: the others learn to do without its vote before it leaves.
 *
 * The voters tell each other: when all who are there leave, nobody is left to hand over to, and the one
 * that waited for the rest would wait for an election that no majority is there for.
 */
export class Handover {
  readonly #owner: HandoverOwner;
  /** Voters that are about to leave, and the incarnation in which they said so: a later life stays. */
  readonly #parting = new Map<NodeId, number>();
  #wake: (() => void) | undefined;

  constructor(owner: HandoverOwner) {
    this.#owner = owner;
  }

  /** Waits until this node is not needed any more; bounded, and never in the way. */
  async run(): Promise<void> {
    const { id, ports, send, lets } = this.#owner;
    const giveUpAt = ports.clock.now() + HANDOVER_MS;
    let tellAt = ports.clock.now();
    while (!this.#owner.isStopped && this.#isNeeded() && ports.clock.now() < giveUpAt) {
      if (ports.clock.now() >= tellAt) {
        tellAt = ports.clock.now() + LEAVING_RETRY_MS;
        lets(id);
        for (const voter of this.#owner.voters) {
          const isThere = this.#owner.member(voter)?.state === "alive";
          if (voter !== id && isThere) send(voter, { type: "leaving" });
        }
      }
      await this.#changed(tellAt - ports.clock.now());
    }
  }

  /** Another voter says that it wants to go. */
  parts(voter: NodeId): void {
    const member = this.#owner.member(voter);
    if (member === undefined || !this.#owner.voters.includes(voter)) return;
    for (const id of this.#parting.keys()) {
      if (this.#owner.member(id)?.state !== "alive") this.#parting.delete(id);
    }
    this.#parting.set(voter, member.incarnation);
    this.#owner.lets(voter);
    this.#wake?.();
  }

  /** Who votes, or who is there, has changed. */
  changed(): void {
    if (this.#wake === undefined) return;
    // What follows from it is told in the same turn, or not at all.
    queueMicrotask(() => this.#wake?.());
  }

  /** Whether this node has a vote, and somebody stays who would miss it. */
  #isNeeded(): boolean {
    if (!this.#owner.voters.includes(this.#owner.id)) return false;
    return this.#owner.members().some((member) => {
      const { id, isSelf, state, incarnation } = member;
      // Observers cannot take a vote over.
      if (isSelf || state !== "alive" || isObserver(member)) return false;
      return this.#parting.get(id) !== incarnation;
    });
  }

  #changed(waitMs: Millis): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        timer.cancel();
        this.#wake = undefined;
        resolve();
      };
      const timer = this.#owner.ports.clock.setTimer(waitMs, end);
      this.#wake = end;
    });
  }
}
