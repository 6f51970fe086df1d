import { assert, assertEquals } from "@std/assert";
import { join, type Node } from "../../lib/mod.ts";
import type { NodeEvent } from "../../lib/node/mod.ts";
import { eventually } from "../support/eventually.ts";
import { failureOf, LocalCluster, stateOf } from "../support/local_cluster.ts";

Deno.test("a leave is seen by all, as a leave and by nobody as a death", async () => {
  await using cluster = new LocalCluster();
  const nodes = await cluster.start("a", "b", "c", "d") as [Node, ...Node[]];
  const changes: string[] = [];
  for (const node of nodes.slice(0, 3)) {
    node.on((event) => event.event === "member" && changes.push(event.change));
  }
  await nodes[3]?.leave("done");
  assertEquals(await nodes[3]?.stopped, { reason: "done" });
  for (const node of nodes.slice(0, 3)) {
    await eventually("d has left", () => stateOf(node, "d") === "left", [node]);
  }
  assertEquals(changes.filter((change) => change !== "updated"), ["left", "left", "left"]);
});

Deno.test("leaving twice, or at the same time as all others, ends like leaving once", async () => {
  await using cluster = new LocalCluster();
  const nodes = await cluster.start("a", "b", "c");
  const startedAt = performance.now();
  await Promise.all(nodes.flatMap((node) => [node.leave(), node.leave()]));
  assert(performance.now() - startedAt < 3_000);
  for (const node of nodes) assertEquals((await node.stopped).error, undefined);
});

Deno.test("a node is left at the end of its block, and its events end with it", async () => {
  const events: NodeEvent[] = [];
  let reading: Promise<void>;
  {
    await using node = await join({ port: 0, clusterip: [], makeMasterOnError: true });
    const stream = node.events();
    reading = (async () => {
      for await (const event of stream) events.push(event);
    })();
  }
  await reading;
  assertEquals(events.at(-1)?.event, "stopped");
});

Deno.test("events that come before they are read wait, and those of a node that stopped end at once", async () => {
  await using cluster = new LocalCluster();
  const a = await cluster.found({ name: "a" });
  const early = a.events();
  const b = await cluster.join(a, { name: "b" });
  await eventually("b is there", () => stateOf(a, "b") === "alive", [a]);
  const { value } = await early.next();
  assert(value?.event === "member" && value.member.name === "b");
  await early.return();
  await b.leave();
  assertEquals(await b.events().next(), { done: true, value: undefined });
});

Deno.test("a node in whose program a listener throws goes on", async () => {
  await using cluster = new LocalCluster();
  const a = await cluster.found({ name: "a" });
  const uncaught = Promise.withResolvers<string>();
  const listen = (event: ErrorEvent) => {
    event.preventDefault();
    uncaught.resolve(event.message);
  };
  addEventListener("error", listen);
  const remove = a.on(() => {
    throw new Error("a mistake of the program");
  });
  await cluster.join(a, { name: "b" });
  assert((await uncaught.promise).includes("a mistake of the program"));
  remove();
  removeEventListener("error", listen);
  await cluster.settled();
  assertEquals(await a.call("echo", 1, { node: "b" }), 1);
});

Deno.test("a node that crashes while it joins is forgotten, and its name and port are free", async () => {
  await using cluster = new LocalCluster();
  const [a] = await cluster.start("a", "b") as [Node, Node];
  for (let round = 0; round < 5; round++) {
    const doomed = await cluster.joinKillable(a, { name: "doomed" });
    await cluster.crash(doomed);
    await eventually(
      "all see it dead",
      () =>
        cluster.nodes.every((node) =>
          !node.members.some(({ name, state }) => name === "doomed" && state !== "dead")
        ),
      cluster.nodes,
    );
  }
  await cluster.join(a, { name: "doomed" });
  await cluster.settled();
});

Deno.test("a hundred joins and leaves in a row leave no link, no call and no death behind", async () => {
  await using cluster = new LocalCluster();
  const [a, b] = await cluster.start("a", "b") as [Node, Node];
  await a.call("echo", 1, { node: "b" });
  const linksBefore = a.statusView()["links"];
  for (let i = 0; i < 100; i++) {
    const through = i % 2 === 0 ? a : b;
    const passing = await join({ port: 0, clusterip: [through.address], name: "passing" });
    assertEquals(await passing.call("echo", i, { node: "a" }), i);
    await passing.leave();
  }
  for (const node of [a, b]) {
    await eventually(
      "all have left",
      () => node.members.filter(({ state }) => state === "left").length === 100,
      [node],
    );
    await eventually(
      "the links are gone",
      () => JSON.stringify(node.statusView()["links"]) === JSON.stringify(linksBefore),
    );
    const { suspect, dead } = node.statusView()["members"] as Record<string, number>;
    assertEquals([suspect, dead], [0, 0]);
  }
});

Deno.test("thirty nodes that start at once through one member all join", async () => {
  await using cluster = new LocalCluster();
  const first = await cluster.found({ name: "first" });
  await Promise.all(
    Array.from({ length: 30 }, (_, index) => cluster.join(first, { name: `n${index}` })),
  );
  await cluster.settled(10_000);
});

Deno.test("a name is free again once its holder has left or died", async () => {
  await using cluster = new LocalCluster();
  const [a] = await cluster.start("a") as [Node];
  const left = await join({ port: 0, clusterip: [a.address], name: "x" });
  await left.leave();
  const died = await cluster.joinKillable(a, { name: "x" });
  assertEquals((await failureOf(cluster.join(a, { name: "x" }))).code, "NAME_TAKEN");
  await cluster.crash(died);
  await eventually("x is dead", () => stateOf(a, died.id) === "dead", [a]);
  await cluster.join(a, { name: "x" });
});

Deno.test("a member whose links all break stays a member, and its calls go on over new ones", async () => {
  await using cluster = new LocalCluster();
  const [a, b] = await cluster.start("a", "b") as [Node, Node];
  const shaky = await cluster.joinKillable(a, { name: "shaky" });
  await cluster.settled();
  const deaths: string[] = [];
  for (const node of cluster.nodes) {
    node.on((event) =>
      event.event === "member" && event.change === "dead" && deaths.push(event.member.name)
    );
  }
  for (let round = 0; round < 10; round++) {
    assertEquals(await shaky.call("echo", round, { node: "a" }), round);
    assertEquals(await b.call("echo", round, { node: "shaky" }), round);
    const interrupted = failureOf(shaky.call("echo", "interrupted", { node: "a" }));
    cluster.breakLinks(shaky);
    assertEquals((await interrupted).code, "UNREACHABLE");
  }
  await eventually("there are links to all again, and few of them", () => {
    const { open, members } = shaky.statusView()["links"] as { open: number; members: number };
    return members === 2 && open <= 8;
  });
  await cluster.settled();
  assertEquals(deaths, []);
});

Deno.test("two members that call each other for the first time at the same moment both get through", async () => {
  await using cluster = new LocalCluster();
  const [a, b] = await cluster.start("a", "b") as [Node, Node];
  const replies = await Promise.all(
    Array.from(
      { length: 200 },
      (_, index) =>
        index % 2 === 0
          ? a.call("echo", index, { node: "b" })
          : b.call("echo", index, { node: "a" }),
    ),
  );
  assertEquals(replies, Array.from({ length: 200 }, (_, index) => index));
});
