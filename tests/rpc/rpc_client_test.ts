import { assertEquals } from "@std/assert";
import { ClusterError } from "../../lib/core/mod.ts";
import { Rpc } from "../../lib/rpc/mod.ts";
import { Connection, type PeerPool } from "../../lib/transport/mod.ts";
import { FakeLink } from "../support/fake_link.ts";
import { failureOf } from "../support/local_cluster.ts";
import { ManualClock } from "../support/manual_clock.ts";

/** A node that calls, and the link to the other member, which is made when the test says so. */
class Caller {
  readonly clock = new ManualClock();
  readonly link = new FakeLink();
  readonly opening = Promise.withResolvers<Connection>();
  readonly rpc: Rpc;
  dials = 0;

  constructor() {
    const peers = {
      data: () => undefined,
      openData: () => {
        this.dials++;
        return this.opening.promise;
      },
    } as unknown as PeerPool;
    const node = { id: "self", self: { name: "here" }, ports: { clock: this.clock } };
    this.rpc = new Rpc(node, {}, peers);
  }

  open(): void {
    const peer = { role: "member", node: "other", channel: "data" } as const;
    const connection: Connection = new Connection(this.link, peer, {
      message: (_, message) => this.rpc.calls.receive(connection, message),
      closed: (_, failure) => this.rpc.disconnected(connection, failure),
    });
    this.opening.resolve(connection);
  }
}

Deno.test("a call waits for the link to its member, and is sent with the time that is left", async () => {
  const caller = new Caller();
  const call = caller.rpc.client.call("other", { service: "s", body: 1, timeoutMs: 500 });
  caller.clock.advance(200);
  caller.open();
  await caller.opening.promise;
  assertEquals(caller.link.take(), [
    { type: "call", id: 1, service: "s", body: 1, timeoutMs: 300 },
  ]);
  caller.link.receive({ type: "reply", id: 1, body: 2 });
  assertEquals([await call, caller.dials], [2, 1]);
});

Deno.test("a call whose link is not made fails with the reason, or at its deadline, unsent", async () => {
  const refused = new Caller();
  const call = failureOf(refused.rpc.client.call("other", { service: "s", body: 1 }));
  refused.opening.reject(new ClusterError("UNREACHABLE", "nobody is there"));
  assertEquals([(await call).code, (await call).details], ["UNREACHABLE", undefined]);
  const slow = new Caller();
  const late = failureOf(
    slow.rpc.client.call("other", { service: "s", body: 1, timeoutMs: 100 }),
  );
  slow.clock.advance(100);
  assertEquals([(await late).code, (await late).details], ["TIMEOUT", undefined]);
  slow.open();
  await slow.opening.promise;
  assertEquals(slow.link.take(), []);
});

Deno.test("a node calls itself without a link, and what travels is a copy", async () => {
  const caller = new Caller();
  const body = { list: [1] };
  const seen: unknown[] = [];
  caller.rpc.registry.handle("s", (given, { from }) => {
    seen.push(given, from);
    return given;
  });
  const answer = await caller.rpc.client.call("self", { service: "s", body });
  assertEquals([answer, caller.dials], [body, 0]);
  assertEquals([seen[0] === body, answer === seen[0], seen[1]], [false, false, "self"]);
  assertEquals(caller.clock.due, []);
});
