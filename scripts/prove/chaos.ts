/**
 * Five real processes that are killed, stopped, restarted, cut off from each other or refused, and
 * that leave, come and return, while clients write: no acknowledged write may be lost, and the
 * history that the clients saw must be linearizable.
 *
 *     deno run --allow-all scripts/prove/chaos.ts [--minutes 2] [--clients 8] [--seed 1] [--memory] [--history FILE]
 *
 * The nodes have data folders, unless `--memory`: then who is killed is replaced by a new node, and
 * the next harm waits until five vote again. The seed decides what is done to whom, not how the
 * processes take it.
 *
 * `--history FILE` keeps the history for an outside checker, written as it happens: JSON lines, in
 * the order in which the operations ended, each key a register of its own that is absent (`null`)
 * at first.
 *
 * | field       | is                                                                                       |
 * |-------------|------------------------------------------------------------------------------------------|
 * | `client`    | who asked; a client has one operation at a time under way                                |
 * | `op`        | `get`, `put`, `cas` or `delete`                                                          |
 * | `key`       | the register                                                                             |
 * | `value`     | what a `get` saw, what a `put` or `cas` writes; `null`: absent. No value is written twice |
 * | `expected`  | of a `cas`: what has to stand there for it to write; `null`: nothing                     |
 * | `succeeded` | of a `cas`: whether it wrote; of a `delete`: whether there was something. Only if `ok`   |
 * | `ok`        | `true`: done, once, between `start` and `end`. `false`: certainly never done. `null`: unknown: it may have been done at any time from `start` on, also long after `end`, or never |
 * | `start`     | milliseconds, on one clock for all clients                                               |
 * | `end`       | when the answer came, or when the client gave up                                         |
 * | `error`     | why it is not `true`, for people                                                         |
 *
 * `tests/linearizability/checker.ts` judges such a file, too.
 */
import { parseAddress, randomBelow, randomBetween, SeededRandom } from "../../lib/core/mod.ts";
import { systemPorts } from "../../lib/io/mod.ts";
import { AgreeingCluster, pause } from "../../tests/chaos/agreeing_cluster.ts";
import { Harm } from "../../tests/chaos/harm.ts";
import { type HistoryLine, Workload } from "../../tests/chaos/workload.ts";
import { checkHistory } from "../../tests/linearizability/checker.ts";
import type { ProcessNode } from "../../tests/support/process_cluster.ts";
import { flagNumber } from "./table.ts";

const NODES = 5;
/** The clients go on to new keys: to judge a key takes the longer, the longer its history. */
const KEYS_MS = 10_000;

const isDurable = !Deno.args.includes("--memory");
const at = Deno.args.indexOf("--history");
const historyFile = at < 0 ? undefined : Deno.args[at + 1];
const endsAt = performance.now() + flagNumber("minutes", 2) * 60_000;
const random = new SeededRandom(flagNumber("seed", 1));
const folder = isDurable ? Deno.makeTempDirSync({ prefix: "muster-chaos-" }) : undefined;

await using cluster = await AgreeingCluster.of(NODES, NODES, folder, { isRelayed: true });
const history: HistoryLine[] = [];
const file = historyFile === undefined
  ? undefined
  : Deno.openSync(historyFile, { create: true, write: true, truncate: true });
let isOver = false;
const workloads = Array.from({ length: flagNumber("clients", 8) }, (_, index) =>
  new Workload({
    name: `c${index + 1}`,
    ports: systemPorts(),
    random: new SeededRandom(randomBelow(random, 2 ** 32)),
    get keys() {
      const era = Math.floor(performance.now() / KEYS_MS);
      return [`${era}/a`, `${era}/b`, `${era}/c`, `${era}/d`];
    },
    addresses: () => cluster.nodes.map(({ listening }) => parseAddress(listening)),
    now: () => performance.now(),
    record,
    isOver: () => isOver,
    pauseMs: [0, 20],
  }).run());

const harm = new Harm(cluster, random, isDurable);
while (performance.now() < endsAt) {
  await pause(randomBetween(random, 1_000, 5_000));
  const done = await harm.next();
  if (Deno.stdout.isTerminal()) console.log(`${history.length} operations; ${done}`);
}
await harm.heal();
await cluster.settled(NODES, 60_000);
const healedAt = performance.now();
for (const node of cluster.nodes) await cluster.writes(node, performance.now());
console.log(`A write through each after healing: ${(performance.now() - healedAt).toFixed(0)} ms`);
isOver = true;
await Promise.all(workloads);
await readAll();
cluster.expectOneMasterATerm();

file?.close();
const lines = history.map((line) => JSON.stringify(line));
const unknown = history.filter(({ ok }) => ok === null).length;
const verdict = checkHistory(lines);
console.log(`Harm: ${harm.summary()}; ${cluster.mastersByTerm().size} terms with a master`);
console.log(`${history.length} operations on ${verdict.keys} keys, ${unknown} of unknown outcome`);
console.log(`The longest time without an acknowledged write: ${longestGapMs(history)} ms`);
console.log(`Verdict: ${verdict.verdict}`);
for (const violation of verdict.violations) console.log(JSON.stringify(violation, undefined, 2));
if (verdict.verdict !== "linearizable") console.log(`Undecided: ${verdict.undecided.join(", ")}`);
if (folder !== undefined && verdict.verdict === "linearizable") {
  await cluster[Symbol.asyncDispose]();
  Deno.removeSync(folder, { recursive: true });
}
Deno.exitCode = verdict.verdict === "linearizable" ? 0 : 1;

/** A run that ends in an error leaves what there is to judge. */
function record(line: HistoryLine): void {
  history.push(line);
  file?.writeSync(new TextEncoder().encode(`${JSON.stringify(line)}\n`));
}

/** Reads every key once more: what was acknowledged must still be there. */
async function readAll(): Promise<void> {
  const reader = cluster.through(cluster.nodes[0] as ProcessNode);
  for (const key of new Set(history.map((line) => line.key))) {
    const start = performance.now();
    const value = await reader.get(key);
    record({ client: "end", op: "get", key, value, ok: true, start, end: performance.now() });
  }
}

/** Milliseconds between two acknowledged writes, at the most. */
function longestGapMs(lines: readonly HistoryLine[]): number {
  const ends = lines.filter(({ ok, op }) => ok === true && op !== "get").map(({ end }) => end)
    .sort((a, b) => a - b);
  let longest = 0;
  // Half an hour's writes are too many for the arguments of one call.
  for (const [at, end] of ends.entries()) longest = Math.max(longest, end - (ends[at - 1] ?? end));
  return Math.round(longest);
}
