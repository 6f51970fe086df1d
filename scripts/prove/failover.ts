/**
 * What it costs real processes on loopback to lose their master, and what stays when too many are
 * lost:
 *
 *     deno run --allow-all scripts/prove/failover.ts [--kills 20] [--stops 5] [--cuts 5] [--gap 10] [--only PART]
 *         [--data]
 *
 * Parts: kills, stops, cuts, one-after-another, last-two, leaves, majority. `--gap` is the number
 * of seconds between two crashes of the same cluster; `--data`: every node has a data folder, and
 * comes back after a kill. Takes about four minutes. Exits with 1 when a promise is broken.
 */
import { ClusterError } from "../../lib/core/mod.ts";
import type { ProcessNode } from "../../tests/support/process_cluster.ts";
import { AgreeingCluster, pause } from "../../tests/chaos/agreeing_cluster.ts";
import { flagNumber, median, row, TABLE_HEAD } from "./table.ts";

const broken: string[] = [];
const isDurable = Deno.args.includes("--data");
const folders: string[] = [];

/** A new folder for the data of one cluster. */
function folder(): string | undefined {
  if (!isDurable) return undefined;
  folders.push(Deno.makeTempDirSync({ prefix: "muster-failover-" }));
  return folders.at(-1);
}

/** Notes a promise that was not kept. */
function expect(isKept: boolean, what: string): void {
  if (!isKept) broken.push(what);
}

/** Kills the master, and waits for a write through one of the survivors. */
async function killMaster(cluster: AgreeingCluster, round: number): Promise<number> {
  const master = await cluster.master();
  const survivors = cluster.without(master);
  const killedAt = performance.now();
  await cluster.processes.kill(master);
  return await cluster.writes(survivors[round % survivors.length] as ProcessNode, killedAt);
}

/**
 * Three nodes lose their master again and again; each comes back, or a new node takes its place.
 */
async function kills(): Promise<void> {
  const tookMs: number[] = [];
  await using cluster = await AgreeingCluster.of(3, 3, folder());
  for (let round = 0; round < flagNumber("kills", 20); round++) {
    const killed = await cluster.master();
    tookMs.push(await killMaster(cluster, round));
    await (isDurable ? cluster.start(killed.name) : cluster.add());
    await cluster.settled(3);
  }
  cluster.expectOneMasterATerm();
  console.log(
    row("kill -9 the master of 3, until a write", tookMs, "median < 300 ms, worst < 1 s"),
  );
  console.log(`  each: ${tookMs.map((ms) => ms.toFixed(0)).join(", ")} ms`);
  expect(median(tookMs) < 300 && Math.max(...tookMs) < 1_000, "failover after a kill is too slow");
}

/**
 * The master of three is stopped: another takes over, and when it goes on it has nothing to say.
 */
async function stops(): Promise<void> {
  const tookMs: number[] = [];
  let refused = 0;
  await using cluster = await AgreeingCluster.of(3, 3, folder());
  for (let round = 0; round < flagNumber("stops", 5); round++) {
    const master = await cluster.master();
    const survivors = cluster.without(master);
    const stoppedAt = performance.now();
    master.signal("SIGSTOP");
    // Waits in the old master's socket, and is what it finds when it goes on.
    const late = cluster.through(master).put("chaos/late", round).catch((error) => error as Error);
    tookMs.push(await cluster.writes(survivors[round % 2] as ProcessNode, stoppedAt));
    const revision = await cluster.through(survivors[0] as ProcessNode).put("chaos/new", round);
    await pause(500);
    master.signal("SIGCONT");
    const seen = await cluster.through(master).get("chaos/new").catch((error) => error as Error);
    expect(seen === round || seen instanceof Error, `the old master read ${seen}, not ${round}`);
    const answer = await late;
    if (typeof answer !== "number") refused++;
    // It may pass the write on to the new master; to agree on it alone is what it must not do.
    else expect(answer > revision, `the old master acknowledged revision ${answer}`);
    await cluster.settled(3);
  }
  cluster.expectOneMasterATerm();
  console.log(row("SIGSTOP the master of 3, until a write", tookMs, "worst < 2 s"));
  console.log(`  writes that waited at the old master: ${refused} refused, the others passed on`);
  expect(Math.max(...tookMs) < 2_000, "failover after a stop is too slow");
}

/** The master of three is cut off in silence: it refuses writes before another takes over. */
async function cuts(): Promise<void> {
  const [tookMs, aheadMs]: [number[], number[]] = [[], []];
  await using cluster = await AgreeingCluster.of(3, 3, folder(), { isRelayed: true });
  for (let round = 0; round < flagNumber("cuts", 5); round++) {
    const master = await cluster.master();
    const survivors = cluster.without(master);
    const cutAt = performance.now();
    cluster.network.cut([master], survivors);
    const ms = await cluster.writes(survivors[round % 2] as ProcessNode, cutAt);
    tookMs.push(ms);
    aheadMs.push(cutAt + ms - await master.resigned(cutAt));
    const refusal = await cluster.through(master).put("chaos/late", round).catch((error) => error);
    const isRefused = refusal instanceof ClusterError && refusal.code === "NO_QUORUM";
    expect(isRefused, `a master that was cut off gave ${refusal}`);
    cluster.network.heal();
    await cluster.settled(3);
  }
  cluster.expectOneMasterATerm();
  console.log(row("cut the master of 3 off, until a write", tookMs, "worst < 2 s"));
  console.log(row("by which the old one had stopped before that", aheadMs, "never less than 0"));
  expect(Math.max(...tookMs) < 2_000, "failover after a cut is too slow");
  expect(Math.min(...aheadMs) > 0, "a master that was cut off stopped too late");
}

