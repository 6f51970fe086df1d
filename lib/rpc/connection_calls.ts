import {
  CALL_TIMEOUT_MS,
  CALLS_PER_LINK,
  CALLS_WAITING,
  type Clock,
  ClusterError,
  type Json,
  type LinkFailure,
  type Message,
  type Millis,
} from "../core/mod.ts";
import type { Connection, MessageHandler, SlotState } from "../transport/mod.ts";
import { checkBody } from "./call_body.ts";
import { isClusterService } from "./call_context.ts";
import { CallsUnderWay } from "./calls_under_way.ts";
import { DeadlineSweep, type Swept } from "./deadline_sweep.ts";
import {
  cancelled,
  OUTCOME_UNKNOWN,
  type OutgoingCall,
  type OutgoingRequest,
  timedOut,
} from "./outgoing_call.ts";
import { PendingCalls } from "./pending_calls.ts";
import { QueuedCall } from "./queued_call.ts";

/** The calls that this side makes over one connection. */
export class OutgoingCalls implements SlotState, Swept {
  /** The link that the calls go over. */
  readonly connection: Connection;
  /** Those that were sent, by their numbers. */
  readonly sent: PendingCalls<OutgoingCall> = new PendingCalls();
  /** Those that wait for room on the connection, the oldest first. */
  readonly waiting: Set<QueuedCall> = new Set();

  /** No call is on the way yet. */
  constructor(connection: Connection) {
    this.connection = connection;
  }

  get size(): number {
    return this.sent.size;
  }

  get awaited(): number {
    return this.sent.size + this.waiting.size;
  }
}

/** Makes calls over any number of connections: answers in any order, deadlines, cancellation. */
export class ConnectionCalls implements MessageHandler {
  readonly from = "anyone";
  readonly #clock: Clock;
  readonly #underWay: CallsUnderWay;
  readonly #sweep: DeadlineSweep<OutgoingCalls>;
  /** How many were sent. */
  made = 0;

  /**
   * Calls over links, with one sweep of their deadlines.
   *
   * @param underWay the calls that the node waits for when it leaves.
   */
  constructor(clock: Clock, underWay: CallsUnderWay = new CallsUnderWay()) {
    this.#clock = clock;
    this.#underWay = underWay;
    this.#sweep = new DeadlineSweep(clock, (calls, now) => this.#expire(calls, now));
  }

  /** Calls over a connection, waiting for room on it when its queue is at its high-water mark. */
  call(connection: Connection, request: OutgoingRequest): Promise<Json> {
    const calls = connection.slot(OutgoingCalls);
    const hasRoom = connection.link.isWritable && calls.waiting.size === 0;
    // A link that is over may have been full, and stays so.
    if (hasRoom || connection.isOver) return this.#send(calls, request);
    if (calls.waiting.size >= CALLS_WAITING) {
      const reason = `${CALLS_WAITING} calls wait for room on a link`;
      return Promise.reject(new ClusterError("OVERLOADED", reason));
    }
    const call: QueuedCall = new QueuedCall(this.#clock, request, () => {
      calls.waiting.delete(call);
      connection.settled?.();
    });
    calls.waiting.add(call);
    if (calls.waiting.size === 1) connection.link.drained(() => this.#sendWaiting(calls));
    return call.reply;
  }

