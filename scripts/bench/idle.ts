import { Process } from "./contender.ts";
import { residentBytes } from "./resident_bytes.ts";
import { median } from "./statistics.ts";

/**
 * Nobody listens there: at the usual port a cluster may be in use, which is none of ours to join.
 */
const NOBODY = ["--clusterip", "127.0.0.1:1"];
/** A node alone, on a free port. */
export const MUSTER = ["main.ts", "--myport", "0", "--makeMasterOnError", ...NOBODY];
/** The least that a program of this runtime does. */
const BARE = ["scripts/bench/bare_listener.ts"];

/** The same figure of a node and of a program that only listens. */
export interface Pair<T> {
  muster: T;
  bare: T;
}

/**
 * How long a process rests before its memory is read: what starting it needed is collected by then.
 */
const REST_MS = 2_000;

/**
 * Milliseconds from the start of a process to its line `ready`, in turns: the medians of all
 * rounds.
 */
export async function measureStarts(rounds: number): Promise<Pair<number>> {
  // The first start of a program compiles it: what counts is every later one.
  for (const program of [MUSTER, BARE]) await measureStart(program);
  const starts = { muster: [] as number[], bare: [] as number[] };
  for (let round = 1; round <= rounds; round++) {
    console.error(`start: round ${round} of ${rounds}`);
    starts.bare.push(await measureStart(BARE));
    starts.muster.push(await measureStart(MUSTER));
  }
  return { muster: median(starts.muster), bare: median(starts.bare) };
}

/**
 * Bytes that a process holds once it has been idle for a while; null where that cannot be known.
 */
export async function measureIdle(): Promise<Pair<number | null>> {
  console.error("idle memory");
  return { muster: await measureMemory(MUSTER), bare: await measureMemory(BARE) };
}

async function measureStart(args: readonly string[]): Promise<number> {
  const startedAt = performance.now();
  await using process = new Process(args);
  await process.lineLike(/^ready /);
  return performance.now() - startedAt;
}

async function measureMemory(args: readonly string[]): Promise<number | null> {
  await using process = new Process(args);
  await process.lineLike(/^ready /);
  await new Promise((resolve) => setTimeout(resolve, REST_MS));
  return await residentBytes(process.pid);
}
