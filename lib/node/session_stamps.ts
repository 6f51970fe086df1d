import type { SessionStamp } from "../state/mod.ts";
import { SESSION_COMMANDS } from "../core/mod.ts";

/** A stamp that is in use: give it back when its command has ended. */
export type Stamp = Required<SessionStamp>;

/**
 * The stamps of one session of the shared state: what makes it safe to send a command again.
 *
 * At most `SESSION_COMMANDS` are in use at once; further ones wait their turn.
 */
export class SessionStamps {
  /** The session that `session-open` gave. */
  readonly session: number;
  #last = 0;
  readonly #inUse = new Set<number>();
  readonly #waiting: Array<() => void> = [];

  constructor(session: number) {
    this.session = session;
  }

  /** A new stamp, once there is one. */
  async take(): Promise<Stamp> {
    while (this.#inUse.size >= SESSION_COMMANDS) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    const sequence = ++this.#last;
    this.#inUse.add(sequence);
    // A set keeps the order of insertion: its first is the oldest without an answer.
    const [oldest = sequence] = this.#inUse;
    return { session: this.session, sequence, acknowledged: oldest };
  }

  /** The command of that stamp has ended. */
  give(stamp: Stamp): void {
    this.#inUse.delete(stamp.sequence);
    this.#waiting.shift()?.();
  }
}
