import { quantile } from "./statistics.ts";

/** Writes one key; resolves when the write is acknowledged. */
export type Put = (key: string, value: string) => Promise<unknown>;

/**
 * One measurement to make: what the harness writes to a client process's stdin as a line of JSON.
 */
export interface WriteRequest {
  /** Clients that each wait for the acknowledgement of a write before the next. */
  clients: number;
  /** How long to write before counting. */
  warmUpMs: number;
  /** How long to count. */
  durationMs: number;
}

/** What came of it: what the client process writes to its stdout as a line of JSON. */
export interface WriteSample {
  writesPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** Writes that were refused, or whose outcome is unknown. */
  failed: number;
}

const VALUE = "x".repeat(100);
/** Keys that the clients write in turn: a state that does not grow without bound. */
const KEYS = 10_000;

/** Has clients write through some connections, each client always through the same. */
export async function loadWrites(
  puts: readonly Put[],
  { clients, warmUpMs, durationMs }: WriteRequest,
): Promise<WriteSample> {
  const latenciesMs: number[] = [];
  let [isCounting, isOver, failed] = [false, false, 0];
  const writers = Array.from({ length: clients }, async (_, index) => {
    const put = puts[index % puts.length] as Put;
    for (let key = index; !isOver; key += clients) {
      const startedAt = performance.now();
      try {
        await put(`bench/${key % KEYS}`, VALUE);
        if (isCounting && !isOver) latenciesMs.push(performance.now() - startedAt);
      } catch {
        failed++;
        // Whatever refuses at once must not keep this process from everything else.
        await pause(1);
      }
    }
  });
  await pause(warmUpMs);
  isCounting = true;
  const startedAt = performance.now();
  await pause(durationMs);
  isOver = true;
  const writesPerSecond = latenciesMs.length / (performance.now() - startedAt) * 1_000;
  await Promise.all(writers);
  latenciesMs.sort((a, b) => a - b);
  return {
    writesPerSecond,
    p50Ms: quantile(latenciesMs, 0.5),
    p99Ms: quantile(latenciesMs, 0.99),
    failed,
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
