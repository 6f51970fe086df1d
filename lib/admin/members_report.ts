import { type JsonObject, supersededOf } from "../core/mod.ts";
import type { ConsensusService } from "../consensus/mod.ts";
import type { MembershipService } from "../membership/mod.ts";
import type { Member } from "../membership/swim/mod.ts";
import type { NodeContext } from "../part/mod.ts";
import type { MembersView, MemberView } from "../wire/mod.ts";
import { viewMember } from "./member_view.ts";

/** The members as people and programs see them, with the part that each has in consensus. */
export class MembersReport {
  /** Its name among the parts. */
  readonly name = "members";
  readonly #membership: MembershipService;
  readonly #consensus: ConsensusService;
  /** Those that are listed and are no members. */
  readonly #guests: Array<() => MemberView[]> = [];

  /** Tells from now on who comes, goes and changes. */
  constructor(context: NodeContext, membership: MembershipService, consensus: ConsensusService) {
    this.#membership = membership;
    this.#consensus = consensus;
    membership.onChange.subscribe(({ type: change, member, previous, cause, by }) =>
      context.events.emit({
        event: "member",
        change,
        member: this.view(member),
        ...(previous === undefined ? {} : { previous }),
        cause,
        by,
      })
    );
  }

  /** Lists others behind the members: a part that knows them says who they are. */
  addGuests(guests: () => MemberView[]): void {
    this.#guests.push(guests);
  }

  /** All members and guests, in the order in which they joined. */
  all(): MembersView {
    const known = this.#membership.members();
    const superseded = supersededOf(known);
    const members = known
      .toSorted((a, b) => (a.id < b.id ? -1 : 1))
      .map((member) => {
        const view = this.view(member);
        return superseded.has(member.id) ? { ...view, superseded: true as const } : view;
      });
    return {
      cluster: this.#membership.cluster ?? null,
      master: this.#consensus.master ?? null,
      term: this.#consensus.view.term,
      members: [...members, ...this.#guests.flatMap((guests) => guests())],
    };
  }

  /** One member as people see it. */
  view(member: Member): MemberView {
    const role = this.#consensus.roleOf(member.id);
    return viewMember(member, role, (at) => this.#membership.wallTimeOf(at));
  }

  /** The recorded events that led to a member's present state. */
  historyOf(nodeText: string): JsonObject {
    const { machine, directory } = this.#membership;
    const member = directory.find(nodeText);
    const events = machine.history(member.id).map(({ at, ...event }) => ({
      time: new Date(this.#membership.wallTimeOf(at)).toISOString(),
      ...event,
    }));
    return { member: this.view(member), events };
  }
}
