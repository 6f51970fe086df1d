/** Milliseconds after which a condition that does not come is a failure. */
const PATIENCE_MS = 10_000;

/** Waits for a condition of the real world; fails, naming it, when it does not come. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const giveUpAt = performance.now() + PATIENCE_MS;
  while (!condition()) {
    if (performance.now() > giveUpAt) throw new Error(`Waited ${PATIENCE_MS} ms for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
