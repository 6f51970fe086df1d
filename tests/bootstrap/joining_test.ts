import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { NodeEvent } from "../../lib/node/mod.ts";
import { join } from "../../lib/mod.ts";
import { eventually } from "../support/eventually.ts";
import { deadAddress, failureOf, LocalCluster, stateOf } from "../support/local_cluster.ts";

Deno.test("a node joins through any member, and all see the same members with one master", async () => {
  await using cluster = new LocalCluster();
  const a = await cluster.found({ name: "a" });
  const b = await cluster.join(a, { name: "b" });
  const c = await cluster.join(b, { name: "c", tags: { zone: "x" } });
  await cluster.join(c, { name: "d" });
  await cluster.settled();
  await eventually(
    "all know the master",
    () => cluster.nodes.every(({ master }) => master === a.id),
    cluster.nodes,
  );
  for (const node of cluster.nodes) {
    assertEquals(node.members.map(({ name }) => name).sort(), ["a", "b", "c", "d"]);
    const masters = node.members.filter(({ role }) => role === "master");
    assertEquals(masters.map(({ name }) => name), ["a"]);
    assertEquals(node.cluster, a.cluster);
    assertEquals(node.members.find(({ name }) => name === "c")?.tags, { zone: "x" });
  }
});

Deno.test("addresses are tried in turn, and each attempt is reported", async () => {
  await using cluster = new LocalCluster();
  const a = await cluster.found({ name: "a" });
  const attempts: NodeEvent[] = [];
  const [dead, other] = [deadAddress(), deadAddress()];
  const b = await join({
    port: 0,
    clusterip: [dead, other, a.address],
    onEvent: (event) => event.event === "join-attempt" && attempts.push(event),
  });
  await b.leave();
  assertEquals(
    attempts.map((event) => event.event === "join-attempt" ? [event.address, event.ok] : []),
    [[dead, false], [other, false], [a.address, true]],
  );
  assertStringIncludes(JSON.stringify(attempts[0]), "nothing listens there");
});

Deno.test("without a cluster and without the flag a node says what it tried and what would help", async () => {
  const [one, two] = [deadAddress(), deadAddress()];
  const startedAt = performance.now();
  const error = await failureOf(join({ port: 0, clusterip: [one, two] }));
  assert(performance.now() - startedAt < 3_000);
  assertEquals(error.code, "NO_CLUSTER");
  for (const part of [one, two, "--makeMasterOnError", "--clusterip"]) {
    assertStringIncludes(error.message, part);
  }
});

Deno.test("a node that reaches itself has had no answer", async () => {
  const address = deadAddress();
  const port = Number(address.split(":")[1]);
  const error = await failureOf(join({ port, clusterip: [address] }));
  assertEquals(error.code, "NO_CLUSTER");
  assertStringIncludes(error.message, "that is this node itself");
  await using founder = await join({ port, clusterip: [address], makeMasterOnError: true });
  await eventually("it is the master", () => founder.master === founder.id, [founder]);
});

Deno.test("a second node of one name is refused, through whichever member it asks", async () => {
  await using cluster = new LocalCluster();
  const [a, b] = await cluster.start("a", "b") as [
    typeof cluster.nodes[0],
    typeof cluster.nodes[0],
  ];
  for (const through of [a, b]) {
    const error = await failureOf(cluster.join(through, { name: "b" }));
    assertEquals([error.code, error.retryable], ["NAME_TAKEN", false]);
    assertStringIncludes(error.message, b.address);
  }
  assertEquals(a.members.length, 2);
});

Deno.test("of two nodes that take one name at once through different members one remains", async () => {
  await using cluster = new LocalCluster();
  const [a, b] = await cluster.start("a", "b");
  assert(a && b);
  const outcomes = await Promise.allSettled([
    cluster.join(a, { name: "twin" }),
    cluster.join(b, { name: "twin" }),
  ]);
  await eventually(
    "one twin is left, everywhere",
    () =>
      cluster.nodes.filter((node) => node.name !== "twin").every((node) =>
        node.members.filter(({ name, state }) => name === "twin" && state === "alive").length === 1
      ),
    cluster.nodes,
  );
  for (const outcome of outcomes) {
    if (outcome.status === "rejected") assertEquals(outcome.reason.code, "NAME_TAKEN");
  }
  if (outcomes.every(({ status }) => status === "fulfilled")) {
    const twins = cluster.nodes.filter(({ name }) => name === "twin");
    const { error } = await Promise.race(twins.map((twin) => twin.stopped));
    assertEquals(error?.code, "NAME_TAKEN");
  }
});

Deno.test("a node that advertises the address of another is refused", async () => {
  await using cluster = new LocalCluster();
  const [a, b] = await cluster.start("a", "b");
  assert(a && b);
  for (const taken of [a, b]) {
    const error = await failureOf(cluster.join(a, { advertise: taken.address }));
    assertEquals(error.code, "ADDRESS_TAKEN");
    assertStringIncludes(error.message, taken.name);
  }
});

