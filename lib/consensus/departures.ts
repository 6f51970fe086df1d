import { ClusterError, type Json, type Millis, type NodeId } from "../core/mod.ts";
import type { Member } from "../membership/swim/mod.ts";
import type { Messages } from "../transport/mod.ts";
import type { LeaderInfo } from "./leader_info.ts";
import type { ConsensusStatus } from "./raft/mod.ts";
import { type HandedOver, VoterDrain, type VoterDrainOwner } from "./voter_drain.ts";
import { Release, type ReleaseOwner } from "./release.ts";

/** What departing needs of governing. */
export interface DeparturesOwner extends VoterDrainOwner, ReleaseOwner {
  /** What a voter is called, also one that membership does not know. */
  nameOf(voter: NodeId): string;
  /** Tells a person something odd. */
  warn(message: string): void;
}

/**
 * Whether somebody is a member: what a stranger, or a removed one, says of who governs counts for
 * nothing.
 */
export function isOfCluster(member: Pick<Member, "removed"> | undefined): boolean {
  return member !== undefined && !member.removed;
}

/**
 * How voters go, of their own will or an operator's: the others learn to do without their votes
 * first.
 */
export class Departures {
  /** What a voter says that leaves, and what the master answers while it has to wait. */
  readonly messages: Messages = {
    "leaving": {
      from: "member",
      receive: ({ member }) => {
        if (isOfCluster(this.#owner.member(member))) this.#handover.onVoterLeaving(member);
      },
    },
    "awaits": {
      from: "member",
      receive: ({ member }, message) => {
        if (isOfCluster(this.#owner.member(member))) this.#handover.awaits(message["voters"]);
      },
    },
  };
  readonly #owner: DeparturesOwner;
  readonly #handover: VoterDrain;
  readonly #release: Release;
  #note: string | undefined;

  /** Nobody goes yet. */
  constructor(owner: DeparturesOwner) {
    this.#owner = owner;
    this.#handover = new VoterDrain(owner);
    this.#release = new Release(owner);
  }

  /** What a person should know while this node waits to leave. */
  get notes(): string[] {
    return this.#note === undefined ? [] : [this.#note];
  }

  /**
   * Waits until the others could do without this node's vote, which it keeps for now.
   *
   * @param isForced whether it goes also when they cannot: then nothing is waited for.
   * @throws {ClusterError} `NO_QUORUM` when they cannot for too long: this node stays.
   */
  async mayLeave(isForced: () => boolean): Promise<void> {
    const isNeeded = () => !isForced() && this.#handover.isNeeded();
    const awaiting = this.#release.await(
      this.#owner.id,
      isNeeded,
      (silent) => this.#waits(silent),
    );
    await this.#settle(awaiting, isForced);
  }

  /**
   * Gives this node's vote up, before it leaves.
   *
   * @param isForced whether it goes also when the others cannot do without it in time: that is
   * told.
   * @param withinMs how long one that is forced waits at the most.
   * @throws {ClusterError} `NO_QUORUM` when they cannot: this node stays.
   */
  async leave(isForced: () => boolean, withinMs: Millis): Promise<void> {
    const { patienceMs } = this.#owner;
    const waitMs = isForced() ? Math.min(patienceMs, withinMs) : patienceMs;
    const leaving = this.#handover.run(waitMs, (silent) => this.#waits(silent));
    await this.#settle(leaving, isForced);
  }

  async #settle(parting: Promise<HandedOver>, isForced: () => boolean): Promise<void> {
    try {
      const parted = await parting;
      if (!parted.ok) this.#refuse(parted.silent, "leave", isForced());
    } finally {
      this.#note = undefined;
    }
  }

  #waits(silent: readonly NodeId[]): void {
    this.#note = `This node leaves, and waits ${this.#forWhom(silent)}: ` +
      "without its vote no majority of the voters would be left";
    this.#owner.warn(this.#note);
  }

  /**
   * Has the others do without the vote of a member that is to be removed.
   *
   * @throws {ClusterError} `NO_QUORUM` as for `leave`: it stays.
   */
  async remove(node: NodeId, isForced: boolean): Promise<void> {
    const released = await this.#release.run(node);
    if (!released.ok) this.#refuse(released.silent, "remove", isForced);
  }

  /** The node is a member no more. */
  stop(): void {
    this.#handover.stop();
  }

  /** Who votes, who leads, or who is there, has changed. */
  changed(): void {
    this.#handover.changed();
  }

  /** Serves the release of a voter, as the master. */
  async release(body: Json): Promise<Json> {
    return await this.#release.serve(body);
  }

  /** Says what it would cost: the end, unless somebody said that it is wanted all the same. */
  #refuse(silent: readonly NodeId[], how: "leave" | "remove", isForced: boolean): void {
    const missing = this.#missing(silent).map((id) => this.#owner.nameOf(id));
    const [names, isOne] = [missing.join(", "), missing.length === 1];
    const seconds = Math.round(this.#owner.patienceMs / 100) / 10;
    const what = how === "leave" ? "this node's vote" : "its vote";
    const cost = `Without ${what} no majority of the voters is left`;
    if (isForced) {
      const until = missing.length === 0
        ? "a majority is there again"
        : `${names} ${isOne ? "is" : "are"} there again`;
      this.#owner.warn(`${cost}: nothing can be written until ${until}`);
      return;
    }
    const [why, advice] = missing.length === 0
      ? [`no master let it go in ${seconds} s`, "try again"]
      : [`no answer from ${names} in ${seconds} s`, `start ${isOne ? "that one" : "those"} again`];
    throw new ClusterError(
      "NO_QUORUM",
      `${cost}: ${why}, so it stays; ${advice}, or ${how} it at that price (--force)`,
      { details: { missing } },
    );
  }

  /** Whom the master waits for; where there is no master, the voters that are not there. */
  #missing(silent: readonly NodeId[]): readonly NodeId[] {
    const { id: self, master, voters, member } = this.#owner;
    if (silent.length > 0 || master !== undefined) return silent;
    return voters.filter((id) => id !== self && member(id)?.state !== "alive");
  }

  #forWhom(silent: readonly NodeId[]): string {
    const names = silent.map((id) => this.#owner.nameOf(id));
    return names.length === 0 ? "to be let go by a master" : `for ${names.join(", ")}`;
  }
}

/**
 * Whether a node has a vote, or may have: by what is committed, or by what may be, as far as this
 * node knows.
 */
export function hasVote(
  { committedConfig, config, leader }: ConsensusStatus,
  { voters }: LeaderInfo,
  node: NodeId,
): boolean {
  const isMeant = config.voters.includes(node);
  if (!isMeant) return committedConfig.voters.includes(node);
  // Who was away while its vote was taken hears of no leader, but others have told it.
  return leader !== undefined || voters.includes(node);
}
