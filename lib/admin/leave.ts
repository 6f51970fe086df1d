import { ClusterError, DRAIN_REST_MS, LAST_ANSWER_MS, type Millis } from "../core/mod.ts";
import type { ConsensusService } from "../consensus/mod.ts";
import type { MembershipService } from "../membership/mod.ts";
import type { NodeContext, Part } from "../part/mod.ts";
import type { CallsUnderWay, Rpc } from "../rpc/mod.ts";
import type { Connection, Connections } from "../transport/mod.ts";
import type { Leases } from "../state/mod.ts";

/** The parts that drain when a member goes. */
export interface LeaveParts {
  /** Its links. */
  readonly connections: Connections;
  /** Its calls, both ways. */
  readonly rpc: Rpc;
  /** The leases and locks that it holds. */
  readonly leases: Leases;
  /** Its vote. */
  readonly consensus: Pick<ConsensusService, "departures">;
  /** Parts above all of these. */
  readonly more: readonly Pick<Part, "drain">[];
  /** Its place among the members. */
  readonly membership: Pick<MembershipService, "step">;
}

/**
 * How a member goes: its parts drain from the top, one after another, under one bound.
 *
 *     services ─ withdrawn, good-bye said, the calls under way answered
 *       └─► leases ─ released ─► vote ─ handed over ─► membership ─ "left" ─► the last links
 *
 * Meanwhile it is read and answered: calls that come too late are `SHUTTING_DOWN`, unstarted.
 * Whoever called closes the link, so that no answer is lost; the node closes what is left 1 s after
 * its last answer.
 *
 * The vote goes last but one: while calls are answered another voter may fail, and the one that
 * leaves is there to replace it. Should the others not be able to do without it then, and nobody
 * forces it, the node stays, and offers again what it did. That is asked once more before leases
 * are given up.
 */
export class Leave {
  /** Why it goes. */
  readonly reason: string;
  readonly #context: Pick<NodeContext, "ports" | "events">;
  readonly #below: LeaveParts;
  readonly #over: AbortSignal;
  readonly #boundMs: Millis;
  readonly #startedAt: Millis;
  readonly #isForced = () => this.#force;
  #force = false;
  #drained: Promise<void> | undefined;
  #isClosing = false;

  /**
   * Has not begun yet; its time runs.
   *
   * @param over aborted when the node is a member no more, however that came.
   * @param boundMs how long all of it may take.
   */
  constructor(
    context: Pick<NodeContext, "ports" | "events">,
    below: LeaveParts,
    over: AbortSignal,
    reason: string,
    boundMs: Millis,
  ) {
    this.reason = reason;
    this.#context = context;
    this.#below = below;
    this.#over = over;
    this.#boundMs = boundMs;
    this.#startedAt = context.ports.clock.now();
  }

  /** Whether the node is no member any more, and only its last links are open. */
  get isClosing(): boolean {
    return this.#isClosing;
  }

  /**
   * Drains everything down to membership, and begins to leave that; whoever asks again waits for
   * the same.
   *
   * @param isForced whether it goes whatever that costs the others: somebody may say so only later.
   * @throws {ClusterError} `NO_QUORUM` when the node has to stay: it offers its services again.
   */
  run(isForced: boolean): Promise<void> {
    this.#force ||= isForced;
    return this.#drained ??= this.#drain().catch((error) => {
      this.#below.rpc.offerAgain();
      this.#below.leases.resume();
      // Whoever asked over the wire was told that it leaves.
      const { code, message } = ClusterError.from(error);
      this.#context.events.emit({ event: "warning", code, message });
      throw error;
    });
  }

  async #drain(): Promise<void> {
    const { more, rpc, connections, leases, membership, consensus: { departures } } = this.#below;
    const boundAt = this.#startedAt + this.#boundMs;
    for (const part of more.toReversed()) {
      const draining = part.drain?.(this.#over);
      if (draining !== undefined) await this.#until(boundAt, draining);
    }
    const underWay = rpc.withdraw();
    const hasCalls = underWay.size > 0;
    connections.sayBye(this.reason, true);
    await this.#finishCalls(underWay);
    if (hasCalls) await departures.mayLeave(this.#isForced);
    const restUntil = Math.max(this.#startedAt + this.#boundMs, this.#now() + DRAIN_REST_MS);
    await this.#until(restUntil, leases.releaseAll());
    await departures.leave(this.#isForced, restUntil - this.#now());
    if (!this.#over.aborted) membership.step({ type: "leave" });
  }

  /**
   * The others have seen that it leaves: waits until callers have closed their links, or had the
   * time to.
   */
  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#linksClosed();
  }

  async #linksClosed(): Promise<void> {
    const { rpc, connections } = this.#below;
    rpc.close();
    // Links that were made since hear it only now.
    const links = connections.sayBye(this.reason, true).filter((connection) => !connection.isOver);
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
      if (this.#now() >= until || this.#over.aborted) return;
      await this.#until(until, closed.promise);
    }
  }

  async #finishCalls(underWay: CallsUnderWay): Promise<void> {
    if (underWay.size === 0) return;
    const { rpc } = this.#below;
    // The rest is for leases, votes and membership, which take tens of milliseconds.
    const withinMs = 0.9 * this.#boundMs;
    this.#context.events.emit({
      event: "leaving",
      reason: this.reason,
      calls: underWay.size,
      withinMs,
    });
    await this.#until(this.#startedAt + withinMs, underWay.ended);
    if (underWay.size === 0) return;
    const reason = `The node leaves, and waited for ${Math.round(withinMs)} ms`;
    rpc.abandon(new ClusterError("SHUTTING_DOWN", reason, { details: { outcome: "unknown" } }));
  }

  #now(): Millis {
    return this.#context.ports.clock.now();
  }

  /** Waits until something is done, the time has come, or the node is a member no more. */
  #until(time: Millis, done: Promise<void>): Promise<void> {
    const { clock } = this.#context.ports;
    const signal = this.#over;
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
