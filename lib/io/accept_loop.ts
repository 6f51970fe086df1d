import { setImmediate } from "node:timers";
import { type Millis, READ_SLICE_MS } from "../core/mod.ts";

/**
 * Milliseconds to wait when the process has no file left for a connection: one may close by then.
 */
const OUT_OF_FILES_PAUSE_MS = 100;

/**
 * Milliseconds after which an accept has waited for its connection: others had their turn
 * meanwhile.
 */
const WAITED_MS = 0.5;
/**
 * For each slice of accepting so many as long are for others: what was accepted takes its time as
 * well.
 */
const GAP = 3;
/**
 * Milliseconds of that at the most: a machine that stood still is no reason to wait three times as
 * long.
 */
const GAP_MAX_MS = 20;

/** What the system says when the process, or the machine, can hold no further connection. */
const OUT_OF_FILES: ReadonlySet<unknown> = new Set(["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"]);

/** What the loop needs of a listener. */
export interface Accepting<Conn> {
  accept(): Promise<Conn>;
}

/** What the loop tells, and how long it pauses. */
export interface AcceptLoop<Conn> {
  /** A connection is there. */
  accepted(conn: Conn): void;
  /** The process has no file left for a connection: the next attempt comes after a pause. */
  outOfFiles(): void;
  /** Milliseconds to pause for an error; by default only being out of files is worth any. */
  pauseMs?(error: unknown): Millis;
  /** Ends a pause, once the listener is closed. */
  readonly closed?: AbortSignal;
}

/** Whether an error says that the process, or its machine, has no file left for a connection. */
export function isOutOfFiles(error: unknown): boolean {
  return error instanceof Error && OUT_OF_FILES.has((error as { code?: unknown }).code);
}

/**
 * Accepts connections until the listener is closed.
 *
 * A connection that was reset while it stood in the queue makes `accept` fail, and says nothing of
 * the next: whoever resets ten connections a second must not hold up the others. So only being out
 * of files pauses.
 *
 * An accept that finds a connection ends in the same turn of the event loop: thousands that come at
 * once would have all of it, and one turn between two slices is not enough for others. In a turn
 * the runtime looks at a hundred sockets or so, and those of the thousands stand before the one
 * that an answer comes over.
 */
export async function acceptAll<Conn>(
  listener: Accepting<Conn>,
  loop: AcceptLoop<Conn>,
): Promise<void> {
  const { pauseMs = pauseFor, closed } = loop;
  let sliceSince = performance.now();
  while (true) {
    let conn: Conn;
    const askedAt = performance.now();
    try {
      conn = await listener.accept();
    } catch (error) {
      if (error instanceof Deno.errors.BadResource) return;
      if (error instanceof Deno.errors.Interrupted) return;
      if (isOutOfFiles(error)) loop.outOfFiles();
      await pause(pauseMs(error), closed);
      continue;
    }
    const cameAt = performance.now();
    if (cameAt - askedAt > WAITED_MS) sliceSince = cameAt;
    loop.accepted(conn);
    const tookMs = performance.now() - sliceSince;
    if (tookMs <= READ_SLICE_MS) continue;
    await pause(Math.min(GAP * tookMs, GAP_MAX_MS), closed);
    sliceSince = performance.now();
  }
}

function pauseFor(error: unknown): Millis {
  return isOutOfFiles(error) ? OUT_OF_FILES_PAUSE_MS : 0;
}

/**
 * Of no length, it is one turn of the event loop: a queue full of dead connections leaves others
 * theirs.
 */
function pause(pauseMs: Millis, closed: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (pauseMs <= 0 || closed?.aborted === true) return void setImmediate(resolve);
    const end = () => {
      clearTimeout(timer);
      closed?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, pauseMs);
    closed?.addEventListener("abort", end);
  });
}
