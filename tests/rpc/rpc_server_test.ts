import { assert, assertEquals } from "@std/assert";
import {
  CALL_CHARACTERS_PER_LINK,
  CALL_TIMEOUT_MS,
  CALLS_PER_CLIENT,
  CALLS_PER_LINK,
  ClusterError,
  type Json,
  type Message,
} from "../../lib/core/mod.ts";
import {
  CallsUnderWay,
  RpcServer,
  type ServiceHandler,
  ServiceRegistry,
} from "../../lib/rpc/mod.ts";
import { Connection } from "../../lib/transport/mod.ts";
import { FakeLink } from "../support/fake_link.ts";
import { ManualClock } from "../support/manual_clock.ts";

interface Server {
  clock: ManualClock;
  link: FakeLink;
  connection: Connection;
  /** Gives the node a call of the other side, and what serves it if it is of the service "s". */
  receive(message: Message, handler: ServiceHandler, characters?: number): void;
  cancel(id: number): void;
}

/** A node that serves the other side of a fake link. */
function serverFor(role: "member" | "client" = "member"): Server {
  const clock = new ManualClock();
  const link = new FakeLink();
  const registry = new ServiceRegistry({ self: { name: "here" } }, {});
  const server = new RpcServer(clock, registry, new CallsUnderWay());
  let serve: ServiceHandler = never;
  registry.handle("s", (body, context) => serve(body, context));
  const connection: Connection = new Connection(link, { role, node: "n", channel: "data" }, {
    message: () => {},
    closed: (_, failure) => server.closed(connection, failure),
  });
  return {
    clock,
    link,
    connection,
    receive: (message, handler, characters = 0) => {
      serve = handler;
      server.receive(connection, message, characters);
    },
    cancel: (id) => server.cancel(connection, { type: "cancel", id }),
  };
}

const never = () => new Promise<Json>(() => {});

Deno.test("a call that would be served beyond the bound, or twice, is refused before it starts", () => {
  const { link, receive } = serverFor();
  let started = 0;
  const run = () => {
    started++;
    return never();
  };
  const serve = (id: number) => receive({ type: "call", id, service: "s" }, run);
  serve(1);
  serve(1);
  assertEquals([started, link.take()[0]?.["code"]], [1, "BAD_REQUEST"]);
  for (let id = 2; id <= CALLS_PER_LINK; id++) serve(id);
  serve(CALLS_PER_LINK + 1);
  assertEquals([started, link.take()[0]?.["code"]], [CALLS_PER_LINK, "OVERLOADED"]);
  link.end({ kind: "closed", message: "over" });
});

Deno.test("a client may have fewer calls under way than a member, so that no one client has a whole link", () => {
  const { link, receive } = serverFor("client");
  for (let id = 0; id <= CALLS_PER_CLIENT; id++) {
    receive({ type: "call", id, service: "s" }, never);
  }
  assertEquals(link.take().map(({ id, code }) => [id, code]), [[CALLS_PER_CLIENT, "OVERLOADED"]]);
  link.end({ kind: "closed", message: "over" });
});

Deno.test("the calls under way on a link are bounded by their weight too", async () => {
  const { link, receive } = serverFor();
  const answer = Promise.withResolvers<Json>();
  const half = CALL_CHARACTERS_PER_LINK / 2;
  const serve = (id: number, characters: number) =>
    receive({ type: "call", id, service: "s" }, () => answer.promise, characters);
  serve(1, half);
  serve(2, half);
  serve(3, 1);
  assertEquals(link.take().map(({ id, code }) => [id, code]), [[3, "OVERLOADED"]]);
  answer.resolve("served");
  await answer.promise;
  serve(4, CALL_CHARACTERS_PER_LINK);
  await Promise.resolve();
  assertEquals(
    link.take().map(({ id, body }) => [id, body]),
    [1, 2, 4].map((id) => [id, "served"]),
  );
});

Deno.test("a handler counts until it ends, also when its caller has given up", async () => {
  const { clock, link, connection, receive, cancel } = serverFor("client");
  const answer = Promise.withResolvers<Json>();
  const serve = (id: number, timeoutMs: number) =>
    receive({ type: "call", id, service: "s", timeoutMs }, () => answer.promise);
  for (let id = 0; id < CALLS_PER_CLIENT; id++) {
    serve(id, 1_000);
    if (id % 2 === 0) cancel(id);
  }
  clock.advance(2_000);
  assertEquals(connection.owed, 0);
  serve(CALLS_PER_CLIENT, 1_000);
  assertEquals(link.take().map(({ code }) => code), ["OVERLOADED"]);
  answer.resolve(null);
  await answer.promise;
  serve(CALLS_PER_CLIENT, 1_000);
  await Promise.resolve();
  assertEquals(link.take().map(({ type }) => type), ["reply"]);
});

