import { ClusterError, GUESTS_PER_LINK, type Message, parseAddress } from "../core/mod.ts";
import type { MembersReport } from "../admin/mod.ts";
import type { MembershipService, WelcomeSection } from "../membership/mod.ts";
import type { NodeName } from "../transport/mod.ts";
import type { Connection, Messages } from "../transport/mod.ts";
import { errorMessage, type EventSink, type MemberView } from "../wire/mod.ts";
import {
  type Guest,
  Guests,
  parseGuest,
  parseTutorialNode,
  tutorialAddress,
  tutorialAnswer,
} from "./guests.ts";
import type { Clock, JsonObject } from "../core/mod.ts";

/** The guests that one connection introduced. */
class Introduced {
  count = 0;
}

/** What the tutorial's part needs of the node. */
export interface TutorialContext {
  /** Who and where the node says that it is. */
  readonly self: NodeName;
  /** Its clock. */
  readonly ports: { readonly clock: Clock };
  /** Whom it tells of guests. */
  readonly events: EventSink;
}

/** Lists programs of the tutorial's kind as guests, which every member hears of. */
export class Tutorial implements WelcomeSection {
  /** Its name among the parts. */
  readonly name = "tutorial";
  /** The hello of a tutorial's program, and what members tell of it. */
  readonly messages: Messages = {
    "tutorial-join": {
      from: "anyone",
      receive: (connection, message) => this.#receive(connection, message),
    },
    "guest": { from: "member", receive: (_, message) => this.#hear(message["guest"]) },
  };
  readonly #context: TutorialContext;
  readonly #membership: MembershipService;
  readonly #guests = new Guests();

  /**
   * Knows of no guest yet.
   *
   * @param members what lists the guests behind the members.
   */
  constructor(context: TutorialContext, membership: MembershipService, members: MembersReport) {
    this.#context = context;
    this.#membership = membership;
    membership.addWelcome(this);
    membership.onChange.subscribe(({ type, member }) => {
      if (["dead", "left", "removed"].includes(type)) this.#guests.forgetHost(member.id);
    });
    members.addGuests(() => this.#guests.all().map(viewGuest));
  }

  welcome(): JsonObject {
    return { guests: this.#guests.all() };
  }

  welcomed({ guests }: Readonly<Record<string, unknown>>): void {
    if (Array.isArray(guests)) { for (const guest of guests) this.#hear(guest); }
  }

  /** Answers a join of the tutorial's kind in its own shape, and lists who sent it as a guest. */
  #receive(connection: Connection, message: Message): void {
    const { self, ports } = this.#context;
    const source = parseTutorialNode(message["source"]);
    if (source === undefined) {
      const shape = 'A join of the tutorial needs "source": {nodeId, nodeIpAddr, port}';
      return refuse(connection, new ClusterError("BAD_MESSAGE", shape));
    }
    if (this.#membership.cluster === undefined) {
      const reason = `${self.name} is still joining a cluster itself`;
      return refuse(connection, new ClusterError("NOT_A_MEMBER", reason));
    }
    connection.knowsBye = false;
    if (++connection.slot(Introduced).count > GUESTS_PER_LINK) {
      const reason = `One connection introduces at most ${GUESTS_PER_LINK} guests`;
      return refuse(connection, new ClusterError("OVERLOADED", reason));
    }
    const { host, port } = parseAddress(self.address);
    // The tutorial's answer has no type: it is the one message without.
    connection.send(tutorialAnswer(source, { id: self.id, host, port }) as Message);
    const address = tutorialAddress(source);
    const since = ports.clock.wallTime();
    const guest: Guest = { id: String(source.nodeId), address, host: self.id, since };
    this.#hear(guest);
    this.#membership.broadcast({ type: "guest", guest });
  }

  /** A guest said hello to this node, or to the member that tells of it. */
  #hear(value: unknown): void {
    const isMember = (id: string) => this.#membership.member(id) !== undefined;
    const guest = parseGuest(value, isMember);
    if (guest === undefined || isMember(guest.id)) return;
    this.#guests.add(guest);
    this.#context.events.emit({ event: "guest", member: viewGuest(guest) });
  }
}

/** Shows a guest. */
function viewGuest(guest: Guest): MemberView {
  return {
    id: guest.id,
    name: `guest-${guest.id}`,
    address: guest.address,
    state: "guest",
    role: "guest",
    tags: {},
    services: [],
    since: new Date(guest.since).toISOString(),
  };
}

function refuse(connection: Connection, error: ClusterError): void {
  connection.send(errorMessage(error));
  connection.close(error.message);
}
