import { assertEquals } from "@std/assert";
import { GUESTS_PER_LINK, type Message, Signal } from "../../lib/core/mod.ts";
import type { MembersReport } from "../../lib/admin/mod.ts";
import type { MembershipService } from "../../lib/membership/mod.ts";
import { Tutorial } from "../../lib/tutorial/mod.ts";
import { Connection, Router } from "../../lib/transport/mod.ts";
import { FakeLink } from "../support/fake_link.ts";
import { ManualClock } from "../support/manual_clock.ts";

const SELF = { id: "n1", name: "ada", address: "10.0.0.1:8001" };
const JOIN = {
  type: "tutorial-join",
  source: { nodeId: 7, nodeIpAddr: "127.0.0.1", port: "9001" },
};

/** A member, or a node that still joins, as a program of the tutorial meets it. */
function desk(isMember = true) {
  const guests: string[] = [];
  const membership = {
    cluster: isMember ? "c1" : undefined,
    onChange: new Signal(),
    addWelcome: () => {},
    member: (id: string) => id === SELF.id ? SELF : undefined,
    broadcast: ({ guest }: Message) => {
      const { id, address } = guest as { id: string; address: string };
      guests.push(`${id} ${address}`);
    },
  } as unknown as MembershipService;
  const members = { addGuests: () => {} } as unknown as MembersReport;
  const context = { self: SELF, ports: { clock: new ManualClock() }, events: { emit: () => {} } };
  const router = new Router();
  router.register(new Tutorial(context, membership, members));
  const link = new FakeLink("lines");
  const peer = { role: "client", node: undefined, channel: "data" } as const;
  const connection = new Connection(link, peer, router);
  return { link, connection, guests };
}

Deno.test("a join of the tutorial is answered with our address, and lists who sent it", () => {
  const { link, connection, guests } = desk();
  connection.message(JOIN);
  const [answer] = link.take() as unknown as { type?: string }[];
  assertEquals([answer?.type, link.isClosed], [undefined, false]);
  assertEquals(JSON.stringify(answer).includes("8001"), true);
  assertEquals(guests, ["7 127.0.0.1:9001"]);
});

Deno.test("a join that is none, or comes before the node is a member, is refused and the link closed", () => {
  const sources = [undefined, null, 1, {}, { nodeId: 7 }, { nodeId: 7, nodeIpAddr: 5, port: 1 }];
  for (const source of sources) {
    const { link, connection, guests } = desk();
    connection.message({ type: "tutorial-join", source });
    assertEquals(link.take().map(({ code }) => code), ["BAD_MESSAGE"], JSON.stringify(source));
    assertEquals([link.isClosed, guests], [true, []]);
  }
  const { link, connection } = desk(false);
  connection.message(JOIN);
  assertEquals([link.take()[0]?.["code"], link.isClosed], ["NOT_A_MEMBER", true]);
});

Deno.test("a connection introduces its last permitted guest, and is refused the next", () => {
  const { link, connection, guests } = desk();
  for (let guest = 0; guest < GUESTS_PER_LINK; guest++) {
    connection.message(JOIN);
  }
  assertEquals([guests.length, link.isClosed], [GUESTS_PER_LINK, false]);
  link.take();
  connection.message(JOIN);
  assertEquals(link.take().map(({ code }) => code), ["OVERLOADED"]);
  assertEquals([guests.length, link.isClosed], [GUESTS_PER_LINK, true]);
});
