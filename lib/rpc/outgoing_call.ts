import { ClusterError, type Json, type Millis } from "../core/mod.ts";
import type { PendingCall } from "./pending_calls.ts";
import type { CallFate } from "./call_context.ts";

/** How a call is made. */
export interface CallOptions {
  /** Who is to serve it: a name, address or id; by default any member that offers the service. */
  node?: string | undefined;
  /** When it is given up, in whole milliseconds. Default 5,000. */
  timeoutMs?: Millis | undefined;
  /** Cancels the call. */
  signal?: AbortSignal | undefined;
}

/** A call that we made and that waits for its answer. */
export interface OutgoingCall extends PendingCall {
  /** What is called. */
  readonly service: string;
  /** How long its caller waits. */
  readonly timeoutMs: Millis;
  /** Whoever passes the call on learns from it what to tell its own caller. */
  readonly fate: CallFate | undefined;
  /** The answer is there. */
  resolve(body: Json): void;
  /** There is no answer, or it is an error. */
  reject(error: ClusterError): void;
  /** Stops listening to the caller's signal. */
  release?: () => void;
}

/** What a caller asks of a link. */
export interface OutgoingRequest {
  /** What is called. */
  service: string;
  /** What it is given. */
  body: Json;
  /** The member that is to serve it, when the other side is to pass it on. */
  node?: string | undefined;
  /** How long the caller waits. Default `CALL_TIMEOUT_MS`. */
  timeoutMs?: Millis | undefined;
  /** Gives it up. */
  signal?: AbortSignal | undefined;
  /** Told what became of the call, before its promise is rejected. */
  fate?: CallFate | undefined;
}

/** Details of a failed call that was sent and not answered: its handler may have run, or may. */
export const OUTCOME_UNKNOWN = { details: { outcome: "unknown" } } as const;

/**
 * The error for a call that its caller cancelled.
 *
 * @param isSent whether it was on its way already, so that it may be done all the same.
 */
export function cancelled(
  service: string,
  signal: AbortSignal | undefined,
  isSent: boolean,
): ClusterError {
  const cause = signal?.reason;
  return new ClusterError("CANCELLED", `The call of "${service}" was cancelled`, {
    cause,
    ...(isSent ? OUTCOME_UNKNOWN : {}),
  });
}

/**
 * The error for a call whose deadline passed.
 *
 * @param sentTo the member that has it, or may have it; `undefined` while it was not sent.
 */
export function timedOut(
  service: string,
  timeoutMs: Millis,
  sentTo: { name: string | undefined } | undefined,
): ClusterError {
  const where = sentTo?.name === undefined ? "" : ` of ${sentTo.name}`;
  const reason = `No answer from "${service}"${where} in ${timeoutMs} ms`;
  return new ClusterError("TIMEOUT", reason, sentTo === undefined ? {} : OUTCOME_UNKNOWN);
}
