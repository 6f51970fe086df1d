import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Message } from "../../lib/core/mod.ts";
import { CLIENT_PING_MS, CLIENT_SILENCE_MS } from "../../lib/client/limits.ts";
import type { Client } from "../../lib/node/mod.ts";
import { clientOn } from "../support/client_on.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { failureOf } from "../support/local_cluster.ts";
import { FakeLink } from "../support/fake_link.ts";

/** A client of a member that the test plays, on a clock that the test sets. */
class Played {
  readonly clock = new ManualClock();
  readonly link = new FakeLink();
  client!: Client;

  static async connect(): Promise<Played> {
    const played = new Played();
    const { link, clock } = played;
    played.client = await clientOn(link, clock);
    return played;
  }

  /** Lets time pass, look by look, and gives the types of what was sent meanwhile. */
  pass(ms: number): string[] {
    const until = this.clock.time + ms;
    while (this.clock.time < until) {
      this.clock.advance(Math.min(until, this.clock.time + CLIENT_PING_MS));
    }
    return this.link.take().map(({ type }) => type);
  }
}

Deno.test("a stream of a member that fell silent ends within a minute, with an error that names it", async () => {
  const played = await Played.connect();
  const { client, link, clock } = played;
  const stream = client.stream({ type: "watch" });
  const first = stream.next();
  const [{ id } = {} as Message] = link.take();
  link.receive({ type: "watch", id });
  await first;
  const call = failureOf(client.call({ service: "slow", body: null, timeoutMs: 3_600_000 }));
  const ended = failureOf(stream.next());
  assert(played.pass(CLIENT_SILENCE_MS + CLIENT_PING_MS).includes("ping"));
  const { code, retryable, message } = await ended;
  assertEquals([code, retryable], ["UNREACHABLE", true]);
  assertStringIncludes(message, "ada (127.0.0.1:8001) has been silent for 15 s");
  assertEquals([(await call).code, (await call).details], ["UNREACHABLE", { outcome: "unknown" }]);
  // What is asked from now on is not sent into the silence.
  assertEquals((await failureOf(client.request({ type: "members" }, 1_000))).message, message);
  assertEquals([link.isClosed, clock.due], [true, []]);
  await client.close();
});

Deno.test("a member that answers, whatever it says, is asked now and then, and never given up", async () => {
  const played = await Played.connect();
  const { client, link, clock } = played;
  for (const type of ["pong", "event", "ping", "pong"]) {
    assert(played.pass(CLIENT_PING_MS * 2).includes("ping"));
    link.receive({ type });
  }
  for (let talk = 0; talk < 100; talk++) {
    link.receive({ type: "event" });
    assertEquals(played.pass(CLIENT_PING_MS - 1).filter((type) => type === "ping"), []);
  }
  assertEquals(link.isClosed, false);
  await client.close();
  assertEquals(clock.due, []);
});

Deno.test("a program that was suspended itself does not take its member for silent", async () => {
  const { client, link, clock } = await Played.connect();
  // An hour passes in which no timer of ours fires; then one is late, and the answer comes behind
  // it.
  clock.advance(3_600_000);
  assertEquals([link.isClosed, link.take().map(({ type }) => type)], [false, ["ping"]]);
  link.receive({ type: "pong" });
  clock.advance(3_600_000 + CLIENT_PING_MS);
  assertEquals(link.isClosed, false);
  await client.close();
});
