import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ClusterError, type Node } from "../../lib/mod.ts";
import type { Json } from "../../lib/core/mod.ts";
import { eventually } from "../support/eventually.ts";
import { failureOf, LocalCluster } from "../support/local_cluster.ts";

async function pair(cluster: LocalCluster): Promise<[Node, Node]> {
  return await cluster.start("a", "b") as [Node, Node];
}

/** The names of the services that a node believes a member to offer. */
function offers(node: Node, member: string): string | undefined {
  return node.members.find(({ name }) => name === member)?.services.join();
}

Deno.test("a body reaches a handler on another node as it was sent, and the reply comes back", async () => {
  await using cluster = new LocalCluster();
  const [a, b] = await pair(cluster);
  b.handle("describe", (body, { service, from }) => ({ body, service, from: from ?? null }));
  for (
    const body of [null, 0, "", "text", [1, [2]], { deep: { nested: ["\u{1F600}", "\u0000"] } }]
  ) {
    assertEquals(await a.call("describe", body, { node: "b" }), {
      body,
      service: "describe",
      from: a.id,
    });
  }
  b.handle("nothing", () => {});
  assertEquals(await a.call("nothing", 1, { node: b.address }), null);
  assertEquals(await a.call("nothing", 1, { node: b.id.slice(0, -1) }), null);
});

Deno.test("an error crosses the wire with its code, its details and whether it may be tried again", async () => {
  await using cluster = new LocalCluster();
  const [a, b] = await pair(cluster);
  b.handle("full", () => {
    throw new ClusterError("NO_SPACE", "Full", { details: { free: 0 } });
  });
  b.handle("later", async () => {
    await Promise.resolve();
    throw new ClusterError("NO_SPACE", "Full for now", { retryable: true });
  });
  b.handle("broken", () => {
    throw new TypeError("not a thing");
  });
  for (const caller of [a, b]) {
    const full = await failureOf(caller.call("full", null, { node: "b" }));
    assertEquals([full.code, full.message, full.retryable, full.details], [
      "NO_SPACE",
      "Full",
      false,
      { free: 0 },
    ]);
    assertEquals((await failureOf(caller.call("later", null, { node: "b" }))).retryable, true);
    const broken = await failureOf(caller.call("broken", null, { node: "b" }));
    assertEquals([broken.code, broken.message], [
      "HANDLER_FAILED",
      'Service "broken" failed: not a thing',
    ]);
  }
});

Deno.test("what is not there is an error that names it", async () => {
  await using cluster = new LocalCluster();
  const [a] = await pair(cluster);
  assertEquals((await failureOf(a.call("nope"))).code, "UNKNOWN_SERVICE");
  assertEquals((await failureOf(a.call("nope", 1, { node: "b" }))).code, "UNKNOWN_SERVICE");
  const error = await failureOf(a.call("echo", 1, { node: "nobody" }));
  assertEquals(error.code, "UNKNOWN_MEMBER");
  assertStringIncludes(error.message, "nobody");
});

Deno.test("when a deadline passes the caller fails and the handler is told", async () => {
  await using cluster = new LocalCluster();
  const [a, b] = await pair(cluster);
  for (const [index, caller] of [a, b].entries()) {
    const told = Promise.withResolvers<ClusterError>();
    const withdraw = b.handle(
      `slow${index}`,
      (_, { signal }) =>
        new Promise<Json>(() =>
          signal.addEventListener("abort", () => told.resolve(signal.reason))
        ),
    );
    const startedAt = performance.now();
    const error = await failureOf(caller.call(`slow${index}`, 1, { node: "b", timeoutMs: 50 }));
    assertEquals([error.code, error.retryable], ["TIMEOUT", true]);
    const tookMs = performance.now() - startedAt;
    assert(tookMs >= 49 && tookMs < 1_000, `${tookMs} ms`);
    assert(["TIMEOUT", "CANCELLED"].includes((await told.promise).code));
    withdraw();
  }
});

Deno.test("a cancelled call fails at once, and its handler is told", async () => {
  await using cluster = new LocalCluster();
  const [a, b] = await pair(cluster);
  for (const [index, caller] of [a, b].entries()) {
    const started = Promise.withResolvers<AbortSignal>();
    b.handle(`endless${index}`, (_, { signal }) => {
      started.resolve(signal);
      return new Promise<Json>(() => {});
    });
    const abort = new AbortController();
    const call = caller.call(`endless${index}`, 1, { node: "b", signal: abort.signal });
    const signal = await started.promise;
    abort.abort();
    assertEquals((await failureOf(call)).code, "CANCELLED");
    await eventually("the handler is told", () => signal.aborted);
    assertEquals((signal.reason as ClusterError).code, "CANCELLED");
  }
});

