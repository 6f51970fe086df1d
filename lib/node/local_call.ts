import {
  CALL_TIMEOUT_MS,
  type Clock,
  ClusterError,
  type Json,
  messageOf,
  type NodeId,
} from "../core/mod.ts";
import {
  CallContext,
  cancelled,
  type OutgoingRequest,
  type ServiceHandler,
  timedOut,
} from "./calls.ts";

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
    const body = JSON.parse(JSON.stringify(request.body ?? null)) as Json;
    const result = await Promise.race([
      Promise.resolve().then(() => handler(body, context)),
      giveUp.promise,
    ]);
    return JSON.parse(JSON.stringify(result ?? null)) as Json;
  } catch (error) {
    if (error instanceof ClusterError) throw error;
    throw new ClusterError("HANDLER_FAILED", `Service "${service}" failed: ${messageOf(error)}`);
  } finally {
    timer.cancel();
    signal?.removeEventListener("abort", cancel);
  }
}
