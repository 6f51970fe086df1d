import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  HANDSHAKE_MS,
  KEEP_ALIVE_MS,
  LINES_IDLE_MS,
  LINK_IDLE_MS,
  parseAddress,
} from "../../lib/core/mod.ts";
import { systemPorts } from "../../lib/io/mod.ts";
import { startNode } from "../../lib/node/mod.ts";
import { frame, join } from "../wire/feed.ts";
import { WireClient } from "../wire/wire_client.ts";
import { NodeUnderAttack } from "./node_under_attack.ts";

Deno.test("frames that come byte by byte are frames", async () => {
  await using attacked = await NodeUnderAttack.start();
  using client = await WireClient.connect(attacked.port);
  client.conn.setNoDelay(true);
  const bytes = join([
    frame('{"type":"hello","protocol":1,"role":"client"}'),
    frame('{"type":"call","id":1,"service":"echo","body":"é€🎻"}'),
  ]);
  for (const byte of bytes) await client.write(Uint8Array.of(byte));
  assertEquals((await client.receive())?.["type"], "welcome");
  assertEquals(await client.receive(), { type: "reply", id: 1, body: "é€🎻" });
});

Deno.test("who has not said hello in time is told so and sent away", async (t) => {
  const beginnings: [what: string, bytes: Uint8Array][] = [
    ["silence", new Uint8Array(0)],
    ["half a length", new Uint8Array(2)],
    ["a frame that never ends", new Uint8Array([0, 15, 255, 255, 0x7b, 0x20])],
    ["a line that never ends", new TextEncoder().encode('{"type":')],
  ];
  await using attacked = await NodeUnderAttack.start();
  for (const [what, bytes] of beginnings) {
    await t.step(what, async () => {
      const mode = bytes[0] === 0x7b ? "lines" : "frames";
      using client = await WireClient.connect(attacked.port, mode);
      await client.write(bytes);
      // The trickle goes on until the end: that bytes come is not what counts.
      await attacked.checkAnswers();
      attacked.clock.wind(HANDSHAKE_MS * 0.6);
      if (bytes.length > 0) await client.write(Uint8Array.of(0x20));
      await attacked.checkAnswers();
      attacked.clock.wind(HANDSHAKE_MS * 0.6);
      const [refusal, ...rest] = await client.rest();
      assertEquals([refusal?.["type"], refusal?.["code"]], ["refuse", "TIMEOUT"]);
      assertStringIncludes(String(refusal?.["message"]), "No whole first message within 5000 ms");
      assertEquals(rest, []);
      await attacked.checkUnharmed();
    });
  }
});

/**
 * Winds in the steps of a sweep; the polite client speaks in each, so that only others are silent.
 */
async function windSilently(attacked: NodeUnderAttack, totalMs: number): Promise<void> {
  for (let ms = 0; ms < totalMs; ms += 5_000) {
    attacked.clock.wind(5_001);
    await attacked.checkAnswers();
  }
}

Deno.test("a silent link is asked whether it is alive, and closed when it says nothing", async () => {
  await using attacked = await NodeUnderAttack.start();
  using silent = await WireClient.greet(attacked.port);
  await windSilently(attacked, KEEP_ALIVE_MS + 5_000);
  assertEquals(await silent.receive(), { type: "ping" });
  await silent.send({ type: "pong" });
  // What was said counts: the link outlives the moment at which it would have been closed.
  await windSilently(attacked, LINK_IDLE_MS - 10_000);
  await attacked.checkUnharmed(1);
  await windSilently(attacked, LINK_IDLE_MS);
  const rest = await silent.rest();
  assert(rest.length >= 2 && rest.every((message) => message["type"] === "ping"));
  await attacked.checkUnharmed();
});

Deno.test("a person who is silent is not asked, and is left in the end", async () => {
  await using attacked = await NodeUnderAttack.start();
  using person = await WireClient.connect(attacked.port, "lines");
  assertEquals(await person.ask({ type: "ping" }), { type: "pong" });
  await windSilently(attacked, LINES_IDLE_MS - 5_000);
  await attacked.checkUnharmed(1);
  await windSilently(attacked, 10_000);
  assertEquals(await person.rest(), []);
  await attacked.checkUnharmed();
});

Deno.test("beside 500 idle connections a member still joins", async () => {
  await using attacked = await NodeUnderAttack.start();
  const idle = await Promise.all(
    Array.from({ length: 500 }, () => WireClient.connect(attacked.port)),
  );
  try {
    await attacked.checkAnswers();
    await using member = await startNode(systemPorts(), {
      port: 0,
      name: "bob",
      join: [parseAddress(attacked.node.address)],
    });
    assertEquals(member.cluster, attacked.node.cluster);
  } finally {
    attacked.clock.wind(HANDSHAKE_MS + 1);
    const words = await Promise.all(idle.map((client) => client.rest()));
    for (const client of idle) client[Symbol.dispose]();
    assertEquals(new Set(words.map(([refusal]) => refusal?.["code"])), new Set(["TIMEOUT"]));
  }
  await attacked.checkAnswers();
});
