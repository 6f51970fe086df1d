import type { Millis } from "./machine.ts";
import type { Clock } from "./ports.ts";

/**
 * Waits on a clock; an aborted signal ends the wait at once, without an error: whoever waits looks
 * at it.
 *
 * @param ms 0 waits for one turn of the event loop.
 */
export async function sleep(
  clock: Pick<Clock, "setTimer">,
  ms: Millis,
  signal?: AbortSignal,
): Promise<void> {
  if (signal?.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = clock.setTimer(ms, resolve);
  const wake = () => resolve();
  signal?.addEventListener("abort", wake);
  await promise;
  timer.cancel();
  // A signal may live as long as the node, and every wait would leave its listener behind.
  signal?.removeEventListener("abort", wake);
}
