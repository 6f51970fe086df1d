import { AgreeingCluster } from "../../tests/chaos/agreeing_cluster.ts";
import { Process } from "./contender.ts";
import { EtcdCluster, etcdVersion } from "./etcd_cluster.ts";
import { median, medianSample, quantile } from "./statistics.ts";
import type { WriteReport } from "./table.ts";
import type { WriteRequest, WriteSample } from "./write_load.ts";

const CLIENTS = [1, 64, 1_000];
const MEMBERS = 3;
/**
 * The part of a measurement that comes before it and is not counted: what the first writes cost in
 * compilation.
 */
const WARM_UP_PART = 0.5;
/** Syncs that are measured for the disk's own time, each round. */
const SYNCS = 100;
/** What a small record of a log has. */
const SYNCED_BYTES = 200;

/** Three members that run, and a process with their clients. */
class Writing implements AsyncDisposable {
  readonly #client: Process;
  readonly #cluster: AsyncDisposable;
  readonly #samples = new Map<number, WriteSample[]>();

  constructor(kind: "muster" | "etcd", addresses: readonly string[], cluster: AsyncDisposable) {
    this.#client = new Process(["scripts/bench/write_client.ts", kind, ...addresses]);
    this.#cluster = cluster;
  }

  async measure(request: WriteRequest): Promise<void> {
    await this.#client.write(JSON.stringify(request));
    const sample = JSON.parse(await this.#client.lineLike(/^\{/)) as WriteSample;
    this.#samples.set(request.clients, [...this.#samples.get(request.clients) ?? [], sample]);
  }

  /** The medians of what was measured with so many clients, and all that failed. */
  of(clients: number): WriteSample {
    const samples = this.#samples.get(clients) ?? [];
    const failed = samples.reduce((sum, sample) => sum + sample.failed, 0);
    return { ...medianSample(samples), failed };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client[Symbol.asyncDispose]();
    await this.#cluster[Symbol.asyncDispose]();
  }
}

/**
 * Replicated writes of 100-byte values into three member processes, each client waiting for the
 * acknowledgement before its next write; beside three members of etcd where it is installed, in
 * turns.
 *
 * The data folders of both are on the disk of the temporary folder. A single client stands where a
 * program would: at a member that is not the master. The time of one sync of that disk is measured
 * in each round: what no durable write can be faster than.
 */
export async function measureWrites(
  { seconds, rounds, memory }: { seconds: number; rounds: number; memory: boolean },
): Promise<WriteReport> {
  const folder = await Deno.makeTempDir({ prefix: "muster-bench-" });
  try {
    return await measureIn(folder, { seconds, rounds, memory });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function measureIn(
  folder: string,
  { seconds, rounds, memory }: { seconds: number; rounds: number; memory: boolean },
): Promise<WriteReport> {
  const version = memory ? undefined : await etcdVersion();
  await using muster = await startMuster(memory ? undefined : folder);
  await using etcd = version === undefined ? undefined : await startEtcd(folder);
  const durationMs = seconds * 1_000;
  const times = { durationMs, warmUpMs: WARM_UP_PART * durationMs };
  const syncsMs: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    console.error(`writes: round ${round} of ${rounds}`);
    const both = round % 2 === 1 ? [muster, etcd] : [etcd, muster];
    if (!memory) syncsMs.push(measureSync(folder));
    for (const clients of CLIENTS) {
      for (const contender of both) {
        await contender?.measure({ clients, ...times });
      }
    }
  }
  return {
    syncMs: memory ? null : median(syncsMs),
    etcdVersion: version ?? null,
    results: CLIENTS.map((clients) => {
      const [ours, theirs] = [muster.of(clients), etcd?.of(clients) ?? null];
      const rateRatio = theirs === null ? null : ours.writesPerSecond / theirs.writesPerSecond;
      return { clients, muster: ours, etcd: theirs, rateRatio };
    }),
  };
}

async function startMuster(folder: string | undefined): Promise<Writing> {
  const cluster = await AgreeingCluster.of(MEMBERS, MEMBERS, folder);
  const master = await cluster.master();
  const nodes = [...cluster.without(master), master];
  return new Writing("muster", nodes.map(({ address }) => address), cluster);
}

async function startEtcd(folder: string): Promise<Writing> {
  const cluster = await EtcdCluster.start(folder);
  return new Writing("etcd", await cluster.addresses(), cluster);
}

/** The median time that the disk takes to sync a small append. */
function measureSync(folder: string): number {
  using file = Deno.openSync(`${folder}/sync`, { create: true, append: true });
  const record = new Uint8Array(SYNCED_BYTES);
  const tookMs = Array.from({ length: SYNCS }, () => {
    const startedAt = performance.now();
    file.writeSync(record);
    file.syncDataSync();
    return performance.now() - startedAt;
  });
  return quantile(tookMs.sort((a, b) => a - b), 0.5);
}
