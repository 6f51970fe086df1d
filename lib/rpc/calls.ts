import {
  CALL_CHARACTERS_PER_LINK,
  CALL_TIMEOUT_MAX_MS,
  CALL_TIMEOUT_MS,
  CALLS_PER_CLIENT,
  CALLS_PER_LINK,
  CALLS_WAITING,
  type Clock,
  ClusterError,
  isInteger,
  isNonEmptyString,
  type Json,
  type LinkFailure,
  type Message,
  type Millis,
  SERVICE_NAME_CHARACTERS,
  SWEPT_CALLS_PER_MS,
  type Timer,
} from "../core/mod.ts";
import { checkBody } from "./call_body.ts";
import { CallContext, type CallFate, isClusterService, isWatch } from "./call_context.ts";
import { CallsUnderWay } from "./calls_under_way.ts";
import { errorMessage, failureOf } from "../wire/mod.ts";
import {
  cancelled,
  OUTCOME_UNKNOWN,
  type OutgoingCall,
  type OutgoingRequest,
  timedOut,
} from "./outgoing_call.ts";
import type { Connection } from "../transport/mod.ts";
import { QueuedCall } from "./queued_call.ts";

/** Runs a call that came over a link; it tells by `fate` when it refuses the call unstarted. */
export type RunCall = (
  service: string,
  body: Json,
  context: CallContext,
  fate: CallFate,
) => Json | void | Promise<Json | void>;

