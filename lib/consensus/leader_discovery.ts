import { type Millis, type NodeId, type Ports, randomBelow, type Timer } from "../core/mod.ts";
import type { Member } from "../membership/swim/mod.ts";

/** Between two questions of who leads, by a member that does not know. */
const QUERY_MS = 1_000;
/** Between two questions to the master whether it still is, and how many copies there are. */
const RECHECK_MS = 5_000;
/** At least so much for each member: all together ask twenty times a second at the most. */
const RECHECK_MS_A_MEMBER = 50;
/** Between two questions of who leads, by a member that got no answer from the master. */
const DOUBT_MS = 100;

/** What asking needs of those who govern. */
export interface LeaderDiscoveryOwner {
  readonly id: NodeId;
  readonly ports: Ports;
  /** The master, as far as this node knows. */
  readonly master: NodeId | undefined;
  readonly voters: readonly NodeId[];
  /**
   * Whether this node hears of the master by consensus itself, and need not ask whether it still
   * is.
   */
  readonly isPart: boolean;
  members(): readonly Member[];
  /** Asks a member who leads; whoever knows answers with a `master` message. */
  ask(member: NodeId): void;
}

/**
 * Asks who leads, for a node that takes no part in consensus, and for all in how many places
 * acknowledged writes are, which consensus does not say.
 *
 * What a master tells is told once and may be lost with a link: one that knows no master asks
 * anybody each second, one that knows one asks that now and then, and one that got no answer asks a
 * voter at once.
 */
export class LeaderDiscovery {
  readonly #owner: LeaderDiscoveryOwner;
  #timer: Timer | undefined;
  #recheckAt: Millis = 0;
  #doubtAgainAt: Millis = 0;
  #isStopped = false;

  constructor(owner: LeaderDiscoveryOwner) {
    this.#owner = owner;
  }

  /** Asks from now on. */
  start(): void {
    this.#timer = this.#owner.ports.clock.setTimer(QUERY_MS, () => {
      if (this.#isStopped) return;
      const { master } = this.#owner;
      if (master === undefined) this.#askAnybody();
      else if (master !== this.#owner.id) this.#recheck(master);
      this.start();
    });
  }

  /** Asks no more. */
  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  /**
   * The master did not do as one: it is asked who leads when it says that it does not, else another
   * voter.
   */
  reportFailure(master: NodeId, isDenied: boolean): void {
    const { ports, id, voters, isPart } = this.#owner;
    const now = ports.clock.now();
    if (isPart || now < this.#doubtAgainAt) return;
    this.#doubtAgainAt = now + DOUBT_MS;
    const others = voters.filter((voter) => voter !== master && voter !== id);
    const asked = isDenied ? master : this.#oneOf(others);
    if (asked !== undefined) this.#owner.ask(asked);
  }

  #askAnybody(): void {
    const others = this.#owner.members().filter(({ isSelf, state }) =>
      !isSelf && state === "alive"
    );
    const asked = this.#oneOf(others);
    if (asked !== undefined) this.#owner.ask(asked.id);
  }

  #recheck(master: NodeId): void {
    const now = this.#owner.ports.clock.now();
    if (now < this.#recheckAt) return;
    const members = this.#owner.members().length;
    this.#recheckAt = now + Math.max(RECHECK_MS, RECHECK_MS_A_MEMBER * members);
    this.#owner.ask(master);
  }

  #oneOf<T>(some: readonly T[]): T | undefined {
    return some[randomBelow(this.#owner.ports.random, Math.max(1, some.length))];
  }
}