Deno.test("a call that is cancelled before it begins never reaches its handler", async () => {
  await using cluster = new LocalCluster();
  const [a, b] = await pair(cluster);
  let served = 0;
  b.handle("count", () => ++served);
  const signal = AbortSignal.abort();
  for (const caller of [a, b]) {
    const call = caller.call("count", null, { node: "b", signal });
    assertEquals((await failureOf(call)).code, "CANCELLED");
  }
  assertEquals(await a.call("count", null, { node: "b" }), 1);
});

Deno.test("replies over one link come in whatever order the handlers finish", async () => {
  await using cluster = new LocalCluster();
  const [a, b] = await pair(cluster);
  const gates = [0, 1, 2].map(() => Promise.withResolvers<Json>());
  b.handle("gate", (body) => gates[body as number]?.promise ?? null);
  const order: number[] = [];
  const calls = [0, 1, 2].map((index) =>
    a.call("gate", index, { node: "b" }).then((reply) => order.push(reply as number))
  );
  assertEquals(await a.call("echo", "fast", { node: "b" }), "fast");
  for (const index of [2, 0, 1]) {
    gates[index]?.resolve(index);
    await calls[index];
  }
  assertEquals(order, [2, 0, 1]);
});

Deno.test("a body or a reply over the frame limit is refused, and the link goes on", async () => {
  await using cluster = new LocalCluster();
  const [a, b] = await pair(cluster);
  b.handle("grow", (length) => "x".repeat(length as number));
  const tooLarge = "x".repeat(1_100_000);
  assertEquals((await failureOf(a.call("echo", tooLarge, { node: "b" }))).code, "TOO_LARGE");
  assertEquals((await failureOf(a.call("grow", 1_100_000, { node: "b" }))).code, "TOO_LARGE");
  assertEquals(await a.call("grow", 1_000_000, { node: "b" }), "x".repeat(1_000_000));
  assertEquals(a.statusView()["links"], { open: 2, members: 1, watchers: 0 });
});

Deno.test("calls that are far more than a link takes at once all come through", async () => {
  await using cluster = new LocalCluster();
  const [a] = await pair(cluster);
  const body = "y".repeat(30_000);
  const calls = Array.from({ length: 1_000 }, () => a.call("echo", body, { node: "b" }));
  for (const reply of await Promise.all(calls)) assertEquals(reply === body, true);
});

Deno.test("two members that call each other, both more than a link takes at once, are both answered", async () => {
  await using cluster = new LocalCluster();
  const [a, b] = await pair(cluster);
  // There is one link already when the other begins to call.
  await a.call("echo", 1, { node: "b" });
  const body = "y".repeat(60_000);
  const calls = Array.from({ length: 500 }, () => [
    a.call("echo", body, { node: "b" }),
    b.call("echo", body, { node: "a" }),
  ]);
  for (const reply of await Promise.all(calls.flat())) assertEquals(reply === body, true);
  // Each calls over a link of its own, beside the one for control.
  assertEquals(a.statusView()["links"], { open: 3, members: 1, watchers: 0 });
});

Deno.test("a call that waits for room is given up in time", async () => {
  await using cluster = new LocalCluster();
  const [a] = await pair(cluster);
  const body = "y".repeat(1_000_000);
  const calls = Array.from({ length: 10 }, () => a.call("echo", body, { node: "b" }));
  const abort = new AbortController();
  const late = a.call("echo", "late", { node: "b", signal: abort.signal });
  abort.abort();
  assertEquals((await failureOf(late)).code, "CANCELLED");
  await Promise.all(calls);
});

Deno.test("a handler that never answers holds up no other call", async () => {
  await using cluster = new LocalCluster();
  const [a, b] = await pair(cluster);
  b.handle("never", () => new Promise<Json>(() => {}));
  const never = failureOf(a.call("never", 1, { node: "b", timeoutMs: 200 }));
  for (let i = 0; i < 100; i++) assertEquals(await a.call("echo", i, { node: "b" }), i);
  assertEquals((await never).code, "TIMEOUT");
});

