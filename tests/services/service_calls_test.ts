import { assertEquals } from "@std/assert";
import { CALLS_PASSED_ON, type Ports } from "../../lib/core/mod.ts";
import type { MembershipService } from "../../lib/membership/mod.ts";
import { Rpc } from "../../lib/rpc/mod.ts";
import { ServiceCalls } from "../../lib/services/mod.ts";
import { Connection, type PeerPool } from "../../lib/transport/mod.ts";
import { FakeLink } from "../support/fake_link.ts";
import { ManualClock } from "../support/manual_clock.ts";

Deno.test("what clients ask of one member leaves room on its link for the node itself", () => {
  const clock = new ManualClock();
  const silent = { message: () => {}, closed: () => {} };
  const [toMember, fromClient] = [new FakeLink(), new FakeLink()];
  const peer = { role: "member", node: "other", channel: "data" } as const;
  const member = new Connection(toMember, peer, silent);
  const client = new Connection(fromClient, { ...peer, role: "client", node: undefined }, silent);
  let load = CALLS_PASSED_ON;
  const peers = { loadOf: () => load, data: () => member } as unknown as PeerPool;
  const directory = { find: () => ({ id: "other" }), offering: () => [] };
  const node = { id: "self", self: { name: "self" } };
  const membership = { directory } as unknown as MembershipService;
  const ports = { clock, random: { next: () => 0 } } as unknown as Ports;
  const rpc = new Rpc({ ...node, ports }, {}, peers);
  const services = rpc.server.onClientCall = new ServiceCalls(
    { ...node, ports },
    membership,
    peers,
    rpc,
  );
  const call = (id: number) => ({ type: "call", id, service: "s", node: "other" });
  rpc.server.receive(client, call(1), 0);
  assertEquals(fromClient.take().map(({ id, code }) => [id, code]), [[1, "OVERLOADED"]]);
  void services.call("s", "own", { node: "other" });
  assertEquals(toMember.take().map(({ body }) => body), ["own"]);
  load--;
  rpc.server.receive(client, call(2), 0);
  assertEquals([fromClient.take().length, toMember.take().length], [0, 1]);
});
