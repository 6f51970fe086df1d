import {
  isId,
  LEAVING_SAY_MS,
  type Message,
  type Millis,
  type NodeId,
  type Ports,
} from "../core/mod.ts";
import { LEAVING_FORGOTTEN_MS, LEAVING_RETRY_MS } from "./limits.ts";
import { isLive, isObserver, type Member } from "../membership/swim/mod.ts";

/** Voters that one answer of a master names: of five, more than four others there are not. */
const MOST_NAMED = 8;

/** What handing over needs of governing. */
export interface VoterDrainOwner {
  readonly id: NodeId;
  readonly ports: Ports;
  readonly isStopped: boolean;
  /** How long a voter waits for the others to do without it. */
  readonly patienceMs: Millis;
  readonly voters: readonly NodeId[];
  readonly master: NodeId | undefined;
  /** Whether a node has a vote, or may have: it is gone only when that is committed. */
  hasVote(node: NodeId): boolean;
  members(): Member[];
  member(id: NodeId): Member | undefined;
  send(to: NodeId, message: Message): void;
  /**
   * A voter, perhaps this one, wants to go: the master lets it, once the others can do without.
   * Says for which of them it has to wait; who is not the master says nobody.
   */
  release(voter: NodeId): NodeId[];
}

/** What came of handing over. */
export type HandedOver =
  | { ok: true }
  /**
   * The others cannot do without this node yet: these of them are silent, as far as the master has
   * said.
   */
  | { ok: false; silent: NodeId[] };

/**
 * How a voter goes: the others learn to do without its vote before it leaves.
 *
 * It goes when that is *committed*: what a master only began may never be agreed on, if one of
 * those that stay has just fallen silent. The voters tell each other: when all who are there leave,
 * nobody is left to hand over to, and the one that waited for the rest would wait for an election
 * that no majority is there for. Who does not say so any more has thought better of it.
 */
export class VoterDrain {
  readonly #owner: VoterDrainOwner;
  /**
   * Members that are about to leave, the incarnation in which they said so, and when they said it
   * last.
   */
  readonly #parting = new Map<NodeId, { incarnation: number; toldAt: Millis }>();
  #silent: NodeId[] = [];
  #wake: (() => void) | undefined;

  constructor(owner: VoterDrainOwner) {
    this.#owner = owner;
  }

  /**
   * Waits until this node is not needed any more.
   *
   * @param waitMs how long at the most.
   * @param waits told once, if that takes long: whom it waits for.
   */
  async run(waitMs: Millis, waits: (silent: NodeId[]) => void): Promise<HandedOver> {
    const { ports } = this.#owner;
    const startedAt = ports.clock.now();
    this.#silent = [];
    let tellAt = startedAt;
    let told: NodeId | undefined;
    let hasSaid = false;
    while (!this.#owner.isStopped && this.isNeeded()) {
      const now = ports.clock.now();
      if (now >= startedAt + waitMs) return { ok: false, silent: this.#silent };
      if (now >= tellAt || this.#owner.master !== told) {
        told = this.#owner.master;
        tellAt = now + LEAVING_RETRY_MS;
        this.#tell();
      }
      if (!hasSaid && now >= startedAt + LEAVING_SAY_MS) {
        hasSaid = true;
        waits(this.#silent);
      }
      await this.#changed(tellAt - now);
    }
    return { ok: true };
  }

  /** The node is a member no more. */
  stop(): void {
    this.#wake?.();
  }

  /** Another member says that it wants to go. */
  onVoterLeaving(voter: NodeId): void {
    const member = this.#owner.member(voter);
    if (member === undefined) return;
    for (const id of this.#parting.keys()) {
      if (!this.#isThere(this.#owner.member(id))) this.#parting.delete(id);
    }
    const toldAt = this.#owner.ports.clock.now();
    this.#parting.set(voter, { incarnation: member.incarnation, toldAt });
    const silent = this.#owner.release(voter);
    if (silent.length > 0) this.#owner.send(voter, { type: "awaits", voters: silent });
    this.#wake?.();
  }

  /** The master says for whom this node has to wait. */
  awaits(voters: unknown): void {
    if (Array.isArray(voters)) this.#silent = voters.filter(isId).slice(0, MOST_NAMED);
  }

  /** Who votes, or who is there, has changed. */
  changed(): void {
    if (this.#wake === undefined) return;
    // What follows from it is told in the same turn, or not at all.
    queueMicrotask(() => this.#wake?.());
  }

  #tell(): void {
    const { id, send, release: lets } = this.#owner;
    const silent = lets(id);
    if (silent.length > 0) this.#silent = silent;
    for (const voter of this.#owner.voters) {
      if (voter !== id && this.#isThere(this.#owner.member(voter))) {
        send(voter, { type: "leaving" });
      }
    }
  }

  /**
   * Whether a member is there, or may be: one that is only suspected may answer again, and misses
   * this node.
   */
  #isThere(member: Member | undefined): boolean {
    return member !== undefined && isLive(member.state);
  }

  /** Whether this node has a vote, and somebody stays who would miss it. */
  isNeeded(): boolean {
    if (!this.#owner.hasVote(this.#owner.id)) return false;
    const now = this.#owner.ports.clock.now();
    return this.#owner.members().some((member) => {
      const { id, isSelf, incarnation } = member;
      // Observers cannot take a vote over.
      if (isSelf || !this.#isThere(member) || isObserver(member)) return false;
      const parting = this.#parting.get(id);
      return parting?.incarnation !== incarnation ||
        now - parting.toldAt >= LEAVING_FORGOTTEN_MS;
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
