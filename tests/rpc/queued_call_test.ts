import { assertEquals } from "@std/assert";
import type { Json } from "../../lib/core/mod.ts";
import type { OutgoingRequest } from "../../lib/rpc/outgoing_call.ts";
import { QueuedCall } from "../../lib/rpc/queued_call.ts";
import { failureOf } from "../support/local_cluster.ts";
import { ManualClock } from "../support/manual_clock.ts";

Deno.test("a call that waited is sent with the time that is left: whole milliseconds, one at the least", async () => {
  for (const [at, leftMs] of [[0, 100], [40, 60], [40.5, 60], [99, 1], [99.5, 1], [100, 1]]) {
    const clock = new ManualClock();
    let overs = 0;
    const call = new QueuedCall(clock, { service: "s", body: 1, timeoutMs: 100 }, () => overs++);
    clock.time = at as number;
    const sent: OutgoingRequest[] = [];
    const send = (request: OutgoingRequest) => {
      sent.push(request);
      return Promise.resolve<Json>("reply");
    };
    call.send(send);
    call.send(send);
    assertEquals(sent.map(({ timeoutMs }) => timeoutMs), [leftMs], `${at}`);
    assertEquals([await call.reply, overs, clock.due], ["reply", 1, []]);
  }
});

Deno.test("a call that is given up or late is never sent, and tells it once", async () => {
  const clock = new ManualClock();
  const abort = new AbortController();
  const aborted = AbortSignal.abort();
  let overs = 0;
  const calls = [undefined, abort.signal, aborted].map((signal) =>
    new QueuedCall(clock, { service: "s", body: 1, timeoutMs: 100, signal }, () => overs++)
  );
  const codes = calls.map(({ reply }) => failureOf(reply).then(({ code }) => code));
  abort.abort();
  clock.advance(100);
  for (const call of calls) call.send(() => Promise.reject(new Error("It was sent")));
  assertEquals(await Promise.all(codes), ["TIMEOUT", "CANCELLED", "CANCELLED"]);
  assertEquals([overs, clock.due], [3, []]);
});
