import { assertEquals } from "@std/assert";
import { type DialHandler, LINKS_TO_ALL, type Ports } from "../../lib/core/mod.ts";
import { PeerLinks, type PeerLinksOwner, Session } from "../../lib/node/links/mod.ts";
import type { CallContext } from "../../lib/node/calls/mod.ts";
import { HandClock } from "../support/hand_clock.ts";
import { PaperLink } from "../support/paper_link.ts";

/** The links of a node to members that all let it in; each by its number. */
class ManyPeers {
  readonly links: PeerLinks;
  readonly sessions: Session[] = [];
  /** Who is dialled next: it is who answers. */
  #dialled = 0;

  constructor() {
    const network = {
      listen: () => {
        throw new TypeError("Nobody dials this node");
      },
      dial: (_address: unknown, _timeout: number, handler: DialHandler) => {
        const link = new PaperLink();
        handler.connected(link);
        const node = { id: idOf(this.#dialled), name: "peer", address: "127.0.0.1:1" };
        link.receive({ type: "welcome", protocol: 1, node });
        return { cancel: () => {} };
      },
    };
    this.links = new PeerLinks({ network, clock: new HandClock() } as unknown as Ports, {
      hello: () => ({ type: "hello" }),
      isOurs: () => true,
      establish: (link, peer) => this.#sessionOf(link, peer),
      made: () => {},
      unreachable: () => {},
      broken: () => {},
      refused: () => {},
    } as PeerLinksOwner);
  }

  control(number: number): void {
    this.#dialled = number;
    this.links.connect(idOf(number), "127.0.0.1:1");
  }

  async data(number: number): Promise<Session> {
    this.#dialled = number;
    return await this.links.openData(idOf(number), "127.0.0.1:1");
  }

  #sessionOf(link: Session["link"], peer: Session["peer"]): Session {
    const session = new Session(link, peer, {
      message: () => {},
      closed: (ended, failure) => this.links.closed(ended, failure),
    });
    this.sessions.push(session);
    return session;
  }
}

function idOf(number: number): string {
  return `01939fd0-0000-7000-8000-${String(number).padStart(12, "0")}`;
}

Deno.test("past so many members the links that rest longest are closed, those for calls too", async () => {
  const peers = new ManyPeers();
  for (let number = 1; number <= LINKS_TO_ALL + 40; number++) {
    await peers.data(number);
    peers.control(number);
  }
  const open = peers.sessions.filter(({ isOver }) => !isOver);
  assertEquals(peers.links.connected, LINKS_TO_ALL);
  assertEquals(open.length, 2 * LINKS_TO_ALL);
  // The oldest went, the newest are there.
  assertEquals(peers.links.data(idOf(1)), undefined);
  assertEquals(peers.links.data(idOf(LINKS_TO_ALL + 40))?.isOver, false);
});

Deno.test("data links alone are bounded in the same way, and one with a call under way stays", async () => {
  const peers = new ManyPeers();
  const busy = await peers.data(1);
  busy.incoming.set(7, {} as CallContext);
  for (let number = 2; number <= 3 * LINKS_TO_ALL; number++) await peers.data(number);
  const open = peers.sessions.filter(({ isOver }) => !isOver);
  assertEquals([open.length, open.includes(busy)], [LINKS_TO_ALL, true]);
});
