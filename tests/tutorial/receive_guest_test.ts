import { assertEquals } from "@std/assert";
import { GUESTS_PER_LINK, type Message } from "../../lib/core/mod.ts";
import type { MembershipService } from "../../lib/membership/membership_service.ts";
import { receiveGuest } from "../../lib/tutorial/receive_guest.ts";
import { Connection } from "../../lib/transport/connection.ts";
import { FakeLink } from "../support/fake_link.ts";

const SELF = { id: "n1", name: "ada", address: "10.0.0.1:8001" } as Parameters<
  typeof receiveGuest
>[3];
const JOIN = { source: { nodeId: 7, nodeIpAddr: "127.0.0.1", port: "9001" } } as unknown as Message;

function desk() {
  const link = new FakeLink("lines");
  const peer = { role: "client", node: undefined, channel: "data" } as const;
  const connection = new Connection(link, peer, { message: () => {}, closed: () => {} });
  const guests: string[] = [];
  const belonging = {
    introduceGuest: ({ id, address }: { id: string; address: string }) =>
      guests.push(`${id} ${address}`),
  } as unknown as MembershipService;
  return { link, connection, guests, belonging };
}

Deno.test("a join of the tutorial is answered with our address, and lists who sent it", () => {
  const { link, connection, guests, belonging } = desk();
  receiveGuest(connection, JOIN, belonging, SELF);
  const [answer] = link.take() as unknown as { type?: string }[];
  assertEquals([answer?.type, link.isClosed], [undefined, false]);
  assertEquals(JSON.stringify(answer).includes("8001"), true);
  assertEquals(guests, ["7 127.0.0.1:9001"]);
});

Deno.test("a join that is none, or comes before the node is a member, is refused and the link closed", () => {
  const sources = [undefined, null, 1, {}, { nodeId: 7 }, { nodeId: 7, nodeIpAddr: 5, port: 1 }];
  for (const source of sources) {
    const { link, connection, guests, belonging } = desk();
    receiveGuest(connection, { source } as unknown as Message, belonging, SELF);
    assertEquals(link.take().map(({ code }) => code), ["BAD_MESSAGE"], JSON.stringify(source));
    assertEquals([link.isClosed, guests], [true, []]);
  }
  const { link, connection } = desk();
  receiveGuest(connection, JOIN, undefined, SELF);
  assertEquals([link.take()[0]?.["code"], link.isClosed], ["NOT_A_MEMBER", true]);
});

Deno.test("a connection introduces its last permitted guest, and is refused the next", () => {
  const { link, connection, guests, belonging } = desk();
  for (let guest = 0; guest < GUESTS_PER_LINK; guest++) {
    receiveGuest(connection, JOIN, belonging, SELF);
  }
  assertEquals([guests.length, link.isClosed], [GUESTS_PER_LINK, false]);
  link.take();
  receiveGuest(connection, JOIN, belonging, SELF);
  assertEquals(link.take().map(({ code }) => code), ["OVERLOADED"]);
  assertEquals([guests.length, link.isClosed], [GUESTS_PER_LINK, true]);
});
