/**
 * Replicated writes: 100-byte values into the state of three member processes, by 1, 64 and 1,000 clients
 * that each wait for the acknowledgement before the next write:
 *
 *     deno run --allow-all scripts/bench/writes.ts [--seconds 5] [--memory]
 *
 * The members have data folders on the disk of the temporary folder (every write is synced by a majority),
 * unless `--memory`. Clients are spread over the members, and share a connection in groups. The time of
 * one sync of that disk is printed beside: what no durable write can be faster than.
 */
import { parseAddress } from "../../lib/core/mod.ts";
import { systemPorts } from "../../lib/io/mod.ts";
import { Client } from "../../lib/node/mod.ts";
import { AgreeingCluster } from "../../tests/chaos/agreeing_cluster.ts";
import { StateClient } from "../../tests/chaos/state_client.ts";
import type { ProcessNode } from "../../tests/support/process_cluster.ts";
import { flagNumber } from "../prove/table.ts";
import { quantile } from "./measure.ts";

const CLIENTS = [1, 64, 1_000];
const VALUE = "x".repeat(100);
/** Connections at the most: beyond that they cost more than they bring. */
const CONNECTIONS = 30;
/** Not counted: what the first writes cost in compilation. */
const WARM_UP_MS = 1_000;
/** Long enough for a write behind a thousand others on a slow disk. */
const WRITE_MS = 30_000;
/** Keys that the clients write in turn: a state that does not grow without bound. */
const KEYS = 10_000;
/** Syncs that are measured for the disk's own time. */
const SYNCS = 200;

const isDurable = !Deno.args.includes("--memory");
const folder = isDurable ? Deno.makeTempDirSync({ prefix: "muster-writes-" }) : undefined;
const durationMs = flagNumber("seconds", 5) * 1_000;

await using cluster = await AgreeingCluster.of(3, 3, folder);
if (folder !== undefined) console.log(`One sync of 200 bytes: ${syncMs(folder).toFixed(3)} ms\n`);
console.log("| clients | writes/s | p50 | p99 | failed |\n|---|---|---|---|---|");
for (const clients of CLIENTS) console.log(await measure(clients));
await cluster[Symbol.asyncDispose]();
if (folder !== undefined) Deno.removeSync(folder, { recursive: true });

async function measure(clients: number): Promise<string> {
  const connections = await Promise.all(
    Array.from({ length: Math.min(clients, CONNECTIONS) }, async (_, index) => {
      // A single client stands where a program would: at any member, here not the master.
      const node = cluster.nodes[(index + 1) % cluster.nodes.length] as ProcessNode;
      return await Client.connect(systemPorts(), [parseAddress(node.address)], 10_000);
    }),
  );
  const states = connections.map((client) => new StateClient(client, WRITE_MS));
  const latenciesMs: number[] = [];
  let [isCounting, isOver, failed, written] = [false, false, 0, 0];
  const writers = Array.from({ length: clients }, async (_, index) => {
    const state = states[index % states.length] as StateClient;
    for (let key = index; !isOver; key += clients) {
      const startedAt = performance.now();
      try {
        await state.put(`bench/${key % KEYS}`, VALUE);
        if (!isCounting || isOver) continue;
        written++;
        latenciesMs.push(performance.now() - startedAt);
      } catch {
        failed++;
      }
    }
  });
  await new Promise((resolve) => setTimeout(resolve, WARM_UP_MS));
  isCounting = true;
  const startedAt = performance.now();
  await new Promise((resolve) => setTimeout(resolve, durationMs));
  const rate = written / (performance.now() - startedAt) * 1_000;
  isOver = true;
  await Promise.all(writers);
  await Promise.all(connections.map((client) => client.close()));
  latenciesMs.sort((a, b) => a - b);
  const [p50, p99] = [0.5, 0.99].map((share) => `${quantile(latenciesMs, share).toFixed(2)} ms`);
  return `| ${clients} | ${rate.toFixed(0)} | ${p50} | ${p99} | ${failed} |`;
}

/** The median time that the disk takes to sync a small append. */
function syncMs(folder: string): number {
  const file = Deno.openSync(`${folder}/sync`, { create: true, append: true });
  const record = new Uint8Array(200);
  const tookMs = Array.from({ length: SYNCS }, () => {
    const startedAt = performance.now();
    file.writeSync(record);
    file.syncDataSync();
    return performance.now() - startedAt;
  });
  file.close();
  return quantile(tookMs.sort((a, b) => a - b), 0.5);
}
