import {
  CALL_CHARACTERS_PER_LINK,
  CALL_TIMEOUT_MAX_MS,
  CALL_TIMEOUT_MS,
  CALLS_PER_CLIENT,
  CALLS_PER_LINK,
  CALLS_WAITING,
  type Clock,
  ClusterError,
  isText,
  isWhole,
  type Json,
  type LinkFailure,
  type Message,
  MESSAGE_DEPTH,
  type Millis,
  nestingFault,
  type NodeId,
  SERVICE_NAME_CHARACTERS,
  SWEPT_CALLS_PER_MS,
  type Timer,
} from "../../core/mod.ts";
import type { PendingCall } from "../../services/mod.ts";
import { errorMessage, failureOf } from "./error_message.ts";
import type { Session } from "../links/session.ts";
import { WaitingCall } from "./waiting_call.ts";

/** Levels of a body: its message is one itself. */
const BODY_LEVELS = MESSAGE_DEPTH - 1;

/** What serves the calls of one service: a result or a promise of one; what it throws is the caller's error. */
export type ServiceHandler = (
  body: Json,
  context: CallContext,
) => Json | void | Promise<Json | void>;

/** A call that we made and that waits for its answer. */
export interface OutgoingCall extends PendingCall {
  readonly service: string;
  readonly timeoutMs: Millis;
  resolve(body: Json): void;
  reject(error: ClusterError): void;
  /** Stops listening to the caller's signal. */
  release?: () => void;
}

/** What a handler may know of the call that it serves. */
export class CallContext {
  /** The service that was called. */
  readonly service: string;
  /** The member that called, perhaps this node itself; `undefined` for a client. */
  readonly from: NodeId | undefined;
  /** When the caller gives up, on this node's monotonic clock. */
  readonly deadline: Millis;
  #abort: AbortController | undefined;
  #reason: ClusterError | undefined;

  /** Made by the node that serves; `deadline` is on its clock. */
  constructor(service: string, from: NodeId | undefined, deadline: Millis) {
    this.service = service;
    this.from = from;
    this.deadline = deadline;
  }

  /** Aborted when the caller cancels, its deadline passes or its link breaks. */
  get signal(): AbortSignal {
    // Most handlers never ask, and a controller costs as much as the rest of the call.
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.#reason !== undefined) this.#abort.abort(this.#reason);
    }
    return this.#abort.signal;
  }

  /** Whether nobody waits for the answer any more. */
  get isAbandoned(): boolean {
    return this.#reason !== undefined;
  }

  /** Tells the handler that nobody waits any more. */
  abandon(reason: ClusterError): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#abort?.abort(reason);
  }
}

/** What a caller asks of a link. */
export interface OutgoingRequest {
  service: string;
  body: Json;
  /** The member that is to serve it, when the other side is to pass it on. */
  node?: string | undefined;
  timeoutMs?: Millis | undefined;
  signal?: AbortSignal | undefined;
}

