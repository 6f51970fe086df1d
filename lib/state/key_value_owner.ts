import type { ClusterError, NodeId, Ports } from "../core/mod.ts";
import type { MemberCalls } from "../rpc/mod.ts";
import type { MissingVoters, PaceAdvice } from "../consensus/mod.ts";

/** What the key-value store needs of the node. */
export interface KeyValueOwner {
  /** Who the node is. */
  readonly id: NodeId;
  /** What it has of the world. */
  readonly ports: Ports;
  /** Whether the node is a member no more. */
  isOver(): boolean;
  /** Who leads; `undefined` while nobody does. */
  master(): NodeId | undefined;
  /** Members that keep a copy of the state, for stale reads; this node first when it is one. */
  replicas(): readonly NodeId[];
  /** Calls of members, this one included. */
  readonly rpc: MemberCalls;
  /** Whether so many voters are dead that no master can be elected: waiting would not help. */
  isMajorityDead(): boolean;
  /** The voters that do not answer, for the error. */
  missingVoters(): MissingVoters;
  /** What this node's folder has, when the only voter is lost and this was its second copy. */
  keptHere(): string | undefined;
  /** Whether the voters are too far apart for the profile: then none of them need be lost. */
  pace?(): PaceAdvice | undefined;
  /** The node that `master` gave did not answer, or even said that it does not lead (`isDenied`). */
  failedBy(master: NodeId, isDenied: boolean): void;
  /** What to say instead of that there is no majority, for one who cannot know. */
  gaveUp?(failure: unknown, isUnknown: boolean): ClusterError | undefined;
}
