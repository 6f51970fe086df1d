import { assert, assertEquals } from "@std/assert";
import { ProcessCluster, type ProcessNode, run } from "../support/process_cluster.ts";

/** Starts five nodes that have all seen each other. */
async function five(cluster: ProcessCluster): Promise<ProcessNode[]> {
  const first = await cluster.start("n1");
  await Promise.all(["n2", "n3", "n4", "n5"].map((name) => cluster.start(name, first)));
  for (const { id } of cluster.nodes) await allSaw(cluster, id, "joined");
  return cluster.nodes;
}

/**
 * When each running node, but for the member itself, saw it change; those it met as it was count
 * too.
 */
async function allSaw(
  cluster: ProcessCluster,
  member: string,
  change: string,
  since = 0,
): Promise<number[]> {
  const others = cluster.nodes.filter(({ name, id }) => name !== member && id !== member);
  return await Promise.all(others.map((node) => node.saw(member, change, since)));
}

Deno.test("all members list a killed process as dead, in half a second, again and again", async () => {
  await using cluster = new ProcessCluster();
  await five(cluster);
  const tookMs: number[] = [];
  for (let round = 1; round <= 3; round++) {
    const victim = cluster.nodes.at(-1) as ProcessNode;
    const killedAt = performance.now();
    const isDead = cluster.kill(victim);
    const seen = await allSaw(cluster, victim.id, "dead", killedAt);
    await isDead;
    tookMs.push(Math.max(...seen) - killedAt);
    const next = await cluster.start(`r${round}`, cluster.nodes[0]);
    await allSaw(cluster, next.id, "joined");
  }
  tookMs.sort((a, b) => a - b);
  assert((tookMs[1] as number) < 500, `median of ${tookMs}`);
  assert((tookMs[2] as number) < 1_000, `worst of ${tookMs}`);
});

Deno.test("all members see a process leave in order and another join, and nobody else is doubted", async () => {
  await using cluster = new ProcessCluster();
  const nodes = await five(cluster);
  const leaver = nodes[2] as ProcessNode;
  const askedAt = performance.now();
  const end = cluster.leave(leaver);
  const seen = await allSaw(cluster, leaver.id, "left", askedAt);
  assertEquals((await end).code, 0);
  assert(Math.max(...seen) - askedAt < 500, `${Math.max(...seen) - askedAt} ms`);
  const joiner = await cluster.start("n6", nodes[4]);
  const joined = await allSaw(cluster, joiner.id, "joined");
  assert(Math.max(...joined) - joiner.readyAt < 500, `${Math.max(...joined) - joiner.readyAt} ms`);
  for (const node of cluster.nodes) {
    const doubts = node.events.filter(({ event }) =>
      event["change"] === "suspect" || event["change"] === "dead"
    );
    assertEquals(doubts, []);
  }
});

Deno.test("when the master is killed the others go on answering", async () => {
  await using cluster = new ProcessCluster();
  const [master, ...others] = await five(cluster) as [ProcessNode, ...ProcessNode[]];
  const killedAt = performance.now();
  await cluster.kill(master);
  await allSaw(cluster, master.id, "dead", killedAt);
  for (const { address, name } of others.slice(0, 2)) {
    const { code, out } = await run("call", "--clusterip", address, "n5", "info", "null", "--json");
    assertEquals([code, JSON.parse(out).name], [0, "n5"], name);
  }
});

Deno.test("a process that is stopped until it is doubted and goes on is never listed as dead", async () => {
  await using cluster = new ProcessCluster();
  const nodes = await five(cluster);
  const sleeper = nodes[3] as ProcessNode;
  const others = nodes.filter((node) => node !== sleeper);
  const stoppedAt = performance.now();
  sleeper.signal("SIGSTOP");
  await Promise.any(others.map((node) => node.saw(sleeper.id, "suspect", stoppedAt)));
  sleeper.signal("SIGCONT");
  const { code } = await run("call", "--clusterip", sleeper.address, "n1", "echo", "1");
  assertEquals(code, 0);
  for (const node of cluster.nodes) {
    // Whoever doubted it has heard its answer before the end.
    const changes = node.events
      .filter(({ event }) => (event["member"] as { id?: string } | undefined)?.id === sleeper.id)
      .map(({ event }) => event["change"]);
    if (changes.at(-1) === "suspect") await node.saw(sleeper.id, "alive");
    assert(!changes.includes("dead"), `${node.name} saw ${changes}`);
  }
});
