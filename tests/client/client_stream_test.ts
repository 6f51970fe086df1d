import { assertEquals } from "@std/assert";
import { EVENTS_WAITING, type Message } from "../../lib/core/mod.ts";
import { clientOn } from "../support/client_on.ts";
import { failureOf } from "../support/local_cluster.ts";
import { FakeLink } from "../support/fake_link.ts";

Deno.test("a stream gives its messages in order, whatever comes between, until its link is over", async () => {
  const link = new FakeLink();
  const client = await clientOn(link);
  const stream = client.stream({ type: "watch" });
  const first = stream.next();
  const [{ id } = {} as Message] = link.take();
  link.receive({ type: "watch", id, at: 0 });
  link.receive({ type: "reply", id: Number(id) + 1, body: "of nobody" });
  link.receive({ type: "event", id, at: 1 });
  link.receive({ type: "ping" });
  assertEquals((await first).value?.["at"], 0);
  assertEquals((await stream.next()).value?.["at"], 1);
  assertEquals(link.take(), [{ type: "pong" }]);
  const last = failureOf(stream.next());
  link.end({ kind: "closed", message: "gone" });
  assertEquals((await last).code, "UNREACHABLE");
});

Deno.test("a stream that nobody reads is bounded, and ends with an error instead of a gap", async () => {
  const link = new FakeLink();
  const client = await clientOn(link);
  const stream = client.stream({ type: "watch" });
  const first = stream.next();
  const [{ id } = {} as Message] = link.take();
  link.receive({ type: "watch", id });
  await first;
  for (let at = 0; at < EVENTS_WAITING * 2; at++) link.receive({ type: "event", id, at });
  for (let at = 0; at < EVENTS_WAITING; at++) {
    assertEquals((await stream.next()).value?.["at"], at);
  }
  assertEquals((await failureOf(stream.next())).code, "OVERLOADED");
  await client.close();
});

Deno.test("a request is answered by its own number, and fails when the link is over", async () => {
  const link = new FakeLink();
  const client = await clientOn(link);
  const requests = [1, 2].map(() => client.request({ type: "members" }, 1_000));
  const ids = link.take().map(({ id }) => id);
  link.receive({ type: "members", id: ids[1], of: 2 });
  link.receive({ type: "members", id: ids[1], of: "again" });
  link.receive({ type: "members", id: ids[0], of: 1 });
  assertEquals((await Promise.all(requests)).map((answer) => answer["of"]), [1, 2]);
  const late = failureOf(client.request({ type: "members" }, 1_000));
  link.end({ kind: "reset", message: "broken" });
  assertEquals((await late).code, "UNREACHABLE");
  assertEquals((await failureOf(client.request({ type: "members" }, 1))).code, "UNREACHABLE");
});

Deno.test("calls, requests and streams of one link are numbered in one row", async () => {
  const link = new FakeLink();
  const client = await clientOn(link);
  const called = client.call({ service: "echo", body: 1 });
  const asked = client.request({ type: "status" }, 1_000);
  const stream = client.stream({ type: "watch" });
  const first = stream.next();
  const calledLast = client.call({ service: "echo", body: 2 });
  assertEquals(link.take().map(({ type, id }) => [type, id]), [
    ["call", 1],
    ["status", 2],
    ["watch", 3],
    ["call", 4],
  ]);
  link.receive({ type: "reply", id: 4, body: "last" });
  link.receive({ type: "watch", id: 3, at: 0 });
  link.receive({ type: "error", id: 2, code: "BAD_REQUEST", message: "m", retryable: false });
  link.receive({ type: "reply", id: 1, body: "first" });
  assertEquals([await called, await calledLast], ["first", "last"]);
  assertEquals([(await failureOf(asked)).code, (await first).value?.["at"]], ["BAD_REQUEST", 0]);
  await stream.return();
  await client.close();
});
