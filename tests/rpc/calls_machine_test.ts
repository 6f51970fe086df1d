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
import { CallsUnderWay } from "../../lib/rpc/calls_under_way.ts";
import type { ServiceHandler } from "../../lib/rpc/call_context.ts";
import { ConnectionCalls } from "../../lib/rpc/connection_calls.ts";
import { RpcServer } from "../../lib/rpc/rpc_server.ts";
import { ServiceRegistry } from "../../lib/rpc/service_registry.ts";
import type { OutgoingRequest } from "../../lib/rpc/outgoing_call.ts";
import { Connection } from "../../lib/transport/connection.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { failureOf } from "../support/local_cluster.ts";
import { FakeLink } from "../support/fake_link.ts";

interface Desk {
  clock: ManualClock;
  link: FakeLink;
  connection: Connection;
  calls: ConnectionCalls;
  /** Gives the node a call of the other side, and what serves it if it is of the service "s". */
  receive(message: Message, handler: ServiceHandler, characters?: number): void;
  cancel(id: number): void;
}

/** Calls over a fake link, in both directions. */
function desk(role: "member" | "client" = "member"): Desk {
  const clock = new ManualClock();
  const link = new FakeLink();
  const calls = new ConnectionCalls(clock);
  const registry = new ServiceRegistry({ self: { name: "here" } }, {});
  const server = new RpcServer(clock, registry, new CallsUnderWay());
  let serve: ServiceHandler = never;
  registry.handle("s", (body, context) => serve(body, context));
  const connection: Connection = new Connection(link, { role, node: "n", channel: "data" }, {
    message: (_, message) => calls.answered(connection, message),
    closed: (_, failure) => {
      calls.closed(connection, failure);
      server.closed(connection, failure);
    },
  });
  return {
    clock,
    link,
    connection,
    calls,
    receive: (message, handler, characters = 0) => {
      serve = handler;
      server.receive(connection, message, characters);
    },
    cancel: (id) => server.cancel(connection, { type: "cancel", id }),
  };
}

const never = () => new Promise<Json>(() => {});

Deno.test("an answer to no call, and a second one, is dropped", async () => {
  const { link, connection, calls } = desk();
  const call = calls.call(connection, { service: "s", body: 1 });
  for (const id of [7, -1, "1", undefined, null, 1, 1]) {
    link.receive({ type: "reply", id, body: id ?? null });
  }
  assertEquals(await call, 1);
});

Deno.test("an error without a code or of a later version's is an error all the same", async () => {
  const { link, connection, calls } = desk();
  const [one, two] = [1, 2].map(() => failureOf(calls.call(connection, { service: "s", body: 1 })));
  link.receive({ type: "error", id: 1 });
  link.receive({ type: "error", id: 2, code: "FROM_THE_FUTURE", message: "m", retryable: true });
  assertEquals((await one)?.code, "BAD_MESSAGE");
  const later = await two;
  assertEquals([later?.code, later?.retryable], ["FROM_THE_FUTURE", true]);
});

Deno.test("one timer serves all deadlines, each call fails at its own, and the other side is told", async () => {
  const { clock, link, connection, calls } = desk();
  const failures = [300, 100, 200].map((timeoutMs) =>
    failureOf(calls.call(connection, { service: "s", body: 1, timeoutMs }))
  );
  assertEquals(clock.due, [100]);
  link.take();
  for (const [time, index] of [[100, 1], [200, 2], [300, 0]] as const) {
    clock.advance(time);
    assertEquals((await failures[index])?.code, "TIMEOUT");
    assertEquals(link.take(), [{ type: "cancel", id: index + 1 }]);
  }
  assertEquals(clock.due, []);
});

