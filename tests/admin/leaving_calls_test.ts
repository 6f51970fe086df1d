import { assert, assertEquals } from "@std/assert";
import type { ClusterError, Node } from "../../lib/mod.ts";
import { type Json, parseAddress } from "../../lib/core/mod.ts";
import type { NodeEvent } from "../../lib/node/mod.ts";
import { eventually } from "../support/eventually.ts";
import { failureOf, LocalCluster, stateOf } from "../support/local_cluster.ts";
import { WireClient } from "../wire/wire_client.ts";

/** A service whose calls wait until they are let go. */
class Gate {
  calls = 0;
  readonly signals: AbortSignal[] = [];
  readonly #open = Promise.withResolvers<Json>();

  constructor(node: Node, service: string) {
    node.handle(service, (_, { signal }) => {
      this.calls++;
      this.signals.push(signal);
      return this.#open.promise;
    });
  }

  /** Waits until so many are under way. */
  async has(calls: number): Promise<void> {
    await eventually(`${calls} calls are under way`, () => this.calls === calls);
  }

  open(): void {
    this.#open.resolve("served");
  }
}

async function offered(service: string, by: string, ...nodes: Node[]): Promise<void> {
  await eventually(
    `${by} offers ${service}`,
    () =>
      nodes.every((node) =>
        node.members.some(({ name, services }) => name === by && services.includes(service))
      ),
    nodes,
  );
}

async function withdrawn(node: Node, from: string): Promise<void> {
  await eventually(
    `${from} offers nothing`,
    () => node.members.some(({ name, services }) => name === from && services.length === 0),
    [node],
  );
}

const portOf = (node: Node) => parseAddress(node.address).port;

Deno.test("twenty calls that are under way when a member leaves are all answered, and then it is gone", async () => {
  await using cluster = new LocalCluster();
  const [a, b] = await cluster.start("a", "b") as [Node, Node];
  const gate = new Gate(b, "slow");
  const calls = Array.from({ length: 20 }, () => a.call("slow", null, { node: "b" }));
  await gate.has(20);
  const told: NodeEvent[] = [];
  b.on((event) => event.event === "leaving" && told.push(event));
  const left = b.leave("done");
  await withdrawn(a, "b");
  assertEquals([stateOf(a, "b"), b.statusView()["phase"]], ["alive", "leaving"]);
  assertEquals(told, [{ event: "leaving", reason: "done", calls: 20, withinMs: 9_000 }]);
  gate.open();
  assertEquals(await Promise.all(calls), calls.map(() => "served"));
  const answeredAt = performance.now();
  await left;
  // The caller closes its link when it has its answers: nobody waits for a second to pass.
  assert(performance.now() - answeredAt < 900, `${performance.now() - answeredAt} ms`);
  await eventually("it has left", () => stateOf(a, "b") === "left", [a]);
});

Deno.test("a call that comes while its member leaves is refused unstarted, and any other member serves it", async () => {
  await using cluster = new LocalCluster();
  const [a, b, c] = await cluster.start("a", "b", "c") as [Node, Node, Node];
  const gate = new Gate(b, "slow");
  let served = 0;
  for (const node of [b, c]) node.handle("greet", () => ++served && node.name);
  await offered("greet", "b", a);
  await offered("greet", "c", a);
  const call = a.call("slow", null, { node: "b" });
  await gate.has(1);
  const left = b.leave();
  for (const service of ["greet", "echo", "slow"]) {
    const error = await failureOf(a.call(service, null, { node: "b" }));
    assertEquals([error.code, error.retryable, error.details], ["SHUTTING_DOWN", true, undefined]);
  }
  for (let i = 0; i < 20; i++) assertEquals(await a.call("greet"), "c");
  assertEquals([served, gate.calls], [20, 1]);
  gate.open();
  assertEquals(await call, "served");
  await left;
});

