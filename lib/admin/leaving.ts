import {
  ClusterError,
  DRAIN_REST_MS,
  LAST_ANSWER_MS,
  type Millis,
  type Ports,
} from "../core/mod.ts";
import type { ConsensusService } from "../consensus/mod.ts";
import type { MembershipService } from "../membership/mod.ts";
import type { CallsUnderWay, Rpc } from "../rpc/mod.ts";
import type { Connection, Connections } from "../transport/mod.ts";
import type { EventSink } from "../wire/mod.ts";
import type { Leases } from "../state/mod.ts";

/** What leaving needs of the node. */
export interface LeavingNode {
  readonly ports: Ports;
  readonly events: EventSink;
  readonly rpc: Rpc;
  readonly connections: Connections;
  readonly state: { readonly leases: Leases };
  /** Aborted when the node is a member no more, however that came. */
  readonly over: AbortController;
  readonly membership: MembershipService;
  readonly consensus: ConsensusService;
  /** Closes everything. */
  end(reason: string): Promise<void>;
}

/**
 * How a member goes: its parts drain from the top, one after another, under one bound.
 *
 *     services ─ withdrawn, good-bye said, the calls under way answered
 *       └─► leases ─ released ─► vote ─ handed over ─► membership ─ "left" ─► the last links
 *
 * Meanwhile it is read and answered: calls that come too late are `SHUTTING_DOWN`, unstarted. Whoever
 * called closes the link, so that no answer is lost; the node closes what is left 1 s after its last answer.
 *
 * The vote goes last but one: while calls are answered another voter may fail, and the one that leaves is
 * there to replace it. Should the others not be able to do without it then, and nobody forces it, the node
 * stays, and offers again what it did. That is asked once more before leases are given up.
 */
export class Leaving {
  readonly #node: LeavingNode;
  readonly #reason: string;
  readonly #boundMs: Millis;
  readonly #startedAt: Millis;
  readonly #isForced = () => this.#force;
  #force = false;
  #drained: Promise<void> | undefined;
  #isClosing = false;

  /** @param boundMs how long all of it may take. */
  constructor(node: LeavingNode, reason: string, boundMs: Millis) {
    this.#node = node;
    this.#reason = reason;
    this.#boundMs = boundMs;
    this.#startedAt = node.ports.clock.now();
  }

  /** Whether the node is no member any more, and only its last links are open. */
  get isClosing(): boolean {
    return this.#isClosing;
  }

  /**
   * Drains everything down to membership, and begins to leave that; whoever asks again waits for the same.
   *
   * @param isForced whether it goes whatever that costs the others: somebody may say so only later.
   * @throws {ClusterError} `NO_QUORUM` when the node has to stay: it offers its services again.
   */
  run(isForced: boolean): Promise<void> {
    this.#force ||= isForced;
    return this.#drained ??= this.#drain().catch((error) => {
      this.#node.rpc.offerAgain();
      this.#node.state.leases.resume();
      // Whoever asked over the wire was told that it leaves.
      const { code, message } = ClusterError.from(error);
      this.#node.events.emit({ event: "warning", code, message });
      throw error;
    });
  }

  async #drain(): Promise<void> {
    const { rpc, connections: sessions, state: { leases }, over } = this.#node;
    const { membership, consensus: { departures } } = this.#node;
    const underWay = rpc.withdraw();
    const hasCalls = underWay.size > 0;
    sessions.sayBye(this.#reason, true);
    await this.#finishCalls(underWay);
    if (hasCalls) await departures.mayLeave(this.#isForced);
    const restUntil = Math.max(this.#startedAt + this.#boundMs, this.#now() + DRAIN_REST_MS);
    await this.#until(restUntil, leases.releaseAll());
    await departures.leave(this.#isForced, restUntil - this.#now());
    if (!over.signal.aborted) membership.step({ type: "leave" });
  }

  /** The others have seen that it leaves: ends, once the callers have closed their links or had the time to. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#linksClosed();
    await this.#node.end(this.#reason);
  }

  async #linksClosed(): Promise<void> {
    const { rpc, connections: sessions } = this.#node;
    rpc.close();
    // Links that were made since hear it only now.
    const links = sessions.sayBye(this.#reason, true).filter((connection) => !connection.isOver);
    let open: readonly Connection[] = links;
    const closed = Promise.withResolvers<void>();
    for (const connection of links) {
      connection.onClosed.push(() => {
        open = open.filter((each) => each !== connection);
        if (open.length === 0) closed.resolve();
      });
    }
    while (open.length > 0) {
      const lastWordAt = Math.max(rpc.lastAnswerAt, ...open.map(({ byeAt }) => byeAt));
      const until = Math.min(lastWordAt + LAST_ANSWER_MS, this.#startedAt + this.#boundMs);
      if (this.#now() >= until || this.#node.over.signal.aborted) return;
      await this.#until(until, closed.promise);
    }
  }

  async #finishCalls(underWay: CallsUnderWay): Promise<void> {
    if (underWay.size === 0) return;
    const { rpc, events } = this.#node;
    // The rest is for leases, votes and membership, which take tens of milliseconds.
    const withinMs = 0.9 * this.#boundMs;
    events.emit({ event: "leaving", reason: this.#reason, calls: underWay.size, withinMs });
    await this.#until(this.#startedAt + withinMs, underWay.ended);
    if (underWay.size === 0) return;
    const reason = `The node leaves, and waited for ${Math.round(withinMs)} ms`;
    rpc.abandon(new ClusterError("SHUTTING_DOWN", reason, { details: { outcome: "unknown" } }));
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