Deno.test("a call says how long it may take, and for whom it is, where that is not what everybody expects", () => {
  const { link, connection, calls } = desk();
  const ignored = (promise: Promise<Json>) => void promise.catch(() => {});
  ignored(calls.call(connection, { service: "s", body: 1 }));
  ignored(calls.call(connection, { service: "s", body: 1, timeoutMs: CALL_TIMEOUT_MS }));
  ignored(calls.call(connection, { service: "s", body: 1, timeoutMs: 50, node: "n9" }));
  const call = { type: "call", service: "s", body: 1 };
  assertEquals(link.take(), [
    { ...call, id: 1 },
    { ...call, id: 2 },
    { ...call, id: 3, node: "n9", timeoutMs: 50 },
  ]);
  link.end({ kind: "closed", message: "over" });
});

Deno.test("a link takes so many calls at once and no more, and takes more when some are answered", async () => {
  const { link, connection, calls } = desk();
  const ignored = (promise: Promise<Json>) => void promise.catch(() => {});
  for (let i = 0; i < CALLS_PER_LINK; i++) {
    ignored(calls.call(connection, { service: "s", body: 1 }));
  }
  const refused = await failureOf(calls.call(connection, { service: "s", body: 1 }));
  assertEquals([refused.code, refused.retryable], ["OVERLOADED", true]);
  link.receive({ type: "reply", id: 1, body: 1 });
  const call = calls.call(connection, { service: "s", body: 1 });
  link.receive({ type: "reply", id: CALLS_PER_LINK + 1, body: "in" });
  assertEquals(await call, "in");
  link.end({ kind: "closed", message: "over" });
});

Deno.test("a call that would be served beyond the bound, or twice, is refused before it starts", () => {
  const { link, receive } = desk();
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
  const { link, receive } = desk("client");
  for (let id = 0; id <= CALLS_PER_CLIENT; id++) {
    receive({ type: "call", id, service: "s" }, never);
  }
  assertEquals(link.take().map(({ id, code }) => [id, code]), [[CALLS_PER_CLIENT, "OVERLOADED"]]);
  link.end({ kind: "closed", message: "over" });
});