/** Calls in both directions over any number of links: answers in any order, deadlines, cancellation. */
export class Calls {
  readonly #clock: Clock;
  readonly #sessions = new Set<Connection>();
  #timer: Timer | undefined;
  #armedFor: Millis = Infinity;
  /** While the node leaves: the calls that it waits for. */
  #underWay: CallsUnderWay | undefined;
  /** When the last answer was sent, once the node leaves. */
  lastAnswerAt: Millis = -Infinity;
  /** Calls that wait for news: nobody waits for them. */
  readonly #watches = new WeakSet<CallContext>();
  /** The next sweep is not before this: looking at many calls for the sake of one must stay rare. */
  #notBefore: Millis = -Infinity;
  /** Calls that this node served, and those among them that failed. */
  readonly counters = { made: 0, served: 0, failed: 0 };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls over a link, waiting for room on it when its queue is at its high-water mark. */
  call(connection: Connection, request: OutgoingRequest): Promise<Json> {
    const hasRoom = connection.link.isWritable && connection.waiting.size === 0;
    // A link that is over may have been full, and stays so.
    if (hasRoom || connection.isOver) return this.#send(connection, request);
    if (connection.waiting.size >= CALLS_WAITING) {
      const reason = `${CALLS_WAITING} calls wait for room on a link`;
      return Promise.reject(new ClusterError("OVERLOADED", reason));
    }
    const call: QueuedCall = new QueuedCall(
      this.#clock,
      request,
      () => {
        connection.waiting.delete(call);
        connection.settled?.();
      },
    );
    connection.waiting.add(call);
    if (connection.waiting.size === 1) connection.link.drained(() => this.#sendWaiting(connection));
    return call.reply;
  }

  /** All at once would be more than a link takes: they go as long as there is room. */
  #sendWaiting(connection: Connection): void {
    for (const call of connection.waiting) {
      if (!connection.link.isWritable) break;
      call.send((request) => this.#send(connection, request));
    }
    if (connection.waiting.size > 0) connection.link.drained(() => this.#sendWaiting(connection));
  }

  /**
   * The calls that are under way, of both directions, for a node that leaves: it is told when each has
   * ended. Calls that begin from now on are not among them.
   *
   * @param local calls of this node to itself.
   */
  leave(local: Iterable<CallContext>): CallsUnderWay {
    const under: object[] = [...local];
    for (const connection of this.#sessions) {
      for (const context of connection.incoming.values()) {
        if (!this.#watches.has(context)) under.push(context);
      }
      for (const call of connection.outgoing.values()) {
        // What the node itself asks of others serves one of the calls, or nobody who stays.
        if (!isClusterService(call.service)) under.push(call);
      }
    }
    return this.#underWay = new CallsUnderWay(under);
  }

  /** The node is told to stay: no call is waited for any more than others. */
  stay(): void {
    this.#underWay = undefined;
  }

  /** Tells the handlers that still serve the calls a leaving node waited for: it waits no longer. */
  abandon(reason: ClusterError): void {
    for (const connection of this.#sessions) {
      for (const context of connection.incoming.values()) {
        if (this.#underWay?.has(context) === true) context.abandon(reason);
      }
    }
  }

  #send(connection: Connection, request: OutgoingRequest): Promise<Json> {
    const { service, body, node, signal, fate } = request;
    const timeoutMs = request.timeoutMs ?? CALL_TIMEOUT_MS;
    if (connection.isOver || connection.isClosing) {
      return Promise.reject(
        new ClusterError("UNREACHABLE", `The link for "${service}" has just been closed`),
      );
    }
    if (connection.outgoing.size >= CALLS_PER_LINK) {
      return Promise.reject(
        new ClusterError("OVERLOADED", `${CALLS_PER_LINK} calls are outstanding on one link`),
      );
    }
    if (signal?.aborted) return Promise.reject(cancelled(service, signal, false));
    return new Promise((resolve, reject) => {
      checkBody(`The body for "${service}"`, body);
      const deadline = this.#clock.now() + timeoutMs;
      const call: OutgoingCall = { service, timeoutMs, fate, deadline, resolve, reject };
      const id = connection.outgoing.add(call);
      const message: Message = { type: "call", id, service, body };
      if (node !== undefined) message["node"] = node;
      if (timeoutMs !== CALL_TIMEOUT_MS) message["timeoutMs"] = timeoutMs;
      try {
        connection.send(message);
      } catch (error) {
        connection.outgoing.take(id);
        reject(error);
        return;
      }
      if (fate !== undefined) fate.isUnstarted = false;
      this.counters.made++;
      if (signal !== undefined) this.#onAbort(connection, id, call, signal);
      this.#watch(connection, deadline);
    });
  }

  #onAbort(connection: Connection, id: number, call: OutgoingCall, signal: AbortSignal): void {
    const give = () => {
      if (connection.outgoing.take(id) === undefined) return;
      connection.send({ type: "cancel", id });
      call.reject(cancelled(call.service, signal, true));
      this.#callEnded(connection, call);
    };
    signal.addEventListener("abort", give, { once: true });
    call.release = () => signal.removeEventListener("abort", give);
  }

  /** Takes the answer to one of our calls; one that nobody waits for (any more) is dropped. */
  answered(connection: Connection, message: Message): void {
    const call = connection.outgoing.take(message["id"] as number);
    if (call === undefined) return;
    call.release?.();
    if (message.type === "reply") call.resolve((message["body"] ?? null) as Json);
    else {
      if (call.fate !== undefined) call.fate.isUnstarted = message["started"] === false;
      call.reject(ClusterError.from(message));
    }
    this.#callEnded(connection, call);
  }

  #callEnded(connection: Connection, call: OutgoingCall): void {
    this.#underWay?.over(call);
    connection.settled?.();
  }

  /**
   * Serves one call of the other side: `run` is started at once, its result or error sent back
   * unless the caller has given up by then.
   *
   * @param characters how long the call's text was.
   */
  serve(
    connection: Connection,
    message: Message,
    run: RunCall,
    characters = 0,
  ): void {
    const { id, service, timeoutMs = CALL_TIMEOUT_MS } = message;
    if (!isInteger(id)) return refuse(connection, {}, 'A call needs a whole number "id"');
    if (!isNonEmptyString(service, SERVICE_NAME_CHARACTERS)) {
      return refuse(connection, { id }, 'A call needs the name of a "service"');
    }
    if (!isInteger(timeoutMs, 1, CALL_TIMEOUT_MAX_MS)) {
      return refuse(connection, { id }, `"timeoutMs" is 1 to ${CALL_TIMEOUT_MAX_MS} milliseconds`);
    }
    // Before anything is started: an overloaded call may be tried elsewhere.
    const objection = objectionTo(connection, id, characters);
    const fate: CallFate = { isUnstarted: true };
    if (objection !== undefined) return this.#fail(connection, id, service, objection, fate);
    fate.isUnstarted = false;
    const body = (message["body"] ?? null) as Json;
    const context = new CallContext(service, connection.peer.node, this.#clock.now() + timeoutMs);
    let result: Json | void | Promise<Json | void>;
    try {
      result = run(service, body, context, fate);
    } catch (error) {
      this.#fail(connection, id, service, error, fate);
      return;
    }
    if (result instanceof Promise) {
      if (isWatch(service, body)) this.#watches.add(context);
      this.#serveLater(connection, id, context, fate, result, characters);
    } else this.#reply(connection, id, service, result);
  }

  #serveLater(
    connection: Connection,
    id: number,
    context: CallContext,
    fate: CallFate,
    result: Promise<Json | void>,
    characters: number,
  ): void {
    const { service } = context;
    connection.incoming.set(id, context);
    connection.serving++;
    connection.servingCharacters += characters;
    this.#watch(connection, context.deadline);
    result.then(
      (body) => {
        if (this.#finish(connection, id, context, characters)) {
          this.#reply(connection, id, service, body);
        }
        this.#underWay?.over(context);
      },
      (error) => {
        if (this.#finish(connection, id, context, characters)) {
          this.#fail(connection, id, service, error, fate);
        }
        this.#underWay?.over(context);
      },
    );
  }

  /** Whether the caller still waits for this call's end. */
  #finish(connection: Connection, id: number, context: CallContext, characters: number): boolean {
    connection.serving--;
    connection.servingCharacters -= characters;
    if (connection.incoming.get(id) === context) connection.incoming.delete(id);
    return !context.isAbandoned;
  }

