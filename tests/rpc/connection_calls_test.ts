import { assertEquals } from "@std/assert";
import { CALL_TIMEOUT_MS, CALLS_PER_LINK, type Json } from "../../lib/core/mod.ts";
import { ConnectionCalls, type OutgoingRequest } from "../../lib/rpc/mod.ts";
import { Connection } from "../../lib/transport/mod.ts";
import { FakeLink } from "../support/fake_link.ts";
import { failureOf } from "../support/local_cluster.ts";
import { ManualClock } from "../support/manual_clock.ts";

interface Caller {
  clock: ManualClock;
  link: FakeLink;
  connection: Connection;
  calls: ConnectionCalls;
}

/** Calls over a fake link, whose answers are given to them. */
function caller(isDialled = false): Caller {
  const clock = new ManualClock();
  const link = new FakeLink();
  const calls = new ConnectionCalls(clock);
  const peer = { role: "member", node: "n", channel: "data", isDialled } as const;
  const connection: Connection = new Connection(link, peer, {
    message: (_, message) => calls.receive(connection, message),
    closed: (_, failure) => calls.closed(connection, failure),
  });
  return { clock, link, connection, calls };
}

Deno.test("an answer to no call, and a second one, is dropped", async () => {
  const { link, connection, calls } = caller();
  const call = calls.call(connection, { service: "s", body: 1 });
  for (const id of [7, -1, "1", undefined, null, 1, 1]) {
    link.receive({ type: "reply", id, body: id ?? null });
  }
  assertEquals(await call, 1);
});

Deno.test("an error without a code or of a later version's is an error all the same", async () => {
  const { link, connection, calls } = caller();
  const [one, two] = [1, 2].map(() => failureOf(calls.call(connection, { service: "s", body: 1 })));
  link.receive({ type: "error", id: 1 });
  link.receive({ type: "error", id: 2, code: "FROM_THE_FUTURE", message: "m", retryable: true });
  assertEquals((await one)?.code, "BAD_MESSAGE");
  const later = await two;
  assertEquals([later?.code, later?.retryable], ["FROM_THE_FUTURE", true]);
});

Deno.test("one timer serves all deadlines, each call fails at its own, and the other side is told", async () => {
  const { clock, link, connection, calls } = caller();
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
  const { link, connection, calls } = caller();
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
  const { link, connection, calls } = caller();
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

Deno.test("calls wait for room in the order in which they were made, and only as many go as there is room", async () => {
  const { link, connection, calls } = caller();
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
  const { clock, link, connection, calls } = caller();
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

Deno.test("a call that was sent and not answered has an unknown outcome, one that was not sent has none", async () => {
  const unknown = { outcome: "unknown" };
  const { clock, link, connection, calls } = caller();
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
  const { link, connection, calls } = caller();
  const call = failureOf(calls.call(connection, { service: "s", body: 1 }));
  link.end({ kind: "reset", message: "gone" });
  assertEquals([(await call).code, (await call).details], ["UNREACHABLE", { outcome: "unknown" }]);
});

Deno.test("who passes a call on learns whether it was started", async () => {
  const { link, connection, calls } = caller();
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
  const { link, connection, calls } = caller(true);
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
