import {
  type Clock,
  ClusterError,
  type ClusterId,
  isId,
  isInteger,
  isJsonObject,
  type Json,
  type NodeId,
  type Store,
  type Timer,
} from "../core/mod.ts";
import { IDENTITY_SAVE_MS, REMEMBERED_MEMBERS } from "./limits.ts";
import { isLive, type MemberRecord, type Membership } from "../membership/swim/mod.ts";
import { readVoterNames, type VoterName, type VoterNames } from "../consensus/mod.ts";
import type { NodeName } from "../transport/mod.ts";

/** What a node must find again to take its place in its cluster. */
export interface KeptIdentity {
  /** Who it is. */
  id: NodeId;
  /** The cluster that it is of. */
  cluster: ClusterId;
  /**
   * Whether it founded the cluster: a founding that a crash cut short is finished at the restart.
   */
  isFounder: boolean;
  /** Of its last word about itself that was saved; the next life begins one above. */
  incarnation: number;
  /** Its last address, as `host:port`. */
  address: string;
  /** The others, as it knew them last, for finding them again; membership judges each of them. */
  members: unknown[];
  /** What the voters are called: the log has their ids alone. */
  voters: VoterName[];
}

/**
 * Reads who the node was.
 *
 * @returns `undefined` when the store is new, or keeps nothing.
 * @throws {ClusterError} `STORE_FAILED` when it is malformed, or there is a log without an
 * identity.
 */
export function readIdentity(store: Store): KeptIdentity | undefined {
  if (!store.isDurable) return undefined;
  const kept = store.identity();
  if (kept === undefined) {
    if (store.load() === undefined) return undefined;
    throw new ClusterError("STORE_FAILED", "The data folder holds a log, but not whose it is");
  }
  const { id, cluster, isFounder, incarnation, address, members, voters }: Record<string, unknown> =
    isJsonObject(kept) ? kept : {};
  const isSound = isId(id) && isId(cluster) && isInteger(incarnation, 1) &&
    Array.isArray(members) &&
    typeof address === "string";
  if (!isSound) {
    throw new ClusterError("STORE_FAILED", "The data folder does not say which node it is of");
  }
  const known = { voters: readVoterNames(voters), members };
  return { id, cluster, isFounder: isFounder === true, incarnation, address, ...known };
}

/** What a node is known by, now: to be kept for its next life. */
export function identityOf({ self, cluster, isFounder, membership, voters, names, kept }: {
  self: NodeName;
  cluster: ClusterId;
  isFounder: boolean;
  membership: Membership;
  voters: readonly NodeId[];
  names: VoterNames;
  kept: KeptIdentity | undefined;
}): KeptIdentity {
  const others = worthRemembering(membership.snapshot(), self.id);
  return {
    id: self.id,
    cluster,
    isFounder,
    incarnation: membership.selfRecord().incarnation,
    address: self.address,
    // Whoever comes back says who it is before it has met anybody: a crash then must not make it
    // forget.
    members: others.length > 0 ? others : kept?.members ?? [],
    voters: names.merge(voters, (id) => membership.member(id)),
  };
}

/**
 * The members worth remembering: the live ones first, and not those that left of their own will.
 */
export function worthRemembering(records: readonly MemberRecord[], self: NodeId): MemberRecord[] {
  const others = records.filter(({ id, state, forced }) =>
    id !== self && (state !== "left" || forced === true)
  );
  const live = others.filter(({ state }) => isLive(state));
  const gone = others.filter(({ state }) => !isLive(state));
  return [...live, ...gone].slice(0, REMEMBERED_MEMBERS);
}

/**
 * Saves the identity when it changes, at most once in `IDENTITY_SAVE_MS`: members come and go in
 * swarms.
 */
export class IdentityKeeper {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #read: () => KeptIdentity | undefined;
  readonly #failed: (error: unknown) => void;
  #timer: Timer | undefined;
  #isStopped = false;

  /**
   * Keeps nothing yet.
   *
   * @param read who the node is now; `undefined` while it belongs to no cluster.
   * @param failed told when saving fails: the node must stop.
   */
  constructor(
    store: Store,
    clock: Clock,
    read: () => KeptIdentity | undefined,
    failed: (error: unknown) => void,
  ) {
    this.#store = store;
    this.#clock = clock;
    this.#read = read;
    this.#failed = failed;
  }

  /** Saves now; what it throws is the store's. */
  save(): void {
    const identity = this.#read();
    if (identity !== undefined) this.#store.saveIdentity(identity as unknown as Json);
  }

  /** Something changed: it is saved soon. */
  changed(): void {
    if (!this.#store.isDurable || this.#isStopped || this.#timer !== undefined) return;
    this.#timer = this.#clock.setTimer(IDENTITY_SAVE_MS, () => {
      this.#timer = undefined;
      this.saveOrStop();
    });
  }

  /** Saves now, where nobody could do anything about a failure: the node stops of it. */
  saveOrStop(): void {
    try {
      this.save();
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Saves a last time, as well as it goes. */
  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#timer?.cancel();
    try {
      this.save();
    } catch {
      // The node stops anyway; an older identity only costs a refutation at the next start.
    }
  }
}
