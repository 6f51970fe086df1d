import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ClusterError, type Json, type Message, WATCHES_PER_LINK } from "../../lib/core/mod.ts";
import type { Node } from "../../lib/mod.ts";
import { eventually } from "../support/eventually.ts";
import { failureOf, LocalCluster, stateOf } from "../support/local_cluster.ts";

/** One connection that sends texts as they are, as a person with `nc` does. */
async function typed(node: Node, ...lines: string[]): Promise<string[]> {
  const [hostname = "", port] = node.address.split(":");
  using connection = await Deno.connect({ hostname, port: Number(port) });
  await connection.write(new TextEncoder().encode(lines.map((line) => `${line}\n`).join("")));
  let text = "";
  const bytes = new Uint8Array(65_536);
  while (text.split("\n").length <= lines.length) {
    const count = await connection.read(bytes);
    if (count === null) break;
    text += new TextDecoder().decode(bytes.subarray(0, count));
  }
  return text.trim().split("\n");
}

Deno.test("a client sees the same members through each, and calls a service wherever it runs", async () => {
  await using cluster = new LocalCluster();
  const nodes = await cluster.start("a", "b", "c");
  nodes[1]?.handle("where", () => "b");
  for (const node of nodes) {
    await eventually(
      "where is known",
      () => node.members.some(({ services }) => services.includes("where")),
      [node],
    );
    const client = await cluster.client(node);
    const { members } = await client.request({ type: "members" }, 1_000);
    assertEquals(
      (members as Array<{ name: string }>).map(({ name }) => name).sort(),
      ["a", "b", "c"],
    );
    assertEquals(await client.call({ service: "where", body: null }), "b");
    assertEquals(await client.call({ service: "echo", body: [1], node: "c" }), [1]);
    const info = await client.call({ service: "info", body: null, node: "a" });
    assertEquals((info as { name: string }).name, "a");
  }
});

Deno.test("errors reach a client as they were thrown, through a member in between", async () => {
  await using cluster = new LocalCluster();
  const [a, b] = await cluster.start("a", "b") as [Node, Node];
  b.handle("full", () => {
    throw new ClusterError("NO_SPACE", "Full", { retryable: true, details: { free: 1 } });
  });
  const client = await cluster.client(a);
  const error = await failureOf(client.call({ service: "full", body: null, node: "b" }));
  assertEquals([error.code, error.retryable, error.details], ["NO_SPACE", true, { free: 1 }]);
  const nobody = await failureOf(client.call({ service: "echo", body: 1, node: "nobody" }));
  assertEquals(nobody.code, "UNKNOWN_MEMBER");
  assertEquals((await failureOf(client.call({ service: "no", body: 1 }))).code, "UNKNOWN_SERVICE");
  assertEquals((await failureOf(client.request({ type: "no" }, 1_000))).code, "UNKNOWN_TYPE");
});

Deno.test("what a client cancels, times out or leaves behind is cancelled at the member that serves it", async () => {
  await using cluster = new LocalCluster();
  const [a, b] = await cluster.start("a", "b") as [Node, Node];
  let started = Promise.withResolvers<AbortSignal>();
  b.handle("hang", (_, { signal }) => {
    started.resolve(signal);
    return new Promise<Json>(() => {});
  });
  const request = { service: "hang", body: null, node: "b" };
  const client = await cluster.client(a);

  const abort = new AbortController();
  const cancelled = failureOf(client.call({ ...request, signal: abort.signal }));
  let served = await started.promise;
  abort.abort();
  assertEquals((await cancelled).code, "CANCELLED");
  await eventually("the handler is told of the cancellation", () => served.aborted);

  started = Promise.withResolvers();
  const late = failureOf(client.call({ ...request, timeoutMs: 50 }));
  served = await started.promise;
  assertEquals((await late).code, "TIMEOUT");
  await eventually("the handler is told of the deadline", () => served.aborted);

  started = Promise.withResolvers();
  const abandoned = failureOf(client.call(request));
  served = await started.promise;
  await client.close();
  assertEquals((await abandoned).code, "UNREACHABLE");
  await eventually("the handler is told that the client is gone", () => served.aborted);
});

Deno.test("a watcher gets the members of now, then each change, and its end when the member leaves", async () => {
  await using cluster = new LocalCluster();
  const [a, b] = await cluster.start("a", "b") as [Node, Node];
  const client = await cluster.client(b);
  const messages: Message[] = [];
  const over = failureOf((async () => {
    for await (const message of client.stream({ type: "watch" })) messages.push(message);
  })());
  await eventually("the first answer", () => messages.length > 0);
  assertEquals((messages[0]?.["members"] as unknown[]).length, 2);
  const c = await cluster.join(a, { name: "c" });
  await c.leave();
  const changes = () =>
    messages.filter((each) => (each["member"] as { name?: string } | undefined)?.name === "c")
      .map((each) => each["change"]);
  await eventually("both changes", () => changes().includes("left"));
  assertEquals([changes()[0], changes().at(-1)], ["joined", "left"]);
  await b.leave();
  assertEquals((await over).code, "UNREACHABLE");
});

