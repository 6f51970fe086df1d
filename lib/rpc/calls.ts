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
import type { Session } from "../transport/mod.ts";
import { WaitingCall } from "./waiting_call.ts";

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
  readonly #sessions = new Set<Session>();
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
      () => {
        session.waiting.delete(call);
        session.settled?.();
      },
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

  /**
   * The calls that are under way, of both directions, for a node that leaves: it is told when each has
   * ended. Calls that begin from now on are not among them.
   *
   * @param local calls of this node to itself.
   */
  leave(local: Iterable<CallContext>): CallsUnderWay {
    const under: object[] = [...local];
    for (const session of this.#sessions) {
      for (const context of session.incoming.values()) {
        if (!this.#watches.has(context)) under.push(context);
      }
      for (const call of session.outgoing.values()) {
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
    for (const session of this.#sessions) {
      for (const context of session.incoming.values()) {
        if (this.#underWay?.has(context) === true) context.abandon(reason);
      }
    }
  }

  #send(session: Session, request: OutgoingRequest): Promise<Json> {
    const { service, body, node, signal, fate } = request;
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
    if (signal?.aborted) return Promise.reject(cancelled(service, signal, false));
    return new Promise((resolve, reject) => {
      checkBody(`The body for "${service}"`, body);
      const deadline = this.#clock.now() + timeoutMs;
      const call: OutgoingCall = { service, timeoutMs, fate, deadline, resolve, reject };
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
      if (fate !== undefined) fate.isUnstarted = false;
      this.counters.made++;
      if (signal !== undefined) this.#heed(session, id, call, signal);
      this.#watch(session, deadline);
    });
  }

  #heed(session: Session, id: number, call: OutgoingCall, signal: AbortSignal): void {
    const give = () => {
      if (session.outgoing.take(id) === undefined) return;
      session.send({ type: "cancel", id });
      call.reject(cancelled(call.service, signal, true));
      this.#callEnded(session, call);
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
    else {
      if (call.fate !== undefined) call.fate.isUnstarted = message["started"] === false;
      call.reject(ClusterError.from(message));
    }
    this.#callEnded(session, call);
  }

  #callEnded(session: Session, call: OutgoingCall): void {
    this.#underWay?.over(call);
    session.settled?.();
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
    run: RunCall,
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
    const fate: CallFate = { isUnstarted: true };
    if (objection !== undefined) return this.#fail(session, id, service, objection, fate);
    fate.isUnstarted = false;
    const body = (message["body"] ?? null) as Json;
    const context = new CallContext(service, session.peer.node, this.#clock.now() + timeoutMs);
    let result: Json | void | Promise<Json | void>;
    try {
      result = run(service, body, context, fate);
    } catch (error) {
      this.#fail(session, id, service, error, fate);
      return;
    }
    if (result instanceof Promise) {
      if (isWatch(service, body)) this.#watches.add(context);
      this.#serveLater(session, id, context, fate, result, characters);
    } else this.#reply(session, id, service, result);
  }

  #serveLater(
    session: Session,
    id: number,
    context: CallContext,
    fate: CallFate,
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
        this.#underWay?.over(context);
      },
      (error) => {
        if (this.#finish(session, id, context, characters)) {
          this.#fail(session, id, service, error, fate);
        }
        this.#underWay?.over(context);
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
      this.#answeredAt(session);
    } catch (error) {
      this.#fail(session, id, service, error);
    }
  }

  /** @param fate of the call, when it may have failed before any of its handler ran. */
  #fail(session: Session, id: number, service: string, thrown: unknown, fate?: CallFate): void {
    this.counters.failed++;
    const message = errorMessage(failureOf(`Service "${service}"`, thrown), { id });
    if (fate?.isUnstarted === true) message["started"] = false;
    if (!session.send(message)) holdBack(session);
    this.#answeredAt(session);
  }

  #answeredAt(session: Session): void {
    if (this.#underWay === undefined) return;
    this.lastAnswerAt = this.#clock.now();
    session.isAnsweredLate = true;
  }

  /** The caller gave up. */
  cancel(session: Session, message: Message): void {
    const context = session.incoming.get(message["id"] as number);
    if (context === undefined) return;
    session.incoming.delete(message["id"] as number);
    context.abandon(new ClusterError("CANCELLED", "The caller cancelled the call"));
    this.#underWay?.over(context);
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
          OUTCOME_UNKNOWN,
        ),
      );
      this.#underWay?.over(call);
    }
    for (const context of session.incoming.values()) {
      const reason = `The caller's link is over: ${failure.message}`;
      context.abandon(new ClusterError("UNREACHABLE", reason));
      this.#underWay?.over(context);
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
        call.reject(timedOut(call.service, call.timeoutMs, { name: session.peer.name }));
        this.#callEnded(session, call);
      }
      let earliest = session.outgoing.earliest;
      for (const [id, context] of session.incoming) {
        if (context.deadline <= now) {
          session.incoming.delete(id);
          context.abandon(new ClusterError("TIMEOUT", "The caller's deadline passed"));
          this.#underWay?.over(context);
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

function refuse(session: Session, number: { id?: number }, reason: string): void {
  const message = errorMessage(new ClusterError("BAD_MESSAGE", reason), number);
  session.send(number.id === undefined ? message : { ...message, started: false });
}
