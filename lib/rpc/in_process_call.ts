import {
  CALL_TIMEOUT_MS,
  type Clock,
  ClusterError,
  FRAME_BYTES,
  type Json,
  type NodeId,
  utf8Bytes,
} from "../core/mod.ts";
import { checkBody } from "./call_body.ts";
import { CallContext, isClusterService, type ServiceHandler } from "./call_context.ts";
import { cancelled, type OutgoingRequest, timedOut } from "./outgoing_call.ts";
import { failureOf } from "../wire/mod.ts";

/** The calls of a node to itself that are under way, and what gives each up. */
export class LocalCalls {
  readonly #running = new Map<CallContext, (reason: ClusterError) => void>();
  readonly #ended: (call: CallContext) => void;

  /** @param ended told of each that has ended. */
  constructor(ended: (call: CallContext) => void) {
    this.#ended = ended;
  }

  /** Those of services that people and programs offer: others serve the node itself. */
  get ofPrograms(): CallContext[] {
    return [...this.#running.keys()].filter(({ service }) => !isClusterService(service));
  }

  /** The handler of a call begins; `giveUp` ends the call before its handler has. */
  begins(call: CallContext, giveUp: (reason: ClusterError) => void): void {
    this.#running.set(call, giveUp);
  }

  /** A call has ended. */
  ends(call: CallContext): void {
    this.#running.delete(call);
    this.#ended(call);
  }

  /** Gives up all that people and programs made. */
  abandon(reason: ClusterError): void {
    for (const call of this.ofPrograms) this.#running.get(call)?.(reason);
  }
}

/**
 * Calls a handler of this node as if it were elsewhere: the body and the result pass through JSON,
 * errors become cluster errors, and deadline and cancellation hold.
 *
 * @param running told of the call while its handler runs.
 */
export async function callInProcess(
  clock: Clock,
  self: NodeId,
  handler: ServiceHandler,
  request: OutgoingRequest,
  running: LocalCalls,
): Promise<Json> {
  const { service, signal, timeoutMs = CALL_TIMEOUT_MS } = request;
  if (signal?.aborted) throw cancelled(service, signal, false);
  const body = travelled(`The body for "${service}"`, request.body);
  const context = new CallContext(service, self, clock.now() + timeoutMs);
  const giveUp = Promise.withResolvers<never>();
  const abandon = (error: ClusterError) => {
    context.abandon(error);
    giveUp.reject(error);
  };
  const cancel = () => abandon(cancelled(service, signal, true));
  const timer = clock.setTimer(
    timeoutMs,
    () => abandon(timedOut(service, timeoutMs, { name: undefined })),
  );
  signal?.addEventListener("abort", cancel, { once: true });
  giveUp.promise.catch(() => {});
  running.begins(context, abandon);
  try {
    const result = await Promise.race([
      Promise.resolve().then(() => handler(body, context)),
      giveUp.promise,
    ]);
    return travelled(`The reply of "${service}"`, result);
  } catch (error) {
    throw failureOf(`Service "${service}"`, error);
  } finally {
    running.ends(context);
    timer.cancel();
    signal?.removeEventListener("abort", cancel);
  }
}

/** A body as it would arrive: what a link would refuse is refused here too. */
function travelled(what: string, body: unknown): Json {
  checkBody(what, body);
  const text = JSON.stringify(body) ?? "null";
  // No text has more bytes than three times its units: most need no counting.
  if (text.length * 3 > FRAME_BYTES && utf8Bytes(text) > FRAME_BYTES) {
    throw new ClusterError("TOO_LARGE", `${what} is over the limit of ${FRAME_BYTES} bytes`);
  }
  return JSON.parse(text) as Json;
}
