import { TextLineStream } from "@std/streams/text-line-stream";
import { quantile } from "./statistics.ts";

/** One measurement to make: what the harness writes to a client's stdin as a line of JSON. */
export interface Request {
  /** Calls that wait for their reply at any time. */
  outstanding: number;
  /** Bytes of the body as JSON. */
  bodyBytes: number;
  /** How long to count. */
  durationMs: number;
}

/** What came of it: what the client writes to its stdout as a line of JSON. */
export interface Sample {
  callsPerSecond: number;
  p50Us: number;
  p99Us: number;
}

/** Not counted: what the first calls cost in compilation and buffers that grow. */
const WARM_UP_MS = 200;
/**
 * One call in so many is timed when thousands run at once, so that the clock is no part of the
 * cost.
 */
const TIMED_SHARE = 16;

/** Makes each measurement that stdin asks for and prints what came of it. */
export async function measureRequests(call: (body: unknown) => Promise<unknown>): Promise<void> {
  const lines = Deno.stdin.readable.pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream());
  for await (const line of lines) {
    if (line === "") continue;
    const request = JSON.parse(line) as Request;
    await measure(call, { ...request, durationMs: WARM_UP_MS });
    console.log(JSON.stringify(await measure(call, request)));
  }
}

/** Keeps `outstanding` calls on the way for `durationMs`. */
async function measure(
  call: (body: unknown) => Promise<unknown>,
  { outstanding, bodyBytes, durationMs }: Request,
): Promise<Sample> {
  const body = bodyOf(bodyBytes);
  const latenciesMs: number[] = [];
  const timedShare = outstanding === 1 ? 1 : TIMED_SHARE;
  let calls = 0;
  let isOver = false;
  async function caller(): Promise<void> {
    while (!isOver) {
      if (calls++ % timedShare === 0) {
        const startedAt = performance.now();
        await call(body);
        latenciesMs.push(performance.now() - startedAt);
      } else await call(body);
    }
  }
  const startedAt = performance.now();
  const callers = Array.from({ length: outstanding }, caller);
  await new Promise((resolve) => setTimeout(resolve, durationMs));
  isOver = true;
  const callsPerSecond = (calls - outstanding) / (performance.now() - startedAt) * 1_000;
  await Promise.all(callers);
  latenciesMs.sort((a, b) => a - b);
  return {
    callsPerSecond,
    p50Us: quantile(latenciesMs, 0.5) * 1_000,
    p99Us: quantile(latenciesMs, 0.99) * 1_000,
  };
}

/** A body like a small record, whose JSON has so many bytes. */
function bodyOf(bytes: number): { name: string; padding: string } {
  const empty = JSON.stringify({ name: "Ada", padding: "" }).length;
  return { name: "Ada", padding: "x".repeat(Math.max(0, bytes - empty)) };
}