Deno.test("a node started anew at its port and name takes over from the one that crashed", async () => {
  await using cluster = new LocalCluster();
  const [a] = await cluster.start("a", "b");
  assert(a);
  const old = await cluster.joinKillable(a, { name: "c" });
  await cluster.settled();
  await cluster.crash(old);
  const port = Number(old.address.split(":")[1]);
  const again = await cluster.join(a, { name: "c", port });
  const tookMs = await cluster.settled();
  assert(tookMs < 1_000, `it took ${tookMs} ms`);
  for (const node of cluster.nodes) {
    if (node !== again) assertEquals(stateOf(node, old.id), "dead");
    assertEquals(stateOf(node, again.id), "alive");
  }
});

Deno.test("members of two clusters refuse each other, whatever node stands where another stood", async () => {
  await using ours = new LocalCluster();
  await using theirs = new LocalCluster();
  const [a] = await ours.start("a");
  assert(a);
  const b = await ours.joinKillable(a, { name: "b" });
  await ours.settled();
  await ours.crash(b);
  const port = Number(b.address.split(":")[1]);
  const stranger = await theirs.found({ name: "stranger", port });
  await eventually("b is dead", () => stateOf(a, b.id) === "dead", [a]);
  const error = await failureOf(a.call("echo", 1, { node: b.id }));
  assertEquals(error.code, "UNREACHABLE");
  assertEquals(stranger.members.map(({ name }) => name), ["stranger"]);
  assertEquals(a.members.map(({ name }) => name).sort(), ["a", "b"]);
});

Deno.test("a node that names one which is joining itself waits for it", async () => {
  await using cluster = new LocalCluster();
  const address = deadAddress();
  const port = Number(address.split(":")[1]);
  const late = deadAddress();
  // The middle one listens at once, but its own cluster comes later.
  const middle = cluster.join(late, { port, name: "middle" });
  const notYet = Promise.withResolvers<void>();
  const last = cluster.join(address, {
    name: "last",
    onEvent: (event) => {
      if (event.event === "join-attempt" && event.message.includes("still joining")) {
        notYet.resolve();
      }
    },
  });
  await notYet.promise;
  await cluster.found({ name: "first", port: Number(late.split(":")[1]) });
  await Promise.all([middle, last]);
  await cluster.settled();
});

Deno.test("a port in use is an error that says what to do", async () => {
  await using cluster = new LocalCluster();
  const a = await cluster.found();
  const port = Number(a.address.split(":")[1]);
  const error = await failureOf(join({ port, clusterip: [] }));
  assertEquals(error.code, "ADDRESS_TAKEN");
  assertStringIncludes(error.message, "--myport");
});

Deno.test("a wildcard host is refused unless it is opened on purpose, and infers its address", async () => {
  const error = await failureOf(join({ host: "0.0.0.0", port: 0, clusterip: [] }));
  assertEquals(error.code, "NOT_PERMITTED");
  assertStringIncludes(error.message, "--insecure");
  await using cluster = new LocalCluster();
  const a = await cluster.found({ name: "a", host: "0.0.0.0", insecure: true });
  const b = await cluster.join(a, { name: "b", host: "0.0.0.0", insecure: true });
  await cluster.settled();
  for (const node of [a, b]) assertStringIncludes(node.address, "127.0.0.1:");
  assertEquals(await a.call("echo", "hi", { node: "b" }), "hi");
});

Deno.test("a node told to leave while it joins stops at once and leaves nothing behind", async () => {
  const address = deadAddress();
  const port = Number(address.split(":")[1]);
  const { Client } = await import("../../lib/node/mod.ts");
  const { systemPorts } = await import("../../lib/io/mod.ts");
  const attempted = Promise.withResolvers<void>();
  const joining = join({
    port,
    clusterip: [deadAddress()],
    onEvent: (event) => event.event === "join-attempt" && attempted.resolve(),
  });
  const failure = failureOf(joining);
  await attempted.promise;
  const client = await Client.connect(systemPorts(), [{ host: "127.0.0.1", port }]);
  await client.request({ type: "leave" }, 1_000);
  assertEquals((await failure).code, "SHUTTING_DOWN");
  await client.close();
});

Deno.test("of nodes that would found a cluster and only find each other, one does and the others join it", async () => {
  const addresses = [deadAddress(), deadAddress(), deadAddress()];
  const nodes = await Promise.all(addresses.map((address) => {
    const port = Number(address.split(":")[1]);
    return join({ port, clusterip: addresses, makeMasterOnError: true });
  }));
  try {
    assertEquals(new Set(nodes.map(({ cluster }) => cluster)).size, 1);
    await eventually(
      "all see all",
      () => nodes.every(({ members }) => members.length === 3),
      nodes,
    );
  } finally {
    for (const node of nodes) await node.leave();
  }
});
