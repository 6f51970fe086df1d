/**
 * How fast five real processes on loopback see each other die, leave, join, stall and come back:
 *
 *     deno run --allow-all scripts/prove/failure_detection.ts [--kills 20] [--leaves 50] [--joins 20]
 *
 * Each figure is the time until the *last* of the others said so. Takes about three minutes.
 */
import { ProcessCluster, type ProcessNode } from "../../tests/support/process_cluster.ts";
import { flagNumber, row, TABLE_HEAD } from "./table.ts";

const NODES = 5;

async function untilAllSaw(
  cluster: ProcessCluster,
  member: ProcessNode,
  change: string,
  since: number,
  timeoutMs?: number,
): Promise<number> {
  const others = cluster.nodes.filter((node) => node !== member);
  const seen = others.map((node) => node.saw(member.id, change, since, timeoutMs));
  return Math.max(...await Promise.all(seen)) - since;
}

/** Starts one more node, and waits until all others have seen it. */
async function addNode(cluster: ProcessCluster, name: string): Promise<number> {
  const node = await cluster.start(name, cluster.nodes[0]);
  const others = cluster.nodes.filter((each) => each !== node);
  const seen = await Promise.all(others.map((each) => each.saw(node.id, "joined")));
  // A member may tell it before the node itself says that it is ready.
  return Math.max(0, Math.max(...seen) - node.readyAt);
}

async function kills(cluster: ProcessCluster, times: number): Promise<number[]> {
  const tookMs: number[] = [];
  for (let i = 0; i < times; i++) {
    const victim = cluster.nodes.at(-1) as ProcessNode;
    const killedAt = performance.now();
    const isDead = cluster.kill(victim);
    tookMs.push(await untilAllSaw(cluster, victim, "dead", killedAt));
    await isDead;
    await addNode(cluster, `kill${i}`);
  }
  return tookMs;
}

async function leaves(cluster: ProcessCluster, times: number): Promise<number[]> {
  const tookMs: number[] = [];
  for (let i = 0; i < times; i++) {
    const leaver = cluster.nodes.at(-1) as ProcessNode;
    const askedAt = performance.now();
    const end = cluster.leave(leaver);
    tookMs.push(await untilAllSaw(cluster, leaver, "left", askedAt));
    await end;
    await addNode(cluster, `leave${i}`);
  }
  return tookMs;
}

async function joins(cluster: ProcessCluster, times: number): Promise<number[]> {
  const tookMs: number[] = [];
  for (let i = 0; i < times; i++) {
    tookMs.push(await addNode(cluster, `join${i}`));
    await cluster.leave(cluster.nodes.at(-1) as ProcessNode);
  }
  return tookMs;
}

/** Stops a process for a time, and says how often the others took it for dead. */
async function pause(cluster: ProcessCluster, times: number, pauseMs: number): Promise<number> {
  const sleeper = cluster.nodes.at(-1) as ProcessNode;
  const others = cluster.nodes.filter((node) => node !== sleeper);
  let deaths = 0;
  for (let i = 0; i < times; i++) {
    const stoppedAt = performance.now();
    sleeper.signal("SIGSTOP");
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    sleeper.signal("SIGCONT");
    // Long enough for a suspicion that was open to have run out.
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    for (const { events } of others) {
      deaths += events.filter(({ at, event }) =>
        at > stoppedAt && event["change"] === "dead" &&
        (event["member"] as { id?: string } | undefined)?.id === sleeper.id
      ).length;
    }
  }
  return deaths;
}

/**
 * Stops a process for ten seconds: until all took it for dead, and, once it goes on, until it was
 * back.
 */
async function longPause(cluster: ProcessCluster): Promise<[number, number]> {
  const sleeper = cluster.nodes.at(-1) as ProcessNode;
  const stoppedAt = performance.now();
  sleeper.signal("SIGSTOP");
  const deadMs = await untilAllSaw(cluster, sleeper, "dead", stoppedAt, 10_000);
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, 10_000 - deadMs)));
  const resumedAt = performance.now();
  sleeper.signal("SIGCONT");
  return [deadMs, await untilAllSaw(cluster, sleeper, "alive", resumedAt, 30_000)];
}

await using cluster = new ProcessCluster();
const first = await cluster.start("n1");
for (let i = 2; i <= NODES; i++) await addNode(cluster, `n${i}`);
console.log(TABLE_HEAD);
const killMs = await kills(cluster, flagNumber("kills", 20));
console.log(row("kill -9, until all list it dead", killMs, "median < 500 ms, worst < 1,000 ms"));
const leaveMs = await leaves(cluster, flagNumber("leaves", 50));
console.log(row("SIGTERM, until all list it left", leaveMs, "all < 500 ms"));
const joinMs = await joins(cluster, flagNumber("joins", 20));
console.log(row("ready, until all list it", joinMs, "all < 200 ms"));
const deaths = await pause(cluster, 5, 1_000);
console.log(`| SIGSTOP 1 s, listed dead | 5 | ${deaths} times | | never |`);
const [deadMs, backMs] = await longPause(cluster);
console.log(row("SIGSTOP 10 s, until all list it dead", [deadMs], "< 10,000 ms"));
console.log(row("SIGCONT, until all list it alive", [backMs], "by itself"));
console.log(`\nStarted through ${first.name} at ${first.address}, profile lan, ${NODES} processes`);
