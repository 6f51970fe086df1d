import { Process } from "./contender.ts";

/** What a node costs before anybody asks anything of it. */
export interface IdleSample {
  /** From the start of the process to its line `ready`. */
  startMs: number;
  /** What the process holds in memory once it has been idle for a while, in bytes; null where it cannot be known. */
  residentBytes: number | null;
}

/** How long a process rests before its memory is read: what starting it needed is collected by then. */
const REST_MS = 2_000;

/** Starts a program, waits for its line `ready`, and ends it. */
export async function measureStart(args: readonly string[]): Promise<number> {
  const startedAt = performance.now();
  await using process = new Process(args);
  await process.lineLike(/^ready /);
  return performance.now() - startedAt;
}

/** Starts a program, lets it rest and reads its memory. */
export async function measureIdleMemory(args: readonly string[]): Promise<number | null> {
  await using process = new Process(args);
  await process.lineLike(/^ready /);
  await new Promise((resolve) => setTimeout(resolve, REST_MS));
  return await residentBytes(process.pid);
}

async function residentBytes(pid: number): Promise<number | null> {
  if (Deno.build.os === "windows") return null;
  if (Deno.build.os === "linux") {
    const status = await Deno.readTextFile(`/proc/${pid}/status`);
    return Number(/^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1] ?? NaN) * 1_024;
  }
  const { stdout } = await new Deno.Command("ps", { args: ["-o", "rss=", "-p", `${pid}`] })
    .output();
  return Number(new TextDecoder().decode(stdout)) * 1_024;
}
