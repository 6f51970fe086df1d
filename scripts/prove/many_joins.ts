/**
 * Starts many processes at once against one master, and waits until each knows all:
 *
 *     deno run --allow-all scripts/prove/many_joins.ts [--nodes 30]
 */
import { connectClient } from "./connect_client.ts";
import { ProcessCluster } from "../../tests/support/process_cluster.ts";
import { flagNumber } from "./table.ts";

/** Beyond this a machine of two cores only measures its own scheduler. */
const NODES_MAX = 100;
const nodes = Math.min(flagNumber("nodes", 30), NODES_MAX);

await using cluster = new ProcessCluster();
const master = await cluster.start("master");
const startedAt = performance.now();
const joined = await Promise.all(
  Array.from({ length: nodes }, (_, index) => cluster.start(`n${index + 1}`, master)),
);
const readyMs = Math.max(...joined.map(({ readyAt }) => readyAt)) - startedAt;
console.log(`${nodes} processes started at once, all ready after ${readyMs.toFixed(0)} ms`);

await using clients = new AsyncDisposableStack();
const views = await Promise.all(cluster.nodes.map(async ({ address }) => {
  const client = await connectClient(address);
  clients.use(client);
  return client;
}));
const counts = async () =>
  await Promise.all(views.map(async (client) => {
    const { members, master } = await client.request({ type: "members" }, 5_000);
    const alive = (members as Array<{ state: string }>).filter(({ state }) => state === "alive");
    return `${alive.length} alive, master ${master}`;
  }));
const giveUpAt = performance.now() + 10_000;
let seen = await counts();
while (new Set(seen).size > 1 || !seen[0]?.startsWith(`${nodes + 1} `)) {
  if (performance.now() > giveUpAt) {
    console.log(`They do not agree: ${[...new Set(seen)].join(" / ")}`);
    Deno.exitCode = 1;
    break;
  }
  seen = await counts();
}
const agreedMs = performance.now() - startedAt - readyMs;
console.log(`All ${seen.length} agree after another ${agreedMs.toFixed(0)} ms: ${seen[0]}`);
