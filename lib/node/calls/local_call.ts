import {
  CALL_TIMEOUT_MS,
  type Clock,
  ClusterError,
  FRAME_BYTES,
  type Json,
  type NodeId,
  utf8Bytes,
} from "../../core/mod.ts";
import {
  CallContext,
  cancelled,
  checkBody,
  type OutgoingRequest,
  type ServiceHandler,
  timedOut,
} from "./calls.ts";
import { failureOf } from "./error_message.ts";

/**
 * Calls a handler of this node as if it were elsewhere: the body and the result pass through JSON,
 * errors become cluster errors, and deadline and cancellation hold.
 */
export async function callLocally(
  clock: Clock,
  self: NodeId,
  handler: ServiceHandler,
  request: OutgoingRequest,
): Promise<Json> {
  const { service, signal, timeoutMs = CALL_TIMEOUT_MS } = request;
  if (signal?.aborted) throw cancelled(service, signal);
  const body = travelled(`The body for "${service}"`, request.body);
  const context = new CallContext(service, self, clock.now() + timeoutMs);
  const giveUp = Promise.withResolvers<never>();
  const abandon = (error: ClusterError) => {
    context.abandon(error);
    giveUp.reject(error);
  };
  const cancel = () => abandon(cancelled(service, signal));
  const timer = clock.setTimer(timeoutMs, () => abandon(timedOut(service, timeoutMs)));
  signal?.addEventListener("abort", cancel, { once: true });
  giveUp.promise.catch(() => {});
  try {
    const result = await Promise.race([
      Promise.resolve().then(() => handler(body, context)),
      giveUp.promise,
    ]);
    return travelled(`The reply of "${service}"`, result);
  } catch (error) {
    throw failureOf(`Service "${service}"`, error);
  } finally {
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