/** Calls in both directions over any number of links: answers in any order, deadlines, cancellation. */
export class Calls {
  readonly #clock: Clock;
  readonly #sessions = new Set<Session>();
  #timer: Timer | undefined;
  #armedFor: Millis = Infinity;
  /** The next sweep is not before this: looking at many calls for the sake of one must stay rare. */
  #notBefore: Millis = -Infinity;
  /** Calls that this node served, and those among them that failed. */
  readonly counters = { made: 0, served: 0, failed: 0 };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls over a link, waiting for room on it when its queue is at its high-water mark. */
  call(session: Session, request: OutgoingRequest): Promise<Json> {
    const hasRoom = session.link.isWritable && session.waiting.size === 0;
    // A link that is over may have been full, and stays so.
    if (hasRoom || session.isOver) return this.#send(session, request);
    if (session.waiting.size >= CALLS_WAITING) {
      const reason = `${CALLS_WAITING} calls wait for room on a link`;
      return Promise.reject(new ClusterError("OVERLOADED", reason));
    }
    const call: WaitingCall = new WaitingCall(
      this.#clock,
      request,
      () => session.waiting.delete(call),
    );
    session.waiting.add(call);
    if (session.waiting.size === 1) session.link.drained(() => this.#sendWaiting(session));
    return call.reply;
  }

  /** All at once would be more than a link takes: they go as long as there is room. */
  #sendWaiting(session: Session): void {
    for (const call of session.waiting) {
      if (!session.link.isWritable) break;
      call.send((request) => this.#send(session, request));
    }
    if (session.waiting.size > 0) session.link.drained(() => this.#sendWaiting(session));
  }

  #send(session: Session, request: OutgoingRequest): Promise<Json> {
    const { service, body, node, signal } = request;
    const timeoutMs = request.timeoutMs ?? CALL_TIMEOUT_MS;
    if (session.isOver || session.isParting) {
      return Promise.reject(
        new ClusterError("UNREACHABLE", `The link for "${service}" has just been closed`),
      );
    }
    if (session.outgoing.size >= CALLS_PER_LINK) {
      return Promise.reject(
        new ClusterError("OVERLOADED", `${CALLS_PER_LINK} calls are outstanding on one link`),
      );
    }
    if (signal?.aborted) return Promise.reject(cancelled(service, signal));
    return new Promise((resolve, reject) => {
      checkBody(`The body for "${service}"`, body);
      const deadline = this.#clock.now() + timeoutMs;
      const call: OutgoingCall = { service, timeoutMs, deadline, resolve, reject };
      const id = session.outgoing.add(call);
      const message: Message = { type: "call", id, service, body };
      if (node !== undefined) message["node"] = node;
      if (timeoutMs !== CALL_TIMEOUT_MS) message["timeoutMs"] = timeoutMs;
      try {
        session.send(message);
      } catch (error) {
        session.outgoing.take(id);
        reject(error);
        return;
      }
      this.counters.made++;
      if (signal !== undefined) this.#heed(session, id, call, signal);
      this.#watch(session, deadline);
    });
  }

  #heed(session: Session, id: number, call: OutgoingCall, signal: AbortSignal): void {
    const give = () => {
      if (session.outgoing.take(id) === undefined) return;
      session.send({ type: "cancel", id });
      call.reject(cancelled(call.service, signal));
    };
    signal.addEventListener("abort", give, { once: true });
    call.release = () => signal.removeEventListener("abort", give);
  }

  /** Takes the answer to one of our calls; one that nobody waits for (any more) is dropped. */
  answered(session: Session, message: Message): void {
    const call = session.outgoing.take(message["id"] as number);
    if (call === undefined) return;
    call.release?.();
    if (message.type === "reply") call.resolve((message["body"] ?? null) as Json);
    else call.reject(ClusterError.from(message));
  }

  /**
   * Serves one call of the other side: `run` is started at once, its result or error sent back
   * unless the caller has given up by then.
   *
   * @param characters how long the call's text was.
   */
  serve(
    session: Session,
    message: Message,
    run: (service: string, body: Json, context: CallContext) => Json | void | Promise<Json | void>,
    characters = 0,
  ): void {
    const { id, service, timeoutMs = CALL_TIMEOUT_MS } = message;
    if (!isWhole(id)) return refuse(session, {}, 'A call needs a whole number "id"');
    if (!isText(service, SERVICE_NAME_CHARACTERS)) {
      return refuse(session, { id }, 'A call needs the name of a "service"');
    }
    if (!isWhole(timeoutMs, 1, CALL_TIMEOUT_MAX_MS)) {
      return refuse(session, { id }, `"timeoutMs" is 1 to ${CALL_TIMEOUT_MAX_MS} milliseconds`);
    }
    // Before anything is started: an overloaded call may be tried elsewhere.
    const objection = objectionTo(session, id, characters);
    if (objection !== undefined) return this.#fail(session, id, service, objection);
    const context = new CallContext(service, session.peer.node, this.#clock.now() + timeoutMs);
    let result: Json | void | Promise<Json | void>;
    try {
      result = run(service, (message["body"] ?? null) as Json, context);
    } catch (error) {
      this.#fail(session, id, service, error);
      return;
    }
    if (result instanceof Promise) this.#serveLater(session, id, context, result, characters);
    else this.#reply(session, id, service, result);
  }

  #serveLater(
    session: Session,
    id: number,
    context: CallContext,
    result: Promise<Json | void>,
    characters: number,
  ): void {
    const { service } = context;
    session.incoming.set(id, context);
    session.serving++;
    session.servingCharacters += characters;
    this.#watch(session, context.deadline);
    result.then(
      (body) => {
        if (this.#finish(session, id, context, characters)) {
          this.#reply(session, id, service, body);
        }
      },
      (error) => {
        if (this.#finish(session, id, context, characters)) {
          this.#fail(session, id, service, error);
        }
      },
    );
  }

