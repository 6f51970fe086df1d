import { setImmediate } from "node:timers";
import { type Millis, READ_SLICE_MS } from "../core/mod.ts";

/** Milliseconds to wait when the process has no file left for a connection: one may close by then. */
const OUT_OF_FILES_PAUSE_MS = 100;

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
}

/** Whether an error says that the process, or its machine, has no file left for a connection. */
export function isOutOfFiles(error: unknown): boolean {
  return error instanceof Error && OUT_OF_FILES.has((error as { code?: unknown }).code);
}

/**
 * Accepts connections until the listener is closed.
 *
 * A connection that was reset while it stood in the queue makes `accept` fail, and says nothing of the next:
 * whoever resets ten connections a second must not hold up the others. So only being out of files pauses.
 *
 * An accept that finds a connection ends in the same turn of the event loop: thousands that come at once would
 * have all of it, so that others have their turn between them.
 */
export async function acceptAll<Conn>(
  listener: Accepting<Conn>,
  loop: AcceptLoop<Conn>,
): Promise<void> {
  const { pauseMs = pauseFor } = loop;
  let sliceSince = performance.now();
  while (true) {
    let conn: Conn;
    try {
      conn = await listener.accept();
    } catch (error) {
      if (error instanceof Deno.errors.BadResource) return;
      if (error instanceof Deno.errors.Interrupted) return;
      if (isOutOfFiles(error)) loop.outOfFiles();
      await pause(pauseMs(error));
      continue;
    }
    loop.accepted(conn);
    if (performance.now() - sliceSince <= READ_SLICE_MS) continue;
    await pause(0);
    sliceSince = performance.now();
  }
}

function pauseFor(error: unknown): Millis {
  return isOutOfFiles(error) ? OUT_OF_FILES_PAUSE_MS : 0;
}

/** Of no length, it is one turn of the event loop: a queue full of dead connections leaves others theirs. */
function pause(pauseMs: Millis): Promise<void> {
  return new Promise((resolve) => {
    if (pauseMs > 0) setTimeout(resolve, pauseMs);
    else setImmediate(resolve);
  });
}
