import { ClusterError, type ErrorData } from "../core/mod.ts";
import type { Outcome } from "./store/mod.ts";

/** What an outcome holds; its error is thrown. */
export function resultOf(outcome: Outcome): unknown {
  if (outcome.ok) return outcome.result;
  const { code, message, retryable, details }: ErrorData = outcome.error;
  throw ClusterError.from({ code, message, retryable, details });
}