  /** Whether the caller still waits for this call's end. */
  #finish(session: Session, id: number, context: CallContext, characters: number): boolean {
    session.serving--;
    session.servingCharacters -= characters;
    if (session.incoming.get(id) === context) session.incoming.delete(id);
    return !context.isAbandoned;
  }

  #reply(session: Session, id: number, service: string, body: Json | void): void {
    try {
      checkBody(`The reply of "${service}"`, body);
      // A caller that does not read its replies is not read either.
      if (!session.send({ type: "reply", id, body: body ?? null })) holdBack(session);
      this.counters.served++;
    } catch (error) {
      this.#fail(session, id, service, error);
    }
  }

  #fail(session: Session, id: number, service: string, thrown: unknown): void {
    this.counters.failed++;
    const error = failureOf(`Service "${service}"`, thrown);
    if (!session.send(errorMessage(error, { id }))) holdBack(session);
  }

  /** The caller gave up. */
  cancel(session: Session, message: Message): void {
    const context = session.incoming.get(message["id"] as number);
    if (context === undefined) return;
    session.incoming.delete(message["id"] as number);
    context.abandon(new ClusterError("CANCELLED", "The caller cancelled the call"));
  }

  /** The link is over: what waited for it fails, what was served for it is abandoned. */
  closed(session: Session, failure: LinkFailure): void {
    this.#sessions.delete(session);
    for (const call of session.waiting) {
      call.fail(new ClusterError("UNREACHABLE", `The link is over: ${failure.message}`));
    }
    for (const call of session.outgoing.takeAll()) {
      call.release?.();
      call.reject(
        new ClusterError(
          "UNREACHABLE",
          `The link broke before "${call.service}" was answered: ${failure.message}`,
        ),
      );
    }
    for (const context of session.incoming.values()) {
      const reason = `The caller's link is over: ${failure.message}`;
      context.abandon(new ClusterError("UNREACHABLE", reason));
    }
    session.incoming.clear();
  }

  /** Sets no more timers. */
  stop(): void {
    this.#timer?.cancel();
    this.#armedFor = -Infinity;
  }

  #watch(session: Session, deadline: Millis): void {
    this.#sessions.add(session);
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
    for (const session of this.#sessions) {
      for (const [id, call] of session.outgoing.expire(now)) {
        call.release?.();
        session.send({ type: "cancel", id });
        call.reject(timedOut(call.service, call.timeoutMs, session.peer.name));
      }
      let earliest = session.outgoing.earliest;
      for (const [id, context] of session.incoming) {
        if (context.deadline <= now) {
          session.incoming.delete(id);
          context.abandon(new ClusterError("TIMEOUT", "The caller's deadline passed"));
        } else earliest = Math.min(earliest, context.deadline);
      }
      if (earliest < Infinity) this.#watch(session, earliest);
      else this.#sessions.delete(session);
    }
  }
}

/** Why a call of the other side is not started, if it is not. */
function objectionTo(session: Session, id: number, characters: number): ClusterError | undefined {
  if (session.incoming.has(id)) {
    return new ClusterError("BAD_REQUEST", `Call ${id} is being served already`);
  }
  const most = session.peer.role === "client" ? CALLS_PER_CLIENT : CALLS_PER_LINK;
  if (session.serving >= most) {
    return new ClusterError("OVERLOADED", `${most} calls of one link are being served`);
  }
  if (session.servingCharacters + characters > CALL_CHARACTERS_PER_LINK) {
    const reason = `Calls of ${CALL_CHARACTERS_PER_LINK} characters of one link are being served`;
    return new ClusterError("OVERLOADED", reason);
  }
  return undefined;
}

function holdBack(session: Session): void {
  session.link.pause();
  session.link.drained(() => session.link.resume());
}

function refuse(session: Session, number: { id?: number }, message: string): void {
  session.send(errorMessage(new ClusterError("BAD_MESSAGE", message), number));
}

/**
 * Checks that a body, of a call or of a reply, may travel.
 *
 * @throws {ClusterError} `BAD_REQUEST` when it is nested too deep or has a key `__proto__`.
 */
export function checkBody(what: string, body: unknown): void {
  const fault = nestingFault(body, BODY_LEVELS);
  if (fault === undefined) return;
  const how = fault === "too-deep"
    ? `is nested deeper than ${BODY_LEVELS} levels`
    : 'has a key named "__proto__"';
  throw new ClusterError("BAD_REQUEST", `${what} ${how}`);
}

/** The error for a call that its caller cancelled. */
export function cancelled(service: string, signal: AbortSignal | undefined): ClusterError {
  const cause = signal?.reason;
  return new ClusterError("CANCELLED", `The call of "${service}" was cancelled`, { cause });
}

/** The error for a call whose deadline passed. */
export function timedOut(service: string, timeoutMs: Millis, member?: string): ClusterError {
  const where = member === undefined ? "" : ` of ${member}`;
  return new ClusterError("TIMEOUT", `No answer from "${service}"${where} in ${timeoutMs} ms`);
}
