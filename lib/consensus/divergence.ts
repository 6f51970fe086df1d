import { ClusterError, type NodeId } from "../core/mod.ts";
import type { ConsensusEffect } from "./raft/mod.ts";
import type { LeaderInfo } from "./leader_info.ts";

/** That what this node and another hold cannot both be right. */
export type Contradiction = Extract<ConsensusEffect, { type: "contradicted" }>;

/** What noticing it needs of the node. */
export interface DivergenceOwner {
  readonly id: NodeId;
  /**
   * What people call a member; `undefined` when it is none, and `removed` when it is none any more.
   */
  member(id: NodeId): { readonly name: string; readonly removed: boolean } | undefined;
  rejected(from: NodeId, reason: string): void;
  /** The node must stop. */
  failed(error: ClusterError): void;
}

/** A node's part in consensus. */
export interface ConsensusPart {
  readonly isLeader: boolean;
  stop(): void;
}

/**
 * Ends a node whose log and its cluster's cannot both be right: the folder of one of the two was
 * put back to what it was some time ago. Going on would undo, here or there, what was agreed on;
 * which of the two is right only a person can tell.
 */
export class Divergence {
  readonly #owner: DivergenceOwner;
  readonly #part: ConsensusPart;

  /** @param part this node's part in consensus, which ends with it at once. */
  constructor(owner: DivergenceOwner, part: ConsensusPart) {
    this.#owner = owner;
    this.#part = part;
  }

  /** Consensus found a contradiction. */
  contradicted(contradiction: Contradiction): void {
    const by = this.#owner.member(contradiction.by);
    // Only a member's word ends a node.
    if (by === undefined || by.removed) {
      return this.#owner.rejected(contradiction.by, "who is no member contradicts the log");
    }
    this.#end(contradicted(contradiction, by.name));
  }

  /**
   * A member tells of a master while this node leads. An only voter hands its part over itself, and
   * knows of every later term: unless its folder was put back, or the other's.
   *
   * @returns whether that ends this node.
   */
  met({ master, term }: LeaderInfo, own: LeaderInfo): boolean {
    const { id } = this.#owner;
    if (!this.#part.isLeader) return false;
    const isAlone = own.voters.length === 1 && own.voters[0] === id;
    if (!isAlone || master === undefined || master === id || term < own.term) return false;
    this.#end(otherMaster(own.term, term, this.#owner.member(master)?.name ?? master));
    return true;
  }

  #end(error: ClusterError): void {
    this.#part.stop();
    this.#owner.failed(error);
  }
}

function contradicted({ index, how }: Contradiction, other: string): ClusterError {
  switch (how) {
    case "other-entry":
      return error(
        `Entry ${index} of the log was agreed on here, and the master ${other} has another one there: one of ` +
          `the two has a data folder that is older or newer than the cluster's. ${choose(other)}`,
        { index, how },
      );
    case "lost-entries":
      return error(
        `This node had acknowledged entries up to ${index} to the master ${other}, and its log ends before ` +
          "that: its data folder is older than the cluster's. Start it with another, empty folder: it joins " +
          "as a new member and gets everything",
        { index, how },
      );
    case "leader-behind":
      return error(
        `This node leads, and ${other} has entries up to ${index} that were agreed on, which this node's log ` +
          `does not have: its data folder, or that of a voter which elected it, is older than the cluster's. ${
            choose(other)
          }`,
        { index, how },
      );
  }
}

function otherMaster(ownTerm: number, term: number, other: string): ClusterError {
  return error(
    `This node leads term ${ownTerm} as the only voter, and its cluster has a master of term ${term}, ` +
      `${other}: one of the two has a data folder that is older or newer than the cluster's. ${
        choose(other)
      }`,
    { term, how: "other-master" },
  );
}

function choose(other: string): string {
  return `If ${other} is right, start this node with another, empty folder. If this node is, stop ${other}, ` +
    "start this node with --force-new-cluster, and the others with empty folders";
}

function error(message: string, details: Record<string, unknown>): ClusterError {
  return new ClusterError("DIVERGED", message, { details });
}
