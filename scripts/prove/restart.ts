/**
 * How long a node takes to restart from its folder: with 1,000,000 log entries behind it, covered
 * by snapshots as a running node takes them, and, the worst that a folder can hold, all still to be
 * applied.
 *
 *     deno run --allow-all scripts/prove/restart.ts [ENTRIES] [KEYS]
 *
 * @module
 */
import { type Json, parseAddress, SNAPSHOT_ENTRIES, TRAILING_ENTRIES } from "../../lib/core/mod.ts";
import { openDataFolder, SystemIds, systemPorts } from "../../lib/io/mod.ts";
import { Client } from "../../lib/node/mod.ts";
import { State } from "../../lib/state/store/mod.ts";

const ENTRIES = Number(Deno.args[0] ?? 1_000_000);
const KEYS = Number(Deno.args[1] ?? 10_000);
/** Entries that share a write, as those of many writers at once do. */
const BATCH = 64;
const VALUE = "x".repeat(100);
const MAIN = new URL("../../main.ts", import.meta.url).pathname;
const LOOK_MS = 5;

/** Makes the folder of a node that has been the only one of its cluster for a long time. */
async function makeFolder(folder: string, hasSnapshots: boolean): Promise<void> {
  const ids = new SystemIds();
  const id = ids.next();
  const config = { voters: [id], learners: [] };
  const store = await openDataFolder(folder);
  store.saveIdentity({
    id,
    cluster: ids.next(),
    isFounder: true,
    incarnation: 1,
    address: "127.0.0.1:8001",
    members: [],
  });
  store.persist({ vote: { term: 1, votedFor: id }, snapshot: { index: 0, term: 0, config } });
  const state = new State();
  for (let first = 1; first <= ENTRIES; first += BATCH) {
    const entries = [];
    for (let index = first; index < first + BATCH && index <= ENTRIES; index++) {
      const data = { type: "put", key: `key/${index % KEYS}`, value: VALUE };
      if (hasSnapshots) state.apply(index, data);
      entries.push({ index, term: 1, type: "command", data });
    }
    store.persist({ entries });
    const last = first + entries.length - 1;
    if (
      hasSnapshots &&
      Math.floor(last / SNAPSHOT_ENTRIES) > Math.floor((first - 1) / SNAPSHOT_ENTRIES)
    ) {
      store.saveChunks(last, 0, [...state.snapshot()] as unknown as Json[]);
      store.compact(Math.max(0, last - TRAILING_ENTRIES), { index: last, term: 1, config });
    }
  }
  store.close();
}

/**
 * Starts a node in the folder: milliseconds until it is ready, and until it has answered a read as
 * the master.
 */
async function restart(folder: string): Promise<{ readyMs: number; answerMs: number }> {
  const startedAt = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...[
        "run",
        "--quiet",
        "--allow-net",
        `--allow-read=${folder}`,
        `--allow-write=${folder}`,
        MAIN,
      ],
      ...["--myport", "0", "--clusterip", "127.0.0.1:1", "--data", folder],
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let out = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    out += text;
    if (/^ready .*\n/m.test(out)) break;
  }
  const readyMs = performance.now() - startedAt;
  const address = /^ready \S+ (\S+)/m.exec(out)?.[1] ?? "";
  const client = await Client.connect(systemPorts(), [parseAddress(address)], 60_000);
  const body = { op: "get", key: "key/1" };
  const timeoutMs = 60_000;
  let answerMs = 0;
  while (answerMs === 0) {
    const reply = await client.call({ service: "muster.kv", node: client.node.id, body, timeoutMs })
      .catch(() => undefined) as { result?: { entry?: unknown } } | undefined;
    if (reply?.result?.entry) answerMs = performance.now() - startedAt;
    else await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  await client.close();
  child.kill("SIGKILL");
  await child.status;
  return { readyMs, answerMs };
}

if (import.meta.main) {
  for (const hasSnapshots of [true, false]) {
    const folder = Deno.makeTempDirSync();
    try {
      await makeFolder(folder, hasSnapshots);
      const runs = [];
      for (let run = 0; run < 3; run++) runs.push(await restart(folder));
      const shown = runs.map(({ readyMs, answerMs }) => `${seconds(readyMs)}/${seconds(answerMs)}`);
      const what = hasSnapshots ? "covered by snapshots" : "all to be applied";
      console.log(
        `${ENTRIES} entries, ${KEYS} keys, ${what}: ready/answered ${shown.join(", ")} s`,
      );
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  }
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(2);
}
