import {
  CALL_CHARACTERS_PER_LINK,
  CALL_TIMEOUT_MAX_MS,
  CALL_TIMEOUT_MS,
  CALLS_PER_CLIENT,
  CALLS_PER_LINK,
  type Clock,
  ClusterError,
  isInteger,
  isNonEmptyString,
  type Json,
  type LinkFailure,
  type Message,
  type Millis,
  SERVICE_NAME_CHARACTERS,
} from "../core/mod.ts";
import type { Connection, MessageHandler, SlotState } from "../transport/mod.ts";
import { errorMessage, failureOf } from "../wire/mod.ts";
import { checkBody } from "./call_body.ts";
import {
  type CallContext,
  type CallFate,
  ServedCall,
  type ServiceHandler,
} from "./call_context.ts";
import type { CallsUnderWay } from "./calls_under_way.ts";
import { DeadlineSweep, type Swept } from "./deadline_sweep.ts";
import type { ServiceRegistry } from "./service_registry.ts";

/** Serves what clients call, which any member may offer; set by the part that picks one. */
export interface ClientCallServer {
  /**
   * Serves one call of a client, here or through another member.
   *
   * @param fate told when a handler begins.
   * @param member the one that is to serve it, as the client names it, if it does.
   */
  serve(
    body: Json,
    context: CallContext,
    fate: CallFate,
    member: string | undefined,
  ): ReturnType<ServiceHandler>;
}

/** The calls of the other side of one connection. */
export class IncomingCalls implements SlotState, Swept {
  /** The link that the calls come over. */
  readonly connection: Connection;
  /** Those that it waits for, by its numbers. */
  readonly waitedFor: Map<number, ServedCall> = new Map();
  /** Handlers that run for it, also for calls that it gave up: never fewer than `waitedFor`. */
  running = 0;
  /** Characters of the calls of those handlers. */
  characters = 0;
  /** Whether one was answered after this node had said that it leaves. */
  isAnsweredLate = false;

  /** No call is served yet. */
  constructor(connection: Connection) {
    this.connection = connection;
  }

  get size(): number {
    return this.waitedFor.size;
  }

  get owed(): number {
    return this.waitedFor.size + (this.isAnsweredLate ? 1 : 0);
  }
}

/** Serves the calls of others: members are served here, clients by whom `onClientCall` chooses. */
export class RpcServer implements MessageHandler {
  readonly from = "anyone";
  /** Who serves the calls of clients. */
  onClientCall: ClientCallServer | undefined;
  /** When the last answer was sent, once the node leaves. */
  lastAnswerAt: Millis = -Infinity;
  /** Calls that were served, and calls that failed. */
  readonly counters = { served: 0, failed: 0 };
  readonly #clock: Clock;
  readonly #registry: ServiceRegistry;
  readonly #underWay: CallsUnderWay;
  readonly #sweep: DeadlineSweep<IncomingCalls>;

  /**
   * Serves what the registry offers.
   *
   * @param underWay the calls that the node waits for when it leaves.
   */
  constructor(clock: Clock, registry: ServiceRegistry, underWay: CallsUnderWay) {
    this.#clock = clock;
    this.#registry = registry;
    this.#underWay = underWay;
    this.#sweep = new DeadlineSweep(clock, (calls, now) => this.#expire(calls, now));
  }

  /** The calls that others wait for, which may end. */
  get waitedFor(): ServedCall[] {
    return [...this.#sweep.watched].flatMap(({ waitedFor }) =>
      [...waitedFor.values()].filter((context) => !context.isWatch)
    );
  }

  /** Tells the handlers of the calls that a leaving node waited for: it waits no longer. */
  abandon(reason: ClusterError): void {
    for (const { waitedFor } of this.#sweep.watched) {
      for (const context of waitedFor.values()) {
        if (this.#underWay.has(context)) context.abandon(reason);
      }
    }
  }

  /**
   * Serves one call of the other side: its handler starts at once; its result or error is sent back
   * unless the caller has given up by then.
   *
   * @param characters how long the call's text was.
   */
  receive(connection: Connection, message: Message, characters: number): void {
    const { id, service, timeoutMs = CALL_TIMEOUT_MS } = message;
    if (!isInteger(id)) return refuse(connection, {}, 'A call needs a whole number "id"');
    if (!isNonEmptyString(service, SERVICE_NAME_CHARACTERS)) {
      return refuse(connection, { id }, 'A call needs the name of a "service"');
    }
    if (!isInteger(timeoutMs, 1, CALL_TIMEOUT_MAX_MS)) {
      return refuse(connection, { id }, `"timeoutMs" is 1 to ${CALL_TIMEOUT_MAX_MS} milliseconds`);
    }
    const calls = connection.slot(IncomingCalls);
    // True of every refusal until a handler is called, here or by the member that serves it.
    const fate: CallFate = { isUnstarted: true };
    // Before anything is started: an overloaded call may be tried elsewhere.
    const objection = objectionTo(calls, id, characters);
    if (objection !== undefined) return this.#fail(calls, id, service, objection, fate);
    const body = (message["body"] ?? null) as Json;
    const deadline = this.#clock.now() + timeoutMs;
    const context = new ServedCall(service, connection.peer.node, deadline, body);
    let result: ReturnType<ServiceHandler>;
    try {
      result = this.#serve(connection, message, body, context, fate);
    } catch (error) {
      return this.#fail(calls, id, service, error, fate);
    }
    if (result instanceof Promise) {
      this.#answerLater(calls, id, context, fate, result, characters);
    } else this.#reply(calls, id, service, result);
  }

  #serve(
    connection: Connection,
    message: Message,
    body: Json,
    context: ServedCall,
    fate: CallFate,
  ): ReturnType<ServiceHandler> {
    this.#registry.checkOpen(context.service);
    if (connection.peer.role === "member") {
      return this.#registry.serve(body, context, fate);
    }
    this.#registry.checkClient(context.service);
    const member = isNonEmptyString(message["node"], 300) ? message["node"] : undefined;
    return this.onClientCall === undefined
      ? this.#registry.serve(body, context, fate)
      : this.onClientCall.serve(body, context, fate, member);
  }

