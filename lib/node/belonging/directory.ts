import { ClusterError, type NodeId, typedAddressText } from "../../core/mod.ts";
import { isLive, type Member, type Membership } from "../../membership/mod.ts";
import { isBuiltIn } from "../calls/built_in_services.ts";

/** Finds members by what people call them, and by what they offer. */
export class Directory {
  readonly #membership: Membership;
  /** Who offers a service, by its name; emptied whenever a member changes. */
  readonly #offering = new Map<string, NodeId[]>();
  /** Who is meant by a text; emptied likewise. */
  readonly #named = new Map<string, Member>();

  constructor(membership: Membership) {
    this.#membership = membership;
  }

  /** Forgets what was looked up: a member changed. */
  changed(): void {
    this.#offering.clear();
    this.#named.clear();
  }

  /** The live members that offer a service; everybody for a built-in one. */
  offering(service: string): readonly NodeId[] {
    let offering = this.#offering.get(service);
    if (offering === undefined) {
      offering = this.#membership.members()
        .filter((member) => member.state === "alive")
        .filter((member) => isBuiltIn(service) || member.services.includes(service))
        .map((member) => member.id);
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
      member = this.#look(text);
      this.#named.set(text, member);
    }
    return member;
  }

  #look(text: string): Member {
    const members = this.#membership.members();
    // Of several with one name or address, the one that lives is meant, or else the newest.
    const ranked = [...members].sort((a, b) =>
      Number(isLive(b.state)) - Number(isLive(a.state)) || (a.id < b.id ? 1 : -1)
    );
    const address = typedAddressText(text);
    const exact = ranked.find((each) => each.id === text) ??
      ranked.find((each) => each.name === text || each.address === text) ??
      ranked.find((each) => each.address === address);
    if (exact !== undefined) return exact;
    const begun = text.length >= 4 ? members.filter((each) => each.id.startsWith(text)) : [];
    if (begun.length === 1) return begun[0] as Member;
    if (begun.length > 1) {
      throw new ClusterError("BAD_REQUEST", `"${text}" begins the ids of ${begun.length} members`);
    }
    throw new ClusterError(
      "UNKNOWN_MEMBER",
      `No member is called "${text}": give a name, an address or an id that "members" lists`,
    );
  }
}