/** Five lose their master one after another, down to two; then the one that votes. */
async function oneAfterAnother(): Promise<void> {
  const gapMs = flagNumber("gap", 10) * 1_000;
  await using cluster = await AgreeingCluster.of(5, 5, folder());
  const tookMs: number[] = [];
  while (cluster.nodes.length > 2) {
    const startedAt = performance.now();
    tookMs.push(await killMaster(cluster, tookMs.length));
    await pause(gapMs - (performance.now() - startedAt));
  }
  console.log(row(`5 down to 2, the master every ${gapMs / 1_000} s`, tookMs, "writes after each"));
  await cluster.settled(1);
  const voter = await cluster.master();
  const [last] = cluster.without(voter) as [ProcessNode];
  await cluster.processes.kill(voter);
  await expectNoQuorum("of two, the voter is lost", cluster, last, [voter]);
  cluster.expectOneMasterATerm();
}

/** Of two the one that does not vote is lost: nothing happens. */
async function lastTwo(): Promise<void> {
  await using cluster = await AgreeingCluster.of(2, 1, folder());
  const voter = await cluster.master();
  const [other] = cluster.without(voter) as [ProcessNode];
  const killedAt = performance.now();
  await cluster.processes.kill(other);
  const tookMs = await cluster.writes(voter, killedAt);
  console.log(row("of two, the other is lost, until a write", [tookMs], "survived"));
}

/** Five leave in order, the master each time, down to one. */
async function leaves(): Promise<void> {
  await using cluster = await AgreeingCluster.of(5, 5, folder());
  const [tookMs, leftMs]: [number[], number[]] = [[], []];
  while (cluster.nodes.length > 1) {
    const master = await cluster.master();
    const stays = cluster.without(master).at(-1) as ProcessNode;
    const askedAt = performance.now();
    const end = cluster.processes.leave(master);
    tookMs.push(await cluster.writes(stays, askedAt));
    const { code } = await end;
    leftMs.push(performance.now() - askedAt);
    tookMs.push(await cluster.writes(stays, performance.now()));
    expect(code === 0, `a master that left ended with ${code}`);
  }
  cluster.expectOneMasterATerm();
  console.log(row("5 leave down to 1, the master each time, a write", tookMs, "writes all along"));
  console.log(row("until the process that leaves has ended", leftMs, "< 8 s"));
}

/** Three of five at once: no majority, and what goes on without one. */
async function majority(): Promise<void> {
  await using cluster = await AgreeingCluster.of(5, 5, folder());
  const [, ...others] = cluster.nodes;
  await cluster.through(others[0] as ProcessNode).put("chaos/before", "kept");
  const master = await cluster.master();
  const victims = [master, ...cluster.without(master).slice(0, 2)];
  await Promise.all(victims.map((victim) => cluster.processes.kill(victim)));
  const [one, other] = cluster.nodes as [ProcessNode, ProcessNode];
  await expectNoQuorum("three of five are lost at once", cluster, one, victims);
  const stale = await cluster.through(one).get("chaos/before", { stale: true });
  expect(stale === "kept", `a stale read gave ${stale}`);
  const { members } = await cluster.view(one);
  const alive = members.filter(({ state }) => state === "alive").length;
  expect(alive === 2, `${alive} members are listed as alive`);
  const { client } = cluster.through(one);
  const called = await client.call({ service: "echo", node: other.name, body: 1 });
  expect(called === 1, `a call gave ${called}`);
  console.log("| stale read, members, call without a majority | 1 | | | they work |");
}

/** A write fails with NO_QUORUM that names the lost ones, soon. */
async function expectNoQuorum(
  what: string,
  cluster: AgreeingCluster,
  through: ProcessNode,
  lost: ProcessNode[],
): Promise<void> {
  // Until then the lost are not known as such.
  await Promise.all(lost.map(({ id }) => through.saw(id, "dead")));
  const askedAt = performance.now();
  const failure = await cluster.through(through).put("chaos/lost", 1).then(
    () => undefined,
    (error) => error as Error,
  );
  const tookMs = performance.now() - askedAt;
  const isTyped = failure instanceof ClusterError && failure.code === "NO_QUORUM";
  expect(isTyped, `${what}: a write gave ${failure}`);
  for (const { name } of lost) {
    expect(failure?.message.includes(name) === true, `${what}: ${name} not in ${failure?.message}`);
  }
  console.log(row(`${what}, until NO_QUORUM`, [tookMs], "named, fast"));
}

const PARTS: Record<string, () => Promise<void>> = {
  "kills": kills,
  "stops": stops,
  "cuts": cuts,
  "one-after-another": oneAfterAnother,
  "last-two": lastTwo,
  "leaves": leaves,
  "majority": majority,
};

const at = Deno.args.indexOf("--only");
const only = at < 0 ? undefined : Deno.args[at + 1];
if (only !== undefined && !Object.hasOwn(PARTS, only)) {
  console.error(`--only takes one of: ${Object.keys(PARTS).join(", ")}`);
  Deno.exit(2);
}
console.log(TABLE_HEAD);
for (const [name, part] of Object.entries(PARTS)) {
  if (only === undefined || only === name) await part();
}
for (const each of folders) Deno.removeSync(each, { recursive: true });
for (const what of broken) console.log(`BROKEN: ${what}`);
Deno.exit(broken.length > 0 ? 1 : 0);
