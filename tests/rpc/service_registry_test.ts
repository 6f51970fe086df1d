import { assertEquals } from "@std/assert";
import { CALLS_PASSED_ON } from "../../lib/core/mod.ts";
import { Calls } from "../../lib/rpc/calls.ts";
import { type ServiceDeskOwner, ServiceRegistry } from "../../lib/rpc/service_registry.ts";
import { Connection } from "../../lib/transport/connection.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { FakeLink } from "../support/fake_link.ts";

Deno.test("what clients ask of one member leaves room on its link for the node itself", () => {
  const clock = new ManualClock();
  const calls = new Calls(clock);
  const silent = { message: () => {}, closed: () => {} };
  const [toMember, fromClient] = [new FakeLink(), new FakeLink()];
  const peer = { role: "member", node: "other", channel: "data" } as const;
  const member = new Connection(toMember, peer, silent);
  const client = new Connection(fromClient, { ...peer, role: "client", node: undefined }, silent);
  let load = CALLS_PASSED_ON;
  const owner = {
    id: "self",
    ports: { clock },
    calls,
    peers: { loadOf: () => load, data: () => member },
    directory: () => ({ find: () => ({ id: "other" }) }),
  };
  const desk = new ServiceRegistry(new Map(), owner as unknown as ServiceDeskOwner);
  const call = (id: number) => ({ type: "call", id, service: "s", node: "other" });
  desk.receive(client, call(1), 0);
  assertEquals(fromClient.take().map(({ id, code }) => [id, code]), [[1, "OVERLOADED"]]);
  void desk.call("s", "own", { node: "other" });
  assertEquals(toMember.take().map(({ body }) => body), ["own"]);
  load--;
  desk.receive(client, call(2), 0);
  assertEquals([fromClient.take().length, toMember.take().length], [0, 1]);
});
