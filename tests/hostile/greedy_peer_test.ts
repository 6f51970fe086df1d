import { assert, assertEquals, assertRejects } from "@std/assert";
import { CALLS_PER_CLIENT, GUESTS_PER_LINK, type JsonObject } from "../../lib/core/mod.ts";
import { until } from "../io/until.ts";
import { frame, join } from "../wire/feed.ts";
import { writeUntilStuck } from "../wire/stuck_writer.ts";
import { WireClient } from "../wire/wire_client.ts";
import { NodeUnderAttack } from "./node_under_attack.ts";

/**
 * What a node takes of a peer that does not read: what the operating system keeps on the way in
 * both directions, and the high-water mark. How much memory that is, a test measures on a process
 * alone.
 */
const TAKEN_BYTES = 100_000_000;

function calls(count: number, fields: JsonObject, firstId = 1): Uint8Array {
  return join(Array.from(
    { length: count },
    (_, n) => frame(JSON.stringify({ type: "call", id: firstId + n, ...fields })),
  ));
}

Deno.test("a peer that never reads its replies is not read either, until it does", async () => {
  await using attacked = await NodeUnderAttack.start();
  using greedy = await WireClient.greet(attacked.port);
  const bytes = calls(16, { service: "echo", body: "x".repeat(60_000) });
  const { outcome, written, write } = await writeUntilStuck(greedy, bytes, 200_000_000);
  assertEquals(outcome, "stuck");
  assert(written < TAKEN_BYTES, `${written} bytes were taken`);
  await attacked.checkUnharmed(1);
  // It reads: everything that it sent is answered.
  const expected = Math.round(written / bytes.length + 1) * 16;
  for (let count = 0; count < expected; count++) {
    assertEquals((await greedy.receive())?.["type"], "reply");
  }
  assertEquals(await write, "written");
});

Deno.test("a peer that never reads at all is given up", async () => {
  await using attacked = await NodeUnderAttack.start({ writeStallMs: 100 });
  using greedy = await WireClient.greet(attacked.port);
  const bytes = calls(16, { service: "echo", body: "x".repeat(60_000) });
  const { outcome, write } = await writeUntilStuck(greedy, bytes, 200_000_000);
  assert(outcome !== "written");
  await attacked.checkUnharmed();
  assertEquals(await write, "broken");
});

Deno.test("questions whose answers nobody reads break their link, and nothing else", async () => {
  await using attacked = await NodeUnderAttack.start({
    highWaterBytes: 50_000,
    queueBytes: 200_000,
  });
  for (const type of ["dance", "members", "ping"]) {
    using greedy = await WireClient.greet(attacked.port);
    const question = frame(JSON.stringify({ type, id: 1 }));
    const bytes = join(Array<Uint8Array>(5_000).fill(question));
    // Until the link breaks: what the system buffers on the way, and the queue, are finite.
    let written = 0;
    await assertRejects(async () => {
      for (; written < 200_000_000; written += bytes.length) await greedy.write(bytes);
    });
    await attacked.checkUnharmed();
  }
});

Deno.test("a flood of calls is answered in full, and others are answered meanwhile", async () => {
  await using attacked = await NodeUnderAttack.start();
  using flood = await WireClient.greet(attacked.port, { batch: true });
  const count = 50_000;
  const writing = flood.write(calls(count, { service: "echo", body: "x".repeat(100) }));
  const ids = new Set<unknown>();
  let slowest = 0;
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      const askedAt = performance.now();
      await attacked.checkAnswers();
      slowest = Math.max(slowest, performance.now() - askedAt);
    }
  })();
  while (ids.size < count) ids.add((await flood.receive())?.["id"]);
  isOver = true;
  await Promise.all([writing, watching]);
  assert(slowest < 2_000, `the slowest answer to another client took ${slowest} ms`);
  await attacked.checkUnharmed(1);
});

Deno.test("calls past the limit of a link are refused, and end with it", async () => {
  await using attacked = await NodeUnderAttack.start();
  let abandoned = 0;
  let served = 0;
  attacked.node.handle("never", (_, { signal }) => {
    served++;
    return new Promise((resolve) =>
      signal.addEventListener("abort", () => {
        abandoned++;
        resolve(null);
      })
    );
  });
  {
    using flood = await WireClient.greet(attacked.port, { batch: true });
    const timeoutMs = 3_600_000;
    await flood.write(calls(CALLS_PER_CLIENT, { service: "never", timeoutMs }));
    await until(() => served === CALLS_PER_CLIENT, "as many calls as a link may have");
    const refused = await flood.ask({
      type: "call",
      id: CALLS_PER_CLIENT + 1,
      service: "never",
      timeoutMs,
    });
    assertEquals([refused?.["type"], refused?.["code"]], ["error", "OVERLOADED"]);
    const repeated = await flood.ask({ type: "call", id: 1, service: "never", timeoutMs });
    assertEquals([repeated?.["type"], repeated?.["code"]], ["error", "BAD_REQUEST"]);
    await attacked.checkUnharmed(1);
  }
  await attacked.checkUnharmed();
  await until(() => abandoned === served, "every handler is told that nobody waits");
});

Deno.test("a watcher that does not read is closed, and another sees everything", async () => {
  await using attacked = await NodeUnderAttack.start();
  using deaf = await WireClient.greet(attacked.port);
  using keen = await WireClient.greet(attacked.port);
  await deaf.send({ type: "watch", id: 1 });
  assertEquals((await keen.ask({ type: "watch", id: 2 }))?.["type"], "watch");
  const joins = Array.from({ length: GUESTS_PER_LINK }, (_, n) => tutorialJoin(n)).join("\n");
  await attacked.checkUnharmed(2);
  let isDeafClosed = false;
  let rounds = 0;
  for (; !isDeafClosed && rounds < 2_000; rounds++) {
    using guests = await WireClient.connect(attacked.port, "lines");
    await guests.send(joins);
    for (let count = 0; count < GUESTS_PER_LINK; count++) {
      assertEquals((await keen.receive())?.["event"], "guest");
      assertEquals(typeof (await guests.receive())?.["message"], "string");
    }
    isDeafClosed = attacked.foreignLinks < 3;
  }
  assert(rounds > 1 && rounds < 2_000, `closed after ${rounds} rounds`);
  await attacked.checkUnharmed(1);
});

Deno.test("one connection introduces a bounded number of guests", async () => {
  await using attacked = await NodeUnderAttack.start();
  using flood = await WireClient.connect(attacked.port, "lines");
  const joins = Array.from({ length: GUESTS_PER_LINK + 1 }, (_, n) => tutorialJoin(n));
  await flood.send(joins.join("\n"));
  for (let count = 0; count < GUESTS_PER_LINK; count++) {
    assertEquals(typeof (await flood.receive())?.["message"], "string");
  }
  assertEquals((await flood.receive())?.["code"], "OVERLOADED");
  await attacked.checkUnharmed();
});

function tutorialJoin(nodeId: number): string {
  const source = { nodeId, nodeIpAddr: "127.0.0.1", port: "9" };
  return JSON.stringify({ source, dest: {}, message: "Hi" });
}
