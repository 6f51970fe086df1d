import { CALL_TIMEOUT_MS, type Clock, type ClusterError, type Json } from "../core/mod.ts";
import { cancelled, type OutgoingRequest, timedOut } from "./outgoing_call.ts";

/** A call that waits for a link, or for room on one; its deadline and its signal hold meanwhile. */
export class QueuedCall {
  /** The reply's body, in the end. */
  readonly reply: Promise<Json>;
  readonly #clock: Clock;
  readonly #request: OutgoingRequest;
  readonly #deadline: number;
  readonly #outcome = Promise.withResolvers<Json>();
  readonly #release: () => void;
  #isOver = false;

  /**
   * Waits from now on.
   *
   * @param over told when it waits no more, whatever came of it.
   */
  constructor(clock: Clock, request: OutgoingRequest, over: () => void = () => {}) {
    const { service, signal, timeoutMs = CALL_TIMEOUT_MS } = request;
    this.reply = this.#outcome.promise;
    this.#clock = clock;
    this.#request = request;
    this.#deadline = clock.now() + timeoutMs;
    const timer = clock.setTimer(
      timeoutMs,
      () => this.fail(timedOut(service, timeoutMs, undefined)),
    );
    const cancel = () => this.fail(cancelled(service, signal, false));
    signal?.addEventListener("abort", cancel, { once: true });
    this.#release = () => {
      this.#isOver = true;
      timer.cancel();
      signal?.removeEventListener("abort", cancel);
      over();
    };
    if (signal?.aborted) cancel();
  }

  /** Sends it at once, with the time that is left, unless it was given up. */
  send(call: (request: OutgoingRequest) => Promise<Json>): void {
    if (this.#isOver) return;
    this.#release();
    const leftMs = Math.max(1, Math.ceil(this.#deadline - this.#clock.now()));
    this.#outcome.resolve(call({ ...this.#request, timeoutMs: leftMs }));
  }

  /** Gives it up. */
  fail(error: ClusterError): void {
    if (this.#isOver) return;
    this.#release();
    this.#outcome.reject(error);
  }
}