Deno.test("many deadlines one after another are swept together: none too early, few looks for all", () => {
  const { clock, receive } = serverFor();
  const count = 20_000;
  const abandoned: number[] = [];
  for (let id = 0; id < count; id++) {
    const call = { type: "call", id, service: "s", timeoutMs: 1_000 + id };
    receive(call, (_, context) => {
      context.signal.addEventListener("abort", () => abandoned.push(clock.time - context.deadline));
      return never();
    });
  }
  let looks = 0;
  for (let [due] = clock.due; due !== undefined; [due] = clock.due) {
    clock.advance(due);
    looks++;
  }
  assertEquals(abandoned.length, count);
  assert(abandoned.every((lateMs) => lateMs >= 0 && lateMs <= count / 1_000));
  assert(looks < count / 4, `${looks} looks`);
});

const MALFORMED: Array<[string, Record<string, unknown>]> = [
  ["no number", { id: undefined }],
  ["a negative number", { id: -1 }],
  ["no service", { service: undefined }],
  ["a service's name that is too long", { service: "s".repeat(129) }],
  ["a deadline of nothing", { timeoutMs: 0 }],
  ["a deadline of more than an hour", { timeoutMs: 3_600_001 }],
  ["a deadline that is no number", { timeoutMs: "5" }],
];

for (const [what, change] of MALFORMED) {
  Deno.test(`a call with ${what} is refused with the reason, and nothing is started`, () => {
    const { link, receive } = serverFor();
    const call = { type: "call", id: 1, service: "s", ...change } as Message;
    receive(call, () => assert(false));
    assertEquals(link.take()[0]?.["code"], "BAD_MESSAGE");
  });
}

Deno.test("a handler is told when its caller cancels or its deadline comes, and its answer is not sent", async () => {
  const { clock, link, receive, cancel } = serverFor();
  const signals: AbortSignal[] = [];
  const answers = [1, 2].map(() => Promise.withResolvers<Json>());
  for (const id of [1, 2]) {
    receive({ type: "call", id, service: "s" }, (_, context) => {
      signals.push(context.signal);
      return answers[id - 1]?.promise ?? null;
    });
  }
  cancel(1);
  cancel(99);
  assertEquals(signals.map(({ aborted }) => aborted), [true, false]);
  clock.advance(CALL_TIMEOUT_MS);
  assertEquals(signals.map(({ aborted }) => aborted), [true, true]);
  for (const answer of answers) answer.resolve("too late");
  await Promise.resolve();
  assertEquals(link.take(), []);
});

Deno.test("a caller that does not read its replies is not read either, until it does", () => {
  const { link, receive } = serverFor();
  link.isWritable = false;
  receive({ type: "call", id: 1, service: "s" }, () => 1);
  assertEquals(link.isPaused, true);
  link.drain();
  assertEquals(link.isPaused, false);
});

Deno.test("only the node itself says that a call was not started, whatever a handler throws", async () => {
  const { link, receive } = serverFor();
  const claims: unknown[] = [
    new ClusterError("OVERLOADED", "m", { details: { started: false } }),
    Object.assign(new ClusterError("SHUTTING_DOWN", "m"), { started: false }),
    ClusterError.from({ code: "OVERLOADED", message: "m", retryable: true, started: false }),
    { code: "OVERLOADED", started: false },
  ];
  for (const [id, claim] of claims.entries()) {
    receive({ type: "call", id, service: "s" }, () => {
      throw claim;
    });
    await Promise.resolve(
      receive({ type: "call", id, service: "s" }, () => Promise.reject(claim)),
    );
  }
  await Promise.resolve();
  assertEquals(link.take().map((message) => "started" in message), Array(8).fill(false));
  receive({ type: "call", id: 1, service: "s", timeoutMs: 0 }, never);
  receive({ type: "call", id: 1 }, never);
  receive({ type: "call", id: 1, service: "unknown" }, never);
  assertEquals(link.take().map(({ started }) => started), [false, false, false]);
});
