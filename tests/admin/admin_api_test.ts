import { assertEquals } from "@std/assert";
import {
  type JsonObject,
  type Message,
  REQUESTS_PER_LINK,
  WATCHERS,
  WATCHES_PER_LINK,
} from "../../lib/core/mod.ts";
import { AdminApi, type RequestTarget } from "../../lib/admin/admin_api.ts";
import type { NodeEvent } from "../../lib/node/mod.ts";
import { Connection, Router } from "../../lib/transport/mod.ts";
import { FakeLink } from "../support/fake_link.ts";

/** A node that notes what it is asked, and lets the test answer. */
class AskedNode implements RequestTarget {
  readonly asked: unknown[] = [];
  readonly listeners = new Set<(event: NodeEvent) => void>();
  removed = Promise.withResolvers<JsonObject>();

  membersView(): ReturnType<RequestTarget["membersView"]> {
    return { cluster: "c", master: null, term: 1, members: [] };
  }

  statusView(): JsonObject {
    return { id: "the node's own", name: "n" };
  }

  historyOf(text: string): JsonObject {
    this.asked.push(["why", text]);
    return { text };
  }

  removeMember(text: string, isForced?: boolean): Promise<JsonObject> {
    this.asked.push(["remove", text, isForced]);
    return this.removed.promise;
  }

  roundTrip(from: string | undefined, to: string): Promise<JsonObject> {
    this.asked.push(["rtt", from, to]);
    return Promise.resolve({ ms: 1 });
  }

  leave(reason: string, how?: { isForced: boolean; leaves: () => void }): Promise<void> {
    this.asked.push(["leave", reason, how?.isForced]);
    how?.leaves();
    return Promise.resolve();
  }

  on(listener: (event: NodeEvent) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }
}

function connect(api: AdminApi): { link: FakeLink; connection: Connection } {
  const router = new Router();
  router.register(api);
  const link = new FakeLink();
  const peer = { role: "client", node: undefined, channel: "data" } as const;
  return { link, connection: new Connection(link, peer, router) };
}

/** Asks, and gives what is known at once, or in a few turns, the time to be answered. */
async function ask(connection: Connection, message: Message): Promise<void> {
  connection.message(message);
  await answered();
}

async function answered(): Promise<void> {
  for (let turn = 0; turn < 8; turn++) await Promise.resolve();
}

const WARNING: NodeEvent = { event: "warning", code: "BAD_MESSAGE", message: "m" };

Deno.test("an answer has the type and the number of its request, and a failure that number", async () => {
  const node = new AskedNode();
  const api = new AdminApi(node);
  const { link, connection } = connect(api);
  await ask(connection, { type: "status", id: 7 });
  await ask(connection, { type: "status" });
  await ask(connection, { type: "rtt", id: 8, to: "b" });
  await ask(connection, { type: "leave", id: 9, force: true });
  await ask(connection, { type: "leave" });
  assertEquals(link.take(), [
    { type: "status", id: 7, name: "n" },
    { type: "status", id: "the node's own", name: "n" },
    { type: "rtt", id: 8, ms: 1 },
    { type: "leave", id: 9 },
    { type: "leave" },
  ]);
  assertEquals(node.asked, [
    ["rtt", undefined, "b"],
    ["leave", "asked to leave", true],
    ["leave", "asked to leave", false],
  ]);
  // What every object has is no request.
  for (const type of ["constructor", "toString", "nothing"]) {
    await ask(connection, { type, id: 1 });
    const [error] = link.take();
    assertEquals([error?.type, error?.["id"], error?.["code"]], ["error", 1, "UNKNOWN_TYPE"]);
  }
});

Deno.test("a text that a request needs has 1 to 300 characters", async () => {
  const node = new AskedNode();
  const api = new AdminApi(node);
  const { link, connection } = connect(api);
  for (const text of ["a", "x".repeat(300)]) {
    await ask(connection, { type: "why", node: text });
    assertEquals(link.take(), [{ type: "why", text }]);
  }
  for (const text of ["", "x".repeat(301), 5, null, undefined]) {
    await ask(connection, { type: "why", node: text } as JsonObject & { type: string });
    await ask(connection, { type: "rtt", from: "a", to: text } as never);
    assertEquals(link.take().map(({ code }) => code), ["BAD_REQUEST", "BAD_REQUEST"]);
  }
  // Those that need not be there are judged as well when they are.
  for (const request of [{ type: "members", after: "" }, { type: "rtt", from: 5, to: "b" }]) {
    await ask(connection, request);
    assertEquals(link.take().map(({ code }) => code), ["BAD_REQUEST"]);
  }
  assertEquals(node.asked, [["why", "a"], ["why", "x".repeat(300)]]);
});