Deno.test("when the callee crashes or leaves, its calls fail as unreachable", async () => {
  await using cluster = new LocalCluster();
  const [a] = await pair(cluster);
  for (const how of ["crash", "leave"]) {
    const doomed = await cluster.joinKillable(a, { name: how });
    await cluster.settled();
    const started = Promise.withResolvers<void>();
    doomed.handle("hang", () => {
      started.resolve();
      return new Promise<Json>(() => {});
    });
    await eventually(
      "the service is known",
      () => a.members.some(({ services }) => services.includes("hang")),
      [a],
    );
    const call = failureOf(a.call("hang", 1, { node: how }));
    await started.promise;
    if (how === "crash") await cluster.crash(doomed);
    else await doomed.leave("done", { drainTimeoutMs: 50 });
    const error = await call;
    assertEquals([error.code, error.retryable], ["UNREACHABLE", true]);
    assertEquals(error.details, { outcome: "unknown" });
    const gone = how === "crash" ? "dead" : "left";
    await eventually(
      `it is ${gone}`,
      () => a.members.some(({ name, state }) => name === how && state === gone),
      [a],
    );
    assertEquals((await failureOf(a.call("hang"))).code, "UNKNOWN_SERVICE");
    assertEquals((await failureOf(a.call("echo", 1, { node: how }))).code, "UNREACHABLE");
  }
});

Deno.test("a handler learns that its caller's link broke", async () => {
  await using cluster = new LocalCluster();
  const [a] = await pair(cluster);
  const started = Promise.withResolvers<AbortSignal>();
  a.handle("wait", (_, { signal }) => {
    started.resolve(signal);
    return new Promise<Json>(() => {});
  });
  const caller = await cluster.joinKillable(a, { name: "caller" });
  const call = failureOf(caller.call("wait", 1, { node: "a" }));
  const signal = await started.promise;
  await cluster.crash(caller);
  await eventually("the handler is told", () => signal.aborted);
  assertEquals((signal.reason as ClusterError).code, "UNREACHABLE");
  await call;
});

Deno.test("a node that has left calls nobody, and its local calls fail too", async () => {
  await using cluster = new LocalCluster();
  const [a, b] = await pair(cluster);
  await b.leave();
  for (const node of ["a", "b"]) {
    assertEquals((await failureOf(b.call("echo", 1, { node }))).code, "SHUTTING_DOWN");
  }
  assertEquals(await a.call("echo", 1), 1);
});

Deno.test("services show in the members' metadata, and go when they are withdrawn", async () => {
  await using cluster = new LocalCluster();
  const [a, b] = await pair(cluster);
  const withdraw = b.handle("greet", () => "from b");
  await eventually("a sees greet", () => offers(a, "b") === "greet", [a]);
  assertEquals([offers(b, "b"), offers(b, "a")], ["greet", ""]);
  assertEquals(await a.call("greet"), "from b");
  withdraw();
  await eventually("greet is gone", () => offers(a, "b") === "", [a]);
  assertEquals((await failureOf(a.call("greet"))).code, "UNKNOWN_SERVICE");
});

Deno.test("a service of this node is called here from the moment it is offered until it is withdrawn", async () => {
  await using cluster = new LocalCluster();
  const [a, b] = await pair(cluster);
  b.handle("greet", () => "from b");
  await eventually("a sees greet", () => offers(a, "b") === "greet", [a]);
  assertEquals(await a.call("greet"), "from b");
  const withdraw = a.handle("greet", () => "from a");
  for (let i = 0; i < 20; i++) assertEquals(await a.call("greet"), "from a");
  withdraw();
  assertEquals(await a.call("greet"), "from b");
});

Deno.test("calls for any member spread over those that offer the service", async () => {
  await using cluster = new LocalCluster();
  const nodes = await cluster.start("a", "b", "c", "d");
  const served = new Map<string, number>();
  for (const node of nodes.slice(1)) {
    node.handle("work", async () => {
      await new Promise<void>((resolve) => queueMicrotask(resolve));
      served.set(node.name, (served.get(node.name) ?? 0) + 1);
    });
  }
  const [a] = nodes as [Node];
  await eventually(
    "all offers are known",
    () => a.members.filter(({ services }) => services.includes("work")).length === 3,
    [a],
  );
  await Promise.all(Array.from({ length: 300 }, () => a.call("work")));
  assertEquals(served.size, 3);
  for (const [name, count] of served) {
    assert(count > 60 && count < 140, `${name} served ${count} of 300`);
  }
});

Deno.test("a service that would not fit the node's metadata is refused, and changes nothing", async () => {
  await using cluster = new LocalCluster();
  const a = await cluster.found({ name: "a" });
  const offered: string[] = [];
  let refusal: unknown;
  for (let i = 0; i < 64 && refusal === undefined; i++) {
    const service = `${i}-`.padEnd(128, "s");
    try {
      a.handle(service, () => i);
      offered.push(service);
    } catch (error) {
      refusal = error;
    }
  }
  assert(refusal instanceof RangeError);
  assertEquals(a.members[0]?.services, offered);
});