Deno.test("a client hears good-bye, is answered, refused what is new unstarted, and closes or is closed", async () => {
  await using cluster = new LocalCluster();
  const [a, b] = await cluster.start("a", "b") as [Node, Node];
  const [own, others] = [new Gate(a, "own"), new Gate(b, "others")];
  await offered("others", "b", a);
  using client = await WireClient.greet(portOf(a));
  await client.send({ type: "call", id: 1, service: "own" });
  // Passed on to another member: under way here too.
  await client.send({ type: "call", id: 2, service: "others" });
  await own.has(1);
  await others.has(1);
  const left = a.leave("done");
  assertEquals(await client.receive(), { type: "bye", reason: "done", leaving: true });
  for (const [id, service] of [[3, "own"], [4, "others"], [5, "echo"]]) {
    await client.send({ type: "call", id, service });
    const { message: _, ...answer } = await client.receive() ?? {};
    assertEquals(answer, {
      type: "error",
      id,
      code: "SHUTTING_DOWN",
      retryable: true,
      started: false,
    });
  }
  own.open();
  assertEquals(await client.receive(), { type: "reply", id: 1, body: "served" });
  others.open();
  assertEquals(await client.receive(), { type: "reply", id: 2, body: "served" });
  assertEquals(await client.receive(), undefined);
  await left;
  assertEquals([own.calls, others.calls], [1, 1]);
});

Deno.test("a client of ours closes its link when its member leaves, and has its answers", async () => {
  await using cluster = new LocalCluster();
  const [a, b] = await cluster.start("a", "b") as [Node, Node];
  const gate = new Gate(a, "slow");
  await offered("slow", "a", b);
  const client = await cluster.client(b);
  const call = client.call({ service: "slow", body: null });
  await gate.has(1);
  const left = b.leave();
  const late = () => failureOf(client.call({ service: "nothing", body: null }));
  let error = await late();
  for (let i = 0; i < 1_000 && error.code === "UNKNOWN_SERVICE"; i++) error = await late();
  assertEquals([error.code, error.details], ["SHUTTING_DOWN", undefined]);
  gate.open();
  assertEquals(await call, "served");
  const answeredAt = performance.now();
  await left;
  assert(performance.now() - answeredAt < 900);
});

Deno.test("two members that serve each other leave at once, and no call fails", async () => {
  await using cluster = new LocalCluster();
  const [a, b] = await cluster.start("a", "b", "c") as [Node, Node, Node];
  const gates = [new Gate(a, "slow"), new Gate(b, "slow")];
  const calls = [
    ...Array.from({ length: 10 }, () => a.call("slow", null, { node: "b" })),
    ...Array.from({ length: 10 }, () => b.call("slow", null, { node: "a" })),
  ];
  for (const gate of gates) await gate.has(10);
  const left = Promise.all([a.leave(), b.leave()]);
  for (const gate of gates) gate.open();
  assertEquals(await Promise.all(calls), calls.map(() => "served"));
  await left;
});

Deno.test("a handler that has begun may call others, and this node, to its end", async () => {
  await using cluster = new LocalCluster();
  const [a, b] = await cluster.start("a", "b") as [Node, Node];
  const gate = new Gate(b, "wait");
  b.handle("sibling", () => "sibling");
  a.handle("other", () => "other");
  b.handle("slow", async () => {
    await b.call("wait");
    await b.kv.put("k", 1);
    return [await b.call("sibling"), await b.call("other", null, { node: "a" })];
  });
  const call = a.call("slow", null, { node: "b" });
  await gate.has(1);
  const left = b.leave();
  await withdrawn(a, "b");
  gate.open();
  assertEquals(await call, ["sibling", "other"]);
  await left;
  assertEquals((await a.kv.get("k"))?.value, 1);
});

Deno.test("calls of a node to itself are under way like any other", async () => {
  await using cluster = new LocalCluster();
  const [a] = await cluster.start("a") as [Node];
  const gate = new Gate(a, "slow");
  const call = a.call("slow");
  await gate.has(1);
  const left = a.leave();
  gate.open();
  assertEquals(await call, "served");
  await left;
});

Deno.test("while the master still answers calls, the shared state goes on through it", async () => {
  await using cluster = new LocalCluster();
  const [a, b] = await cluster.start("a", "b") as [Node, Node];
  assertEquals(b.master, a.id);
  const gate = new Gate(a, "slow");
  const call = b.call("slow", null, { node: "a" });
  await gate.has(1);
  const left = a.leave();
  await withdrawn(b, "a");
  for (let i = 0; i < 5; i++) await b.kv.put("k", i);
  assertEquals([(await b.kv.get("k"))?.value, stateOf(b, "a")], [4, "alive"]);
  gate.open();
  assertEquals(await call, "served");
  await left;
  await b.kv.put("k", "after");
});

