import { findMember, findOnlyMember, type NodeId } from "../core/mod.ts";
import type { Member } from "./swim/mod.ts";
import { isSystemService } from "../rpc/mod.ts";

/** Whether a call of a member would not fail for want of a way to it. */
function isDialable({ isSelf, isUndialable, isOutOfReach }: Member): boolean {
  return isSelf || !(isUndialable || isOutOfReach);
}

/** Who is here: what a directory looks them up in. */
export interface Members {
  /** The members that are known, this node too; throws while there is no cluster to have any. */
  readonly machine: { members(): readonly Member[] };
}

/** Finds members by what people call them, and by what they offer. */
export class Directory {
  readonly #membership: Members;
  /** Who offers a service, by its name; emptied whenever a member changes. */
  readonly #offering = new Map<string, NodeId[]>();
  /** Who is meant by a text; emptied likewise. */
  readonly #named = new Map<string, Member>();

  /** Finds the members of that machine. */
  constructor(membership: Members) {
    this.#membership = membership;
  }

  /** Forgets what was looked up: a member changed. */
  changed(): void {
    this.#offering.clear();
    this.#named.clear();
  }

  /**
   * The live members that offer a service; everybody for a system service. Those that this node
   * cannot dial are left out unless there is no other.
   */
  offering(service: string): readonly NodeId[] {
    let offering = this.#offering.get(service);
    if (offering === undefined) {
      const all = this.#membership.machine.members()
        .filter((member) => member.state === "alive")
        .filter((member) => isSystemService(service) || member.services.includes(service));
      const dialable = all.filter(isDialable);
      offering = (dialable.length > 0 ? dialable : all).map((member) => member.id);
      // Only names that exist are kept: a caller of invented ones must not fill the memory.
      if (offering.length > 0) this.#offering.set(service, offering);
    }
    return offering;
  }

  /**
   * The member that a text means: its id, name, address, or the beginning of its id.
   *
   * @throws {ClusterError} `UNKNOWN_MEMBER`, or `BAD_REQUEST` when it could mean several.
   */
  find(text: string): Member {
    let member = this.#named.get(text);
    if (member === undefined) {
      member = findMember(this.#membership.machine.members(), text);
      this.#named.set(text, member);
    }
    return member;
  }

  /**
   * The member that a text means, where a mistake could not be undone.
   *
   * @throws {ClusterError} `UNKNOWN_MEMBER`, or `BAD_REQUEST` when it could mean several.
   */
  findOnly(text: string): Member {
    return findOnlyMember(this.#membership.machine.members(), text);
  }
}
