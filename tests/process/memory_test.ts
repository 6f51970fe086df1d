import { assert, assertEquals } from "@std/assert";
import { parseAddress } from "../../lib/core/mod.ts";
import { residentBytes } from "../../scripts/bench/resident_bytes.ts";
import { ProcessCluster, type ProcessNode } from "../support/process_cluster.ts";
import { frame, join } from "../wire/feed.ts";
import { writeUntilStuck } from "../wire/stuck_writer.ts";
import { WireClient } from "../wire/wire_client.ts";

/** Bytes by which a node grew while something was done to it. */
async function growthOf(node: ProcessNode, harm: () => Promise<void>): Promise<number> {
  const before = await residentBytes(node.pid) ?? 0;
  await harm();
  return (await residentBytes(node.pid) ?? 0) - before;
}

function portOf(node: ProcessNode): number {
  return parseAddress(node.address).port;
}

Deno.test("a peer that never reads its replies costs a node little memory", async () => {
  await using cluster = new ProcessCluster();
  const node = await cluster.start("ada");
  const greedy = await WireClient.greet(portOf(node));
  const calls = join(Array.from({ length: 16 }, (_, at) => {
    const call = { type: "call", id: at + 1, service: "echo", body: "x".repeat(60_000) };
    return frame(JSON.stringify(call));
  }));
  const growth = await growthOf(node, async () => {
    assertEquals((await writeUntilStuck(greedy, calls, 400_000_000)).outcome, "stuck");
  });
  greedy[Symbol.dispose]();
  assert(growth < 60_000_000, `grown by ${growth} bytes`);
});

Deno.test("500 idle connections cost a node little memory", async () => {
  await using cluster = new ProcessCluster();
  const node = await cluster.start("ada");
  const idle: WireClient[] = [];
  const growth = await growthOf(node, async () => {
    for (let count = 0; count < 500; count++) idle.push(await WireClient.connect(portOf(node)));
    // The last of them is answered, so all have been let in.
    await idle.at(-1)?.send({ type: "hello", protocol: 1, role: "client" });
    assertEquals((await idle.at(-1)?.receive())?.["type"], "welcome");
  });
  for (const client of idle) client[Symbol.dispose]();
  assert(growth < 30_000_000, `grown by ${growth} bytes`);
});