  #answerLater(
    calls: IncomingCalls,
    id: number,
    context: ServedCall,
    fate: CallFate,
    result: Promise<Json | void>,
    characters: number,
  ): void {
    const { service } = context;
    calls.waitedFor.set(id, context);
    calls.running++;
    calls.characters += characters;
    this.#sweep.watch(calls, context.deadline);
    result.then(
      (body) => {
        if (finish(calls, id, context, characters)) this.#reply(calls, id, service, body);
        this.#underWay.over(context);
      },
      (error) => {
        if (finish(calls, id, context, characters)) this.#fail(calls, id, service, error, fate);
        this.#underWay.over(context);
      },
    );
  }

  #reply(calls: IncomingCalls, id: number, service: string, body: Json | void): void {
    try {
      checkBody(`The reply of "${service}"`, body);
      send(calls.connection, { type: "reply", id, body: body ?? null });
      this.counters.served++;
      this.#answeredAt(calls);
    } catch (error) {
      this.#fail(calls, id, service, error);
    }
  }

  /** @param fate of the call, when it may have failed before any of its handler ran. */
  #fail(
    calls: IncomingCalls,
    id: number,
    service: string,
    thrown: unknown,
    fate?: CallFate,
  ): void {
    this.counters.failed++;
    const message = errorMessage(failureOf(`Service "${service}"`, thrown), { id });
    if (fate?.isUnstarted === true) message["started"] = false;
    send(calls.connection, message);
    this.#answeredAt(calls);
  }

  #answeredAt(calls: IncomingCalls): void {
    if (!this.#underWay.isLeaving) return;
    this.lastAnswerAt = this.#clock.now();
    calls.isAnsweredLate = true;
  }

  /** The caller gave up. */
  cancel(connection: Connection, message: Message): void {
    const { waitedFor } = connection.slot(IncomingCalls);
    const context = waitedFor.get(message["id"] as number);
    if (context === undefined) return;
    waitedFor.delete(message["id"] as number);
    context.abandon(new ClusterError("CANCELLED", "The caller cancelled the call"));
    this.#underWay.over(context);
  }

  /** The connection is over: what was served for it is abandoned. */
  closed(connection: Connection, failure: LinkFailure): void {
    const calls = connection.slot(IncomingCalls);
    this.#sweep.forget(calls);
    for (const context of calls.waitedFor.values()) {
      const reason = `The caller's link is over: ${failure.message}`;
      context.abandon(new ClusterError("UNREACHABLE", reason));
      this.#underWay.over(context);
    }
    calls.waitedFor.clear();
  }

  /** Sets no more timers. */
  stop(): void {
    this.#sweep.stop();
  }

  #expire({ waitedFor }: IncomingCalls, now: Millis): Millis {
    let earliest = Infinity;
    for (const [id, context] of waitedFor) {
      if (context.deadline <= now) {
        waitedFor.delete(id);
        context.abandon(new ClusterError("TIMEOUT", "The caller's deadline passed"));
        this.#underWay.over(context);
      } else earliest = Math.min(earliest, context.deadline);
    }
    return earliest;
  }
}

/** Why a call of the other side is not started, if it is not. */
function objectionTo(
  calls: IncomingCalls,
  id: number,
  characters: number,
): ClusterError | undefined {
  if (calls.waitedFor.has(id)) {
    return new ClusterError("BAD_REQUEST", `Call ${id} is being served already`);
  }
  const most = calls.connection.peer.role === "client" ? CALLS_PER_CLIENT : CALLS_PER_LINK;
  if (calls.running >= most) {
    return new ClusterError("OVERLOADED", `${most} calls of one link are being served`);
  }
  if (calls.characters + characters > CALL_CHARACTERS_PER_LINK) {
    const reason = `Calls of ${CALL_CHARACTERS_PER_LINK} characters of one link are being served`;
    return new ClusterError("OVERLOADED", reason);
  }
  return undefined;
}

/** Whether the caller still waits for this call's end. */
function finish(
  calls: IncomingCalls,
  id: number,
  context: ServedCall,
  characters: number,
): boolean {
  calls.running--;
  calls.characters -= characters;
  if (calls.waitedFor.get(id) === context) calls.waitedFor.delete(id);
  return !context.isAbandoned;
}

/** Sends an answer: a caller that does not read its answers is not read either. */
function send({ link }: Connection, message: Message): void {
  if (link.send(message)) return;
  link.pause();
  link.drained(() => link.resume());
}

function refuse(connection: Connection, number: { id?: number }, reason: string): void {
  const message = errorMessage(new ClusterError("BAD_MESSAGE", reason), number);
  connection.send(number.id === undefined ? message : { ...message, started: false });
}
