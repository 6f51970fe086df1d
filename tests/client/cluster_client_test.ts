import { assert, assertEquals } from "@std/assert";
import type { ClusterClient, ClusterEvent } from "../../lib/client/mod.ts";
import { connect, type Node } from "../../lib/mod.ts";
import { type Json, parseAddress } from "../../lib/core/mod.ts";
import { eventually } from "../support/eventually.ts";
import { failureOf, LocalCluster, stateOf } from "../support/local_cluster.ts";

async function connected(...members: Node[]): Promise<ClusterClient> {
  return await connect({ clusterip: members.map(({ address }) => address) });
}

Deno.test("a program that is no member calls, reads, writes, locks and lists", async () => {
  await using cluster = new LocalCluster();
  const [a, b] = await cluster.start("a", "b") as [Node, Node];
  b.handle("greet", (body, { from }) => ({ hello: body, from: from ?? null }));
  await using client = await connected(a);
  assertEquals([client.cluster, client.member], [a.cluster, "a"]);
  // The member that serves it sees the member that passed it on.
  await eventually(
    "a knows it",
    () => a.members.some(({ services }) => services.includes("greet")),
  );
  assertEquals(await client.call("greet", "Ada"), { hello: "Ada", from: a.id });
  assertEquals(await client.call("echo", 1, { node: "b" }), 1);
  assertEquals((await failureOf(client.call("nothing"))).code, "UNKNOWN_SERVICE");

  const put = await client.kv.put("k", { n: 1 });
  assertEquals((await client.kv.get("k"))?.value, { n: 1 });
  assertEquals((await a.kv.get("k"))?.modRevision, put.revision);
  assertEquals((await client.kv.list("")).entries.length, 1);
  assertEquals((await client.kv.compareAndSet("k", { absent: true }, 2)).succeeded, false);
  assertEquals(await client.kv.delete("k"), 1);
  assertEquals(await client.kv.get("k"), undefined);

  const lock = await client.lock("job");
  assertEquals((await failureOf(a.lock("job", { wait: false }))).code, "LOCKED");
  await lock.release();
  await using other = await a.lock("job", { wait: false });
  assert(other.token > lock.token);

  const view = await client.members();
  assertEquals(view.members.map(({ name, state }) => [name, state]), [["a", "alive"], [
    "b",
    "alive",
  ]]);
  assertEquals([view.cluster, view.master], [a.cluster, a.id]);
  assertEquals(a.members.length, 2);
});

Deno.test("a client watches members and keys, and goes on through another member when its own leaves or dies", async () => {
  await using cluster = new LocalCluster();
  const [a, b] = await cluster.start("a", "b") as [Node, Node];
  const doomed = await cluster.joinKillable(a, { name: "doomed" });
  const leaver = await cluster.join(a, { name: "leaver" });
  await cluster.settled();
  await using client = await connect({ clusterip: [doomed.address, leaver.address] });
  const events: ClusterEvent[] = [];
  const values: Json[] = [];
  const stop = new AbortController();
  const watching = [
    (async () => {
      for await (const event of client.watch({ signal: stop.signal })) events.push(event);
    })(),
    (async () => {
      for await (const { events } of client.kv.watch({ prefix: "k" }, { signal: stop.signal })) {
        for (const event of events) if (event.type === "put") values.push(event.value);
      }
    })(),
  ];
  const views = () => events.flatMap((event) => event.event === "members" ? [event.through] : []);
  await eventually("it watches", () => views().length === 1);
  const lock = await client.lock("job");
  const first = client.member as string;
  await client.kv.put("k", 1);
  // One goes by a crash, the other by a leave, in whatever order it has them.
  for (const name of [first, first === "doomed" ? "leaver" : "doomed"]) {
    if (name === "doomed") await cluster.crash(doomed);
    else await leaver.leave();
    await client.kv.put("k", name);
    assertEquals(await client.call("echo", name), name);
    await eventually(`a knows that ${name} is gone`, () => stateOf(a, name) !== "alive", [a]);
  }
  await eventually("the watch has begun anew", () => ["a", "b"].includes(views().at(-1) ?? ""));
  await eventually("nothing of the keys is missing", () => values.length === 3);
  assertEquals(values[0], 1);
  assertEquals((await client.members()).members.filter(({ state }) => state === "alive").length, 2);
  assertEquals([lock.isHeld, client.cluster], [true, a.cluster]);
  assertEquals((await failureOf(b.lock("job", { wait: false }))).code, "LOCKED");
  stop.abort();
  await Promise.all(watching);
});