Deno.test("a client can make the only member leave, and has its answer", async () => {
  await using cluster = new LocalCluster();
  const a = await cluster.found({ name: "a" });
  const client = await cluster.client(a);
  assertEquals((await client.request({ type: "leave" }, 1_000)).type, "leave");
  assertEquals((await a.stopped).reason, "asked to leave");
});

Deno.test("a removed member is told so, stops, and is listed as left everywhere", async () => {
  await using cluster = new LocalCluster();
  const [a, b, c] = await cluster.start("a", "b", "c") as [Node, Node, Node];
  const client = await cluster.client(a);
  await client.request({ type: "remove", node: "c" }, 1_000);
  const { error } = await c.stopped;
  assertEquals(error?.code, "REMOVED");
  for (const node of [a, b]) {
    await eventually("c is out", () => stateOf(node, "c") === "left", [node]);
  }
  const why = await client.request({ type: "why", node: "c" }, 1_000);
  assertStringIncludes(JSON.stringify(why["events"]), "an operator removed it");
});

Deno.test("a person who types lines has an answer to each, and a reason for what makes no sense", async () => {
  await using cluster = new LocalCluster();
  const a = await cluster.found({ name: "a" });
  const [members, call, unknown] = await typed(
    a,
    '{"type":"members"}',
    '{"type":"call","id":1,"service":"echo","body":"hi"}',
    '{"type":"nothing","id":2}',
  );
  assertEquals(JSON.parse(members ?? "").members[0].name, "a");
  assertEquals(JSON.parse(call ?? ""), { type: "reply", id: 1, body: "hi" });
  const { code, id } = JSON.parse(unknown ?? "");
  assertEquals([code, id], ["UNKNOWN_TYPE", 2]);
  const [refusal] = await typed(a, "{not json");
  assertEquals(JSON.parse(refusal ?? "").code, "BAD_MESSAGE");
});

Deno.test("the tutorial's join is answered in its own shape, and the guest is listed by all", async () => {
  await using cluster = new LocalCluster();
  const nodes = await cluster.start("a", "b");
  const source = { nodeId: 42, nodeIpAddr: "127.0.0.1/8", port: "9002" };
  const dest = { nodeId: 0, nodeIpAddr: "127.0.0.1", port: "8001" };
  const join = { source, dest, message: "Hi nodes.. pls add me to the cluster.." };
  const [answer] = await typed(nodes[0] as Node, JSON.stringify(join));
  const { source: from, dest: to, type } = JSON.parse(answer ?? "");
  assertEquals([type, to, typeof from.nodeId, typeof from.port], [
    undefined,
    source,
    "number",
    "string",
  ]);
  const isGuest = ({ id, state, address }: { id: string; state: string; address: string }) =>
    id === "42" && state === "guest" && address === "127.0.0.1:9002";
  for (const node of nodes) {
    await eventually("the guest is listed", () => node.members.some(isGuest), [node]);
  }
  const late = await cluster.join(nodes[1] as Node, { name: "c" });
  assert(late.members.some(isGuest));
});

Deno.test("five hundred connections that say nothing cost no call, and go when the node leaves", async () => {
  await using cluster = new LocalCluster();
  const [a, b] = await cluster.start("a", "b") as [Node, Node];
  const [hostname = "", port] = a.address.split(":");
  const silent = await Promise.all(
    Array.from({ length: 500 }, () => Deno.connect({ hostname, port: Number(port) })),
  );
  assertEquals(await b.call("echo", "still here", { node: "a" }), "still here");
  await a.leave();
  await Promise.all(silent.map(async (connection) => {
    const bytes = new Uint8Array(512);
    while (await connection.read(bytes) !== null);
    connection.close();
  }));
});

Deno.test("one link has a bounded number of watches, and leaves room for those of others", async () => {
  await using cluster = new LocalCluster();
  const a = await cluster.found({ name: "a" });
  const asked = Array.from(
    { length: WATCHES_PER_LINK + 1 },
    (_, at) => `{"type":"watch","id":${at}}`,
  );
  const answers = (await typed(a, ...asked)).map((line) => JSON.parse(line));
  assertEquals(answers.filter(({ type }) => type === "watch").length, WATCHES_PER_LINK);
  const { id, code } = answers.find(({ type }) => type === "error");
  assertEquals([id, code], [WATCHES_PER_LINK, "OVERLOADED"]);
  const [other] = await typed(a, '{"type":"watch","id":1}');
  assertStringIncludes(other ?? "", '"type":"watch"');
});