  #reply(connection: Connection, id: number, service: string, body: Json | void): void {
    try {
      checkBody(`The reply of "${service}"`, body);
      // A caller that does not read its replies is not read either.
      if (!connection.send({ type: "reply", id, body: body ?? null })) holdBack(connection);
      this.counters.served++;
      this.#answeredAt(connection);
    } catch (error) {
      this.#fail(connection, id, service, error);
    }
  }

  /** @param fate of the call, when it may have failed before any of its handler ran. */
  #fail(
    connection: Connection,
    id: number,
    service: string,
    thrown: unknown,
    fate?: CallFate,
  ): void {
    this.counters.failed++;
    const message = errorMessage(failureOf(`Service "${service}"`, thrown), { id });
    if (fate?.isUnstarted === true) message["started"] = false;
    if (!connection.send(message)) holdBack(connection);
    this.#answeredAt(connection);
  }

  #answeredAt(connection: Connection): void {
    if (this.#underWay === undefined) return;
    this.lastAnswerAt = this.#clock.now();
    connection.isAnsweredLate = true;
  }

  /** The caller gave up. */
  cancel(connection: Connection, message: Message): void {
    const context = connection.incoming.get(message["id"] as number);
    if (context === undefined) return;
    connection.incoming.delete(message["id"] as number);
    context.abandon(new ClusterError("CANCELLED", "The caller cancelled the call"));
    this.#underWay?.over(context);
  }

  /** The link is over: what waited for it fails, what was served for it is abandoned. */
  closed(connection: Connection, failure: LinkFailure): void {
    this.#sessions.delete(connection);
    for (const call of connection.waiting) {
      call.fail(new ClusterError("UNREACHABLE", `The link is over: ${failure.message}`));
    }
    for (const call of connection.outgoing.takeAll()) {
      call.release?.();
      call.reject(
        new ClusterError(
          "UNREACHABLE",
          `The link broke before "${call.service}" was answered: ${failure.message}`,
          OUTCOME_UNKNOWN,
        ),
      );
      this.#underWay?.over(call);
    }
    for (const context of connection.incoming.values()) {
      const reason = `The caller's link is over: ${failure.message}`;
      context.abandon(new ClusterError("UNREACHABLE", reason));
      this.#underWay?.over(context);
    }
    connection.incoming.clear();
  }

  /** Sets no more timers. */
  stop(): void {
    this.#timer?.cancel();
    this.#armedFor = -Infinity;
  }

  #watch(connection: Connection, deadline: Millis): void {
    this.#sessions.add(connection);
    const due = Math.max(deadline, this.#notBefore);
    if (due >= this.#armedFor) return;
    this.#timer?.cancel();
    this.#armedFor = due;
    this.#timer = this.#clock.setTimer(due - this.#clock.now(), () => this.#sweep());
  }

  #sweep(): void {
    const now = this.#clock.now();
    this.#armedFor = Infinity;
    let looked = 0;
    for (const { outgoing, incoming } of this.#sessions) looked += outgoing.size + incoming.size;
    this.#notBefore = now + looked / SWEPT_CALLS_PER_MS;
    for (const connection of this.#sessions) {
      for (const [id, call] of connection.outgoing.expire(now)) {
        call.release?.();
        connection.send({ type: "cancel", id });
        call.reject(timedOut(call.service, call.timeoutMs, { name: connection.peer.name }));
        this.#callEnded(connection, call);
      }
      let earliest = connection.outgoing.earliest;
      for (const [id, context] of connection.incoming) {
        if (context.deadline <= now) {
          connection.incoming.delete(id);
          context.abandon(new ClusterError("TIMEOUT", "The caller's deadline passed"));
          this.#underWay?.over(context);
        } else earliest = Math.min(earliest, context.deadline);
      }
      if (earliest < Infinity) this.#watch(connection, earliest);
      else this.#sessions.delete(connection);
    }
  }
}

/** Why a call of the other side is not started, if it is not. */
function objectionTo(
  connection: Connection,
  id: number,
  characters: number,
): ClusterError | undefined {
  if (connection.incoming.has(id)) {
    return new ClusterError("BAD_REQUEST", `Call ${id} is being served already`);
  }
  const most = connection.peer.role === "client" ? CALLS_PER_CLIENT : CALLS_PER_LINK;
  if (connection.serving >= most) {
    return new ClusterError("OVERLOADED", `${most} calls of one link are being served`);
  }
  if (connection.servingCharacters + characters > CALL_CHARACTERS_PER_LINK) {
    const reason = `Calls of ${CALL_CHARACTERS_PER_LINK} characters of one link are being served`;
    return new ClusterError("OVERLOADED", reason);
  }
  return undefined;
}

function holdBack(connection: Connection): void {
  connection.link.pause();
  connection.link.drained(() => connection.link.resume());
}

function refuse(connection: Connection, number: { id?: number }, reason: string): void {
  const message = errorMessage(new ClusterError("BAD_MESSAGE", reason), number);
  connection.send(number.id === undefined ? message : { ...message, started: false });
}
