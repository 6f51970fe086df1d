/**
 * What idle members cost: processor time, memory and traffic of many real processes (Linux only):
 *
 *     deno run --allow-all scripts/prove/idle.ts [--nodes 50] [--seconds 20]
 *
 * Runs with 10 processes, then with as many as were asked for. The traffic is what membership
 * sends: all bytes over loopback, measured once for the machine and divided by the members, so run
 * nothing else.
 */
import { ProcessCluster } from "../../tests/support/process_cluster.ts";
import { flagNumber, median } from "./table.ts";

/** Clock ticks a second in /proc/PID/stat: USER_HZ, the same on every Linux. */
const TICKS_A_SECOND = 100;
/** After the last join: gossip of the joins has died down, and the first exchanges are over. */
const SETTLE_MS = 15_000;

interface Use {
  /** Seconds of processor time. */
  cpu: number;
  /** Bytes resident. */
  memory: number;
}

function useOf(pid: number): Use {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  // The name of the program, in brackets, may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]);
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  const kilobytes = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]);
  return { cpu: ticks / TICKS_A_SECOND, memory: kilobytes * 1_024 };
}

/** Bytes that loopback has carried. */
function loopbackBytes(): number {
  const line = Deno.readTextFileSync("/proc/net/dev").split("\n").find((each) =>
    /^\s*lo:/.test(each)
  );
  return Number(line?.split(":")[1]?.trim().split(/\s+/)[0]);
}

async function measure(count: number, seconds: number): Promise<string> {
  await using cluster = new ProcessCluster();
  const first = await cluster.start("n1");
  // A few at a time: it is the rest that is measured here.
  for (let started = 1; started < count; started += 5) {
    const batch = Math.min(5, count - started);
    await Promise.all(
      Array.from({ length: batch }, (_, i) => cluster.start(`n${started + i + 1}`, first)),
    );
  }
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  const before = cluster.nodes.map(({ pid }) => useOf(pid).cpu);
  const bytesBefore = loopbackBytes();
  const startedAt = performance.now();
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
  const elapsed = (performance.now() - startedAt) / 1_000;
  const bytes = (loopbackBytes() - bytesBefore) / elapsed / count;
  const uses = cluster.nodes.map(({ pid }) => useOf(pid));
  const cpu = uses.map((use, i) => (use.cpu - (before[i] as number)) / elapsed * 100);
  const memory = uses.map((use) => use.memory / 1_048_576);
  const doubts = cluster.nodes.flatMap(({ events }) =>
    events.filter(({ event }) => event["change"] === "suspect" || event["change"] === "dead")
  );
  return `| ${count} | ${median(cpu).toFixed(2)} % | ${Math.max(...cpu).toFixed(2)} % | ` +
    `${median(memory).toFixed(0)} MB | ${Math.max(...memory).toFixed(0)} MB | ` +
    `${bytes.toFixed(0)} | ${doubts.length} |`;
}

const seconds = flagNumber("seconds", 20);
console.log(
  "| members | cpu, median | cpu, worst | memory, median | worst | bytes/s a member | doubts |",
);
console.log("|---|---|---|---|---|---|---|");
for (const count of [10, Math.min(flagNumber("nodes", 50), 100)]) {
  console.log(await measure(count, seconds));
}