Deno.test("a voter keeps its vote until the calls under way are answered, forced or not", async () => {
  for (const isForced of [false, true]) {
    await using cluster = new LocalCluster();
    const [a, b] = await cluster.start("a", "b", "c") as [Node, Node];
    const voters = () => [...a.statusView()["voters"] as string[]].sort().join();
    await eventually("all vote", () => voters() === "a,b,c", [a], 20_000);
    const gate = new Gate(b, "slow");
    await using lock = await b.lock("job");
    const call = a.call("slow", null, { node: "b", timeoutMs: 30_000 });
    await gate.has(1);
    const left = b.leave("done", { isForced });
    await withdrawn(a, "b");
    for (let i = 0; i < 20; i++) await a.kv.put("k", i);
    assertEquals([voters(), lock.isHeld, b.statusView()["phase"]], ["a,b,c", true, "leaving"]);
    gate.open();
    assertEquals(await call, "served");
    await left;
    assertEquals([voters().includes("b"), lock.isHeld], [false, false]);
  }
});

Deno.test("past the bound the handlers are told, their callers know nothing, and the node is gone", async () => {
  await using cluster = new LocalCluster();
  const [a, b] = await cluster.start("a", "b") as [Node, Node];
  const gate = new Gate(b, "never");
  const calls = [a, b].map((node) => failureOf(node.call("never", null, { node: "b" })));
  await gate.has(2);
  const begunAt = performance.now();
  await b.leave("done", { drainTimeoutMs: 300 });
  const tookMs = performance.now() - begunAt;
  assert(tookMs > 250 && tookMs < 2_000, `${tookMs} ms`);
  const [fromA, fromB] = await Promise.all(calls) as [ClusterError, ClusterError];
  assertEquals([fromA.code, fromA.details], ["UNREACHABLE", { outcome: "unknown" }]);
  assertEquals([fromB.code, fromB.details], ["SHUTTING_DOWN", { outcome: "unknown" }]);
  for (const { aborted, reason } of gate.signals) {
    assertEquals([aborted, (reason as ClusterError).code], [true, "SHUTTING_DOWN"]);
  }
});

Deno.test("a caller that is stopped, or reads nothing, does not hold a leave up", async () => {
  await using cluster = new LocalCluster();
  const [a] = await cluster.start("a") as [Node];
  const large = "x".repeat(100_000);
  let begun = 0;
  a.handle("large", async () => {
    begun++;
    await Promise.resolve();
    return large;
  });
  using client = await WireClient.greet(portOf(a));
  for (let id = 1; id <= 100; id++) await client.send({ type: "call", id, service: "large" });
  await eventually("its answers fill the link", () => begun > 10);
  const gate = new Gate(a, "slow");
  using other = await WireClient.greet(portOf(a));
  await other.send({ type: "call", id: 1, service: "slow" });
  await gate.has(1);
  const begunAt = performance.now();
  const left = a.leave();
  gate.open();
  await left;
  // One second after the last answer, and half of one that a link may take to close.
  assert(performance.now() - begunAt < 3_000, `${performance.now() - begunAt} ms`);
});

Deno.test("a watch of keys does not hold a leave up", async () => {
  await using cluster = new LocalCluster();
  const [a, b] = await cluster.start("a", "b") as [Node, Node];
  using client = await WireClient.greet(portOf(a));
  const body = { op: "watch", prefix: "", waitMs: 20_000 };
  await client.send({ type: "call", id: 1, service: "muster.kv", body, timeoutMs: 30_000 });
  const stop = new AbortController();
  const watching = (async () => {
    for await (const _ of b.kv.watch({ prefix: "" }, { signal: stop.signal }));
  })().catch(() => {});
  assertEquals(await a.call("echo", 1, { node: "b" }), 1);
  const begunAt = performance.now();
  await a.leave();
  assert(performance.now() - begunAt < 3_000, `${performance.now() - begunAt} ms`);
  stop.abort();
  await watching;
});

Deno.test("a leave takes a time that makes sense", async () => {
  await using cluster = new LocalCluster();
  const a = await cluster.found({ name: "a" });
  for (const drainTimeoutMs of [-1, 0.5, NaN, 3_600_001]) {
    const refused = await a.leave("x", { drainTimeoutMs }).then(() => false, (error) => error);
    assert(refused instanceof TypeError, `${drainTimeoutMs}`);
  }
  assertEquals(a.statusView()["phase"], "member");
  await a.leave("x", { drainTimeoutMs: 0 });
});
