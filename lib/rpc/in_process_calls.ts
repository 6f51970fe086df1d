import {
  CALL_TIMEOUT_MS,
  type Clock,
  ClusterError,
  FRAME_BYTES,
  type Json,
  type NodeId,
  utf8Bytes,
} from "../core/mod.ts";
import { failureOf } from "../wire/mod.ts";
import { checkBody } from "./call_body.ts";
import { isClusterService, ServedCall } from "./call_context.ts";
import type { CallsUnderWay } from "./calls_under_way.ts";
import { cancelled, type OutgoingRequest, timedOut } from "./outgoing_call.ts";
import type { ServiceRegistry } from "./service_registry.ts";

/**
 * A node's calls of itself, as if it were elsewhere: the body and the result pass through JSON,
 * errors become cluster errors, and deadline and cancellation hold.
 */
export class InProcessCalls {
  readonly #clock: Clock;
  readonly #self: NodeId;
  readonly #registry: ServiceRegistry;
  readonly #underWay: CallsUnderWay;
  /** Those whose handler runs, and what gives each up. */
  readonly #running = new Map<ServedCall, (reason: ClusterError) => void>();

  constructor(clock: Clock, self: NodeId, registry: ServiceRegistry, underWay: CallsUnderWay) {
    this.#clock = clock;
    this.#self = self;
    this.#registry = registry;
    this.#underWay = underWay;
  }

  /** Those of services that people and programs offer: others serve the node itself. */
  get ofPrograms(): ServedCall[] {
    return [...this.#running.keys()].filter(({ service }) => !isClusterService(service));
  }

  /** Gives up all that people and programs made. */
  abandon(reason: ClusterError): void {
    for (const call of this.ofPrograms) this.#running.get(call)?.(reason);
  }

  /** Calls a service of this node. */
  async call(request: OutgoingRequest): Promise<Json> {
    const { service, signal, timeoutMs = CALL_TIMEOUT_MS } = request;
    if (signal?.aborted) throw cancelled(service, signal, false);
    const body = travelled(`The body for "${service}"`, request.body);
    const context = new ServedCall(service, this.#self, this.#clock.now() + timeoutMs, body);
    const giveUp = Promise.withResolvers<never>();
    const abandon = (error: ClusterError) => {
      context.abandon(error);
      giveUp.reject(error);
    };
    const cancel = () => abandon(cancelled(service, signal, true));
    const timer = this.#clock.setTimer(
      timeoutMs,
      () => abandon(timedOut(service, timeoutMs, { name: undefined })),
    );
    signal?.addEventListener("abort", cancel, { once: true });
    giveUp.promise.catch(() => {});
    this.#running.set(context, abandon);
    try {
      const result = await Promise.race([
        Promise.resolve().then(() => this.#registry.serve(body, context)),
        giveUp.promise,
      ]);
      return travelled(`The reply of "${service}"`, result);
    } catch (error) {
      throw failureOf(`Service "${service}"`, error);
    } finally {
      this.#running.delete(context);
      this.#underWay.over(context);
      timer.cancel();
      signal?.removeEventListener("abort", cancel);
    }
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