  /** All at once would be more than a link takes: they go as long as there is room. */
  #sendWaiting(calls: OutgoingCalls): void {
    const { link } = calls.connection;
    for (const call of calls.waiting) {
      if (!link.isWritable) break;
      call.send((request) => this.#send(calls, request));
    }
    if (calls.waiting.size > 0) link.drained(() => this.#sendWaiting(calls));
  }

  #send(calls: OutgoingCalls, request: OutgoingRequest): Promise<Json> {
    const { connection, sent } = calls;
    const { service, body, node, signal, fate } = request;
    const timeoutMs = request.timeoutMs ?? CALL_TIMEOUT_MS;
    if (connection.isOver || connection.isClosing) {
      return Promise.reject(
        new ClusterError("UNREACHABLE", `The link for "${service}" has just been closed`),
      );
    }
    if (sent.size >= CALLS_PER_LINK) {
      return Promise.reject(
        new ClusterError("OVERLOADED", `${CALLS_PER_LINK} calls are outstanding on one link`),
      );
    }
    if (signal?.aborted) return Promise.reject(cancelled(service, signal, false));
    return new Promise((resolve, reject) => {
      checkBody(`The body for "${service}"`, body);
      const deadline = this.#clock.now() + timeoutMs;
      const call: OutgoingCall = { service, timeoutMs, fate, deadline, resolve, reject };
      const id = sent.add(call);
      const message: Message = { type: "call", id, service, body };
      if (node !== undefined) message["node"] = node;
      if (timeoutMs !== CALL_TIMEOUT_MS) message["timeoutMs"] = timeoutMs;
      try {
        connection.send(message);
      } catch (error) {
        sent.take(id);
        reject(error);
        return;
      }
      if (fate !== undefined) fate.isUnstarted = false;
      this.made++;
      if (signal !== undefined) this.#onAbort(calls, id, call, signal);
      this.#sweep.watch(calls, deadline);
    });
  }

  #onAbort(calls: OutgoingCalls, id: number, call: OutgoingCall, signal: AbortSignal): void {
    const give = () => {
      if (calls.sent.take(id) === undefined) return;
      calls.connection.send({ type: "cancel", id });
      call.reject(cancelled(call.service, signal, true));
      this.#ended(calls, call);
    };
    signal.addEventListener("abort", give, { once: true });
    call.release = () => signal.removeEventListener("abort", give);
  }

  /** Takes the answer to one of our calls; one that nobody waits for (any more) is dropped. */
  receive(connection: Connection, message: Message): void {
    const calls = connection.slot(OutgoingCalls);
    const call = calls.sent.take(message["id"] as number);
    if (call === undefined) return;
    call.release?.();
    if (message.type === "reply") call.resolve((message["body"] ?? null) as Json);
    else {
      if (call.fate !== undefined) call.fate.isUnstarted = message["started"] === false;
      call.reject(ClusterError.from(message));
    }
    this.#ended(calls, call);
  }

  #ended({ connection }: OutgoingCalls, call: OutgoingCall): void {
    this.#underWay.over(call);
    connection.settled?.();
  }

  /** The connection is over: what waited for it fails. */
  closed(connection: Connection, failure: LinkFailure): void {
    const calls = connection.slot(OutgoingCalls);
    this.#sweep.forget(calls);
    for (const call of calls.waiting) {
      call.fail(new ClusterError("UNREACHABLE", `The link is over: ${failure.message}`));
    }
    for (const call of calls.sent.takeAll()) {
      call.release?.();
      call.reject(
        new ClusterError(
          "UNREACHABLE",
          `The link broke before "${call.service}" was answered: ${failure.message}`,
          OUTCOME_UNKNOWN,
        ),
      );
      this.#underWay.over(call);
    }
  }

  /**
   * The calls that others wait for while this node leaves. What the node itself asks of others
   * serves one of the calls that are under way, or nobody who stays.
   */
  get ofPrograms(): OutgoingCall[] {
    return [...this.#sweep.watched].flatMap(({ sent }) =>
      [...sent.values()].filter(({ service }) => !isClusterService(service))
    );
  }

  /** Sets no more timers. */
  stop(): void {
    this.#sweep.stop();
  }

  #expire(calls: OutgoingCalls, now: Millis): Millis {
    const { connection, sent } = calls;
    for (const [id, call] of sent.expire(now)) {
      call.release?.();
      connection.send({ type: "cancel", id });
      call.reject(timedOut(call.service, call.timeoutMs, { name: connection.peer.name }));
      this.#ended(calls, call);
    }
    return sent.earliest;
  }
}