Deno.test("a call that may have been started is not made again, one that was not is", async () => {
  await using cluster = new LocalCluster();
  const [a] = await cluster.start("a") as [Node];
  const doomed = await cluster.joinKillable(a, { name: "doomed" });
  await cluster.settled();
  let begun = 0;
  const started = Promise.withResolvers<void>();
  a.handle("slow", () => {
    begun++;
    started.resolve();
    return new Promise<Json>(() => {});
  });
  await eventually(
    "it is known",
    () => doomed.members.some(({ services }) => services.includes("slow")),
    [doomed],
  );
  await using client = await connect({ clusterip: [doomed.address] });
  await client.members();
  const call = failureOf(client.call("slow"));
  await started.promise;
  await cluster.crash(doomed);
  const error = await call;
  assertEquals([error.code, error.details], ["UNREACHABLE", { outcome: "unknown" }]);
  // Its link is gone, nothing was written: another member takes it.
  assertEquals(await client.call("echo", 1), 1);
  assertEquals([begun, client.member], [1, "a"]);
});

Deno.test("what nobody answers is said so, and another cluster is not taken for its own", async () => {
  const nobody = failureOf(connect({ clusterip: ["127.0.0.1:1"], timeoutMs: 2_000 }));
  assertEquals((await nobody).code, "NO_CLUSTER");
  for (
    const options of [{ clusterip: [] }, { timeoutMs: 0 }, { clusterip: ["not an address:x"] }]
  ) {
    const refused = await connect(options).then(() => undefined, (error) => error);
    assert(refused instanceof TypeError, `${refused}`);
  }
  await using cluster = new LocalCluster();
  const doomed = await cluster.found({ name: "first" });
  const { port } = parseAddress(doomed.address);
  await using client = await connect({ clusterip: [doomed.address] });
  await client.kv.put("k", 1);
  await doomed.leave();
  const gone = await failureOf(client.kv.put("k", 2));
  assertEquals([gone.code, gone.retryable], ["NO_CLUSTER", true]);
  await cluster.found({ name: "second", port });
  assertEquals((await failureOf(client.kv.get("k"))).code, "OTHER_CLUSTER");
  assertEquals((await failureOf(client.call("echo"))).code, "OTHER_CLUSTER");
});

Deno.test("a client that is closed holds nothing, ends its watches, and closes twice like once", async () => {
  await using cluster = new LocalCluster();
  const [a] = await cluster.start("a") as [Node];
  const client = await connected(a);
  const lock = await client.lock("job");
  const watching = (async () => {
    for await (const _ of client.watch());
  })();
  const keys = (async () => {
    for await (const _ of client.kv.watch({ prefix: "" }));
  })();
  const ended = keys.then(() => "ended", (error) => error.code);
  await Promise.all([client.close(), client.close()]);
  await watching;
  assert(["ended", "SHUTTING_DOWN", "CANCELLED", "UNREACHABLE"].includes(await ended), await ended);
  assertEquals(lock.isHeld, false);
  await using _ = await a.lock("job", { wait: false });
  assertEquals((await failureOf(client.call("echo"))).code, "SHUTTING_DOWN");
  assertEquals((await failureOf(client.kv.get("k"))).code, "SHUTTING_DOWN");
});