Deno.test("a link has so many requests that wait for other members, and more when some are answered", async () => {
  const node = new AskedNode();
  const api = new AdminApi(node);
  const { link, connection } = connect(api);
  for (let id = 1; id <= REQUESTS_PER_LINK; id++) {
    connection.message({ type: "remove", id, node: "b", force: id === 1 });
  }
  assertEquals(node.asked[0], ["remove", "b", true]);
  assertEquals([node.asked[1], node.asked.length], [["remove", "b", false], REQUESTS_PER_LINK]);
  await ask(connection, { type: "remove", id: 0, node: "b" });
  assertEquals(link.take().map(({ id, code }) => [id, code]), [[0, "OVERLOADED"]]);
  // Another link has room of its own.
  const other = connect(api);
  await ask(other.connection, { type: "status", id: 1 });
  assertEquals(other.link.take().map(({ type }) => type), ["status"]);
  node.removed.resolve({ removed: "b" });
  await answered();
  assertEquals(link.take().length, REQUESTS_PER_LINK);
  node.removed = Promise.withResolvers();
  node.removed.reject(new Error("nobody"));
  await ask(connection, { type: "remove", id: 1, node: "b" });
  assertEquals(link.take().map(({ code }) => code), ["HANDLER_FAILED"]);
  // What was answered, well or not, takes no room any more.
  node.removed = Promise.withResolvers();
  for (let id = 0; id <= REQUESTS_PER_LINK; id++) {
    await ask(connection, { type: "remove", id, node: "b" });
    assertEquals(link.take().length, id < REQUESTS_PER_LINK ? 0 : 1);
  }
});

Deno.test("a watcher gets what is, then each change, until its link is over", async () => {
  const node = new AskedNode();
  const api = new AdminApi(node);
  const { link, connection } = connect(api);
  await ask(connection, { type: "watch", id: 3 });
  assertEquals(link.take(), [{ type: "watch", id: 3, ...node.membersView() }]);
  assertEquals(api.watchers, 1);
  for (const listener of node.listeners) listener(WARNING);
  assertEquals(link.take() as unknown[], [{ type: "event", id: 3, ...WARNING }]);
  link.end({ kind: "closed", message: "over" });
  assertEquals([api.watchers, node.listeners.size], [0, 0]);
});

Deno.test("a watcher that does not read is cut off at the next change", async () => {
  const node = new AskedNode();
  const api = new AdminApi(node);
  const { link, connection } = connect(api);
  await ask(connection, { type: "watch", id: 3 });
  link.take();
  link.isWritable = false;
  for (const listener of node.listeners) listener(WARNING);
  assertEquals([link.take(), link.isClosed], [[], true]);
  assertEquals([api.watchers, node.listeners.size], [0, 0]);
});

Deno.test("a link has so many watches, and a node so many watchers, and not one more", async () => {
  const node = new AskedNode();
  const api = new AdminApi(node);
  const watch = async ({ link, connection }: ReturnType<typeof connect>) => {
    await ask(connection, { type: "watch", id: 1 });
    return link.take().map(({ type, code }) => code ?? type).join();
  };
  const first = connect(api);
  for (let count = 1; count <= WATCHES_PER_LINK; count++) assertEquals(await watch(first), "watch");
  assertEquals(await watch(first), "OVERLOADED");
  const others: ReturnType<typeof connect>[] = [];
  while (api.watchers < WATCHERS) {
    const other = connect(api);
    others.push(other);
    assertEquals(await watch(other), "watch");
  }
  const late = connect(api);
  assertEquals(await watch(late), "OVERLOADED");
  others[0]?.link.end({ kind: "closed", message: "over" });
  assertEquals([await watch(late), api.watchers], ["watch", WATCHERS]);
});
