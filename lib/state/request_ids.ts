import type { RequestNumber } from "./store/mod.ts";
import { SESSION_COMMANDS, SESSION_RESULTS } from "../core/mod.ts";

/** The number of a request that is under way: give it back when its command has ended. */
export type RequestId = Required<RequestNumber>;

/**
 * The numbers of requests in one session of the shared state: what makes it safe to send a command
 * again.
 *
 * At most `SESSION_COMMANDS` are in use at once, and none is `SESSION_RESULTS` or more ahead of
 * another: the state forgets what is older. Further ones wait their turn.
 */
export class RequestIds {
  /** The session that `session-open` gave. */
  readonly session: number;
  #last = 0;
  readonly #inUse = new Set<number>();
  readonly #waiting: Array<(id: RequestId) => void> = [];

  constructor(session: number) {
    this.session = session;
  }

  /** A new id, if there is one now. */
  takeNow(): RequestId | undefined {
    return this.#waiting.length === 0 && !this.#isFull ? this.#make() : undefined;
  }

  /** A new id, once there is one: who asked first gets it first. */
  take(): Promise<RequestId> {
    const now = this.takeNow();
    if (now !== undefined) return Promise.resolve(now);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** The command of that id has ended. */
  give(id: RequestId): void {
    this.#inUse.delete(id.sequence);
    while (this.#waiting.length > 0 && !this.#isFull) this.#waiting.shift()?.(this.#make());
  }

  get #isFull(): boolean {
    // A set keeps the order of insertion: its first is the oldest without an answer.
    const [oldest = this.#last + 1] = this.#inUse;
    return this.#inUse.size >= SESSION_COMMANDS || this.#last + 1 - oldest >= SESSION_RESULTS;
  }

  #make(): RequestId {
    const sequence = ++this.#last;
    this.#inUse.add(sequence);
    const [oldest = sequence] = this.#inUse;
    return { session: this.session, sequence, acknowledged: oldest };
  }
}
