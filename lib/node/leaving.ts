import {
  ClusterError,
  DRAIN_REST_MS,
  LAST_ANSWER_MS,
  type Millis,
  type Ports,
} from "../core/mod.ts";
import type { Belonging } from "./belonging/mod.ts";
import type { Calls, CallsUnderWay, ServiceDesk } from "./calls/mod.ts";
import type { Events } from "./events.ts";
import type { Session, Sessions } from "./links/mod.ts";
import type { Leases } from "./sharing/mod.ts";

/** What leaving needs of the node. */
export interface LeavingNode {
  readonly ports: Ports;
  readonly events: Events;
  readonly desk: ServiceDesk;
  readonly calls: Calls;
  readonly sessions: Sessions;
  readonly leases: Leases;
  /** Aborted when the node is a member no more, however that came. */
  readonly over: AbortController;
  belong(): Belonging;
  /** Closes everything. */
  end(reason: string): Promise<void>;
}

/**
 * How a member goes: its parts drain from the top, one after another, under one bound.
 *
 *     vote ─ handed over (first, where the node may yet be told to stay)
 *     services ─ withdrawn, good-bye said, the calls under way answered
 *       └─► leases ─ released ─► membership ─ "left" ─► the last links
 *
 * Meanwhile it is read and answered: calls that come too late are `SHUTTING_DOWN`, unstarted. Whoever
 * called closes the link, so that no answer is lost; the node closes what is left 1 s after its last answer.
 */
export class Leaving {
  readonly #node: LeavingNode;
  readonly #reason: string;
  readonly #boundMs: Millis;
  readonly #startedAt: Millis;
  readonly #voted: Promise<void>;
  #isClosing = false;

  /**
   * @param boundMs how long all of it may take.
   * @param voted settles when the others do without the node's vote, or the price is known.
   */
  constructor(node: LeavingNode, reason: string, boundMs: Millis, voted: Promise<void>) {
    this.#voted = voted;
    this.#node = node;
    this.#reason = reason;
    this.#boundMs = boundMs;
    this.#startedAt = node.ports.clock.now();
  }

  /** Whether the node is no member any more, and only its last links are open. */
  get isClosing(): boolean {
    return this.#isClosing;
  }

  /** Drains everything down to membership, and begins to leave that. */
  async run(): Promise<void> {
    const { desk, sessions, leases, over } = this.#node;
    const underWay = desk.withdraw();
    sessions.sayBye(this.#reason, true);
    await this.#finishCalls(underWay);
    const belonging = this.#node.belong();
    const restUntil = Math.max(this.#startedAt + this.#boundMs, this.#now() + DRAIN_REST_MS);
    await this.#until(restUntil, leases.releaseAll());
    await this.#until(restUntil, this.#voted);
    if (!over.signal.aborted) belonging.tell({ type: "leave" });
  }

  /** The others have seen that it leaves: ends, once the callers have closed their links or had the time to. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#linksClosed();
    await this.#node.end(this.#reason);
  }

  async #linksClosed(): Promise<void> {
    const { desk, sessions, calls } = this.#node;
    desk.close();
    // Links that were made since hear it only now.
    const links = sessions.sayBye(this.#reason, true).filter((session) => !session.isOver);
    let open: readonly Session[] = links;
    const closed = Promise.withResolvers<void>();
    for (const session of links) {
      session.onClosed.push(() => {
        open = open.filter((each) => each !== session);
        if (open.length === 0) closed.resolve();
      });
    }
    while (open.length > 0) {
      const lastWordAt = Math.max(calls.lastAnswerAt, ...open.map(({ byeAt }) => byeAt));
      const until = Math.min(lastWordAt + LAST_ANSWER_MS, this.#startedAt + this.#boundMs);
      if (this.#now() >= until || this.#node.over.signal.aborted) return;
      await this.#until(until, closed.promise);
    }
  }

  async #finishCalls(underWay: CallsUnderWay): Promise<void> {
    if (underWay.size === 0) return;
    const { desk, events } = this.#node;
    // The rest is for leases, votes and membership, which take tens of milliseconds.
    const withinMs = 0.9 * this.#boundMs;
    events.emit({ event: "leaving", reason: this.#reason, calls: underWay.size, withinMs });
    await this.#until(this.#startedAt + withinMs, underWay.ended);
    if (underWay.size === 0) return;
    const reason = `The node leaves, and waited for ${Math.round(withinMs)} ms`;
    desk.abandon(new ClusterError("SHUTTING_DOWN", reason, { details: { outcome: "unknown" } }));
  }

  #now(): Millis {
    return this.#node.ports.clock.now();
  }

  /** Waits until something is done, the time has come, or the node is a member no more. */
  #until(time: Millis, done: Promise<void>): Promise<void> {
    const { ports: { clock }, over: { signal } } = this.#node;
    return new Promise((resolve, reject) => {
      const end = () => {
        timer.cancel();
        signal.removeEventListener("abort", end);
        resolve();
      };
      const timer = clock.setTimer(Math.max(0, time - clock.now()), end);
      signal.addEventListener("abort", end, { once: true });
      if (signal.aborted) end();
      done.then(end, reject);
    });
  }
}
