/**
 * Has many processes leave in the same moment, and says how long each took:
 *
 *     deno run --allow-all scripts/prove/many_leaves.ts [--nodes 30] [--rounds 3]
 */
import { ProcessCluster } from "../../tests/support/process_cluster.ts";
import { flagNumber } from "./table.ts";

/** Beyond this a machine of two cores only measures its own scheduler. */
const NODES_MAX = 100;
const nodes = Math.min(flagNumber("nodes", 30), NODES_MAX);
/** Long enough for the voters to be five, so that all of them leave too. */
const VOTERS_MS = 4_000;

for (let round = 0; round < flagNumber("rounds", 3); round++) {
  await using cluster = new ProcessCluster();
  const master = await cluster.start("master");
  await Promise.all(
    Array.from({ length: nodes - 1 }, (_, index) => cluster.start(`n${index + 1}`, master)),
  );
  await new Promise((resolve) => setTimeout(resolve, VOTERS_MS));
  const startedAt = performance.now();
  const ends = await Promise.all(cluster.nodes.map(async (node) => {
    const { code } = await cluster.leave(node);
    return { name: node.name, code, ms: performance.now() - startedAt };
  }));
  ends.sort((a, b) => a.ms - b.ms);
  const failed = ends.filter(({ code }) => code !== 0).length;
  const [middle, last] = [ends[ends.length >> 1], ends.at(-1)];
  console.log(
    `${nodes} processes left at once: half within ${middle?.ms.toFixed(0)} ms, all within ` +
      `${last?.ms.toFixed(0)} ms (${last?.name} was the last), ${failed} failed`,
  );
}
