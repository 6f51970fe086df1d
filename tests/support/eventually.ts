import type { Node } from "../../lib/mod.ts";

/** How often a condition that no event announces is looked at, in milliseconds. */
const LOOK_MS = 10;

/**
 * Waits until a condition holds, looking at every event of the nodes and now and then besides.
 *
 * @param what the condition in words, for the error.
 * @param timeoutMs when it is given up. Default 5,000.
 * @returns how long it took, in milliseconds.
 * @throws {Error} when it does not hold in time.
 */
export function eventually(
  what: string,
  condition: () => boolean,
  nodes: readonly Node[] = [],
  timeoutMs = 5_000,
): Promise<number> {
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    const stops: Array<() => void> = [];
    const end = (settle: () => void) => {
      clearInterval(interval);
      clearTimeout(timeout);
      for (const stop of stops) stop();
      settle();
    };
    const look = () => {
      if (condition()) end(() => resolve(performance.now() - startedAt));
    };
    const interval = setInterval(look, LOOK_MS);
    const timeout = setTimeout(() => {
      end(() => reject(new Error(`Not within ${timeoutMs} ms: ${what}`)));
    }, timeoutMs);
    for (const node of nodes) stops.push(node.on(look));
    look();
  });
}