Deno.test("the calls under way on a link are bounded by their weight too", async () => {
  const { link, receive } = desk();
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
  const { clock, link, connection, receive, cancel } = desk("client");
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
  const { clock, receive } = desk();
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

Deno.test("calls wait for room in the order in which they were made, and only as many go as there is room", async () => {
  const { link, connection, calls } = desk();
  link.isWritable = false;
  const replies = ["a", "b", "c"].map((body) => calls.call(connection, { service: "s", body }));
  assertEquals(link.take(), []);
  const send = link.send.bind(link);
  // The first that is sent fills the link again.
  link.send = (message) => {
    link.isWritable = false;
    return send(message);
  };
  for (const [index, body] of ["a", "b", "c"].entries()) {
    link.drain();
    assertEquals(link.take().map((message) => message["body"]), [body]);
    link.receive({ type: "reply", id: index + 1, body });
  }
  assertEquals(await Promise.all(replies), ["a", "b", "c"]);
});

Deno.test("a call that waits for room fails at its deadline, or with its link, and is never sent", async () => {
  const { clock, link, connection, calls } = desk();
  link.isWritable = false;
  const late = failureOf(calls.call(connection, { service: "s", body: 1, timeoutMs: 50 }));
  const broken = failureOf(calls.call(connection, { service: "s", body: 1 }));
  clock.advance(50);
  assertEquals((await late).code, "TIMEOUT");
  link.end({ kind: "reset", message: "broken" });
  assertEquals((await broken).code, "UNREACHABLE");
  const over = failureOf(calls.call(connection, { service: "s", body: 1 }));
  assertEquals((await over).code, "UNREACHABLE");
  link.drain();
  assertEquals([link.take(), clock.due], [[], []]);
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
    const { link, receive } = desk();
    const call = { type: "call", id: 1, service: "s", ...change } as Message;
    receive(call, () => assert(false));
    assertEquals(link.take()[0]?.["code"], "BAD_MESSAGE");
  });
}

Deno.test("a handler is told when its caller cancels or its deadline comes, and its answer is not sent", async () => {
  const { clock, link, receive, cancel } = desk();
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
  const { link, receive } = desk();
  link.isWritable = false;
  receive({ type: "call", id: 1, service: "s" }, () => 1);
  assertEquals(link.isPaused, true);
  link.drain();
  assertEquals(link.isPaused, false);
});

Deno.test("a call that was sent and not answered has an unknown outcome, one that was not sent has none", async () => {
  const unknown = { outcome: "unknown" };
  const { clock, link, connection, calls } = desk();
  const abort = new AbortController();
  const ask = (request: Partial<OutgoingRequest> = {}) =>
    failureOf(calls.call(connection, { service: "s", body: 1, ...request }));
  const late = ask({ timeoutMs: 100 });
  clock.advance(100);
  assertEquals([(await late).code, (await late).details], ["TIMEOUT", unknown]);
  const given = ask({ signal: abort.signal });
  abort.abort();
  assertEquals([(await given).code, (await given).details], ["CANCELLED", unknown]);
  assertEquals((await ask({ signal: abort.signal })).details, undefined);
  // These wait for room on the link, and are never sent.
  link.isWritable = false;
  const waiting = [ask({ timeoutMs: 100 }), ask()];
  clock.advance(200);
  assertEquals([(await waiting[0])?.code, (await waiting[0])?.details], ["TIMEOUT", undefined]);
  const broken = failureOf(calls.call(connection, { service: "s", body: 1 }));
  link.end({ kind: "reset", message: "gone" });
  assertEquals([(await waiting[1])?.code, (await waiting[1])?.details], ["UNREACHABLE", undefined]);
  assertEquals([(await broken).code, (await broken).details], ["UNREACHABLE", undefined]);
  assertEquals([(await ask()).code, (await ask()).details], ["UNREACHABLE", undefined]);
});

Deno.test("a call whose link breaks has an unknown outcome", async () => {
  const { link, connection, calls } = desk();
  const call = failureOf(calls.call(connection, { service: "s", body: 1 }));
  link.end({ kind: "reset", message: "gone" });
  assertEquals([(await call).code, (await call).details], ["UNREACHABLE", { outcome: "unknown" }]);
});

Deno.test("only the node itself says that a call was not started, whatever a handler throws", async () => {
  const { link, receive } = desk();
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

Deno.test("who passes a call on learns whether it was started", async () => {
  const { link, connection, calls } = desk();
  for (const [answer, isUnstarted] of [[{ started: false }, true], [{}, false]] as const) {
    const fate = { isUnstarted: true };
    const call = failureOf(calls.call(connection, { service: "s", body: 1, fate }));
    assertEquals(fate.isUnstarted, false);
    const id = link.take()[0]?.["id"];
    link.receive({
      type: "error",
      id,
      code: "OVERLOADED",
      message: "m",
      retryable: true,
      ...answer,
    });
    await call;
    assertEquals(fate.isUnstarted, isUnstarted);
  }
});

Deno.test("after a good-bye a link for our calls is closed with the last answer, and carries no new call", async () => {
  const link = new FakeLink();
  const calls = new ConnectionCalls(new ManualClock());
  const peer = { role: "member", node: "n", channel: "data", isDialled: true } as const;
  const connection: Connection = new Connection(link, peer, {
    message: (_, message) => calls.answered(connection, message),
    closed: (_, failure) => calls.closed(connection, failure),
  });
  const under = [1, 2].map(() => calls.call(connection, { service: "s", body: 1 }));
  connection.hearBye("bye");
  const late = await failureOf(calls.call(connection, { service: "s", body: 1 }));
  assertEquals([late.code, late.details, link.isClosed], ["UNREACHABLE", undefined, false]);
  link.receive({ type: "reply", id: 1, body: 1 });
  assertEquals(link.isClosed, false);
  link.receive({ type: "reply", id: 2, body: 2 });
  assertEquals(link.isClosed, true);
  assertEquals(await Promise.all(under), [1, 2]);
});
