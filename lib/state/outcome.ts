import { ClusterError, type ErrorData } from "../core/mod.ts";

/** What an answer of the state holds; its error is thrown. */
export function resultOf<Result>(
  answer: { ok: true; result: Result } | { ok: false; error: ErrorData },
): Result {
  if (answer.ok) return answer.result;
  throw errorOf(answer.error);
}

/** An error of the state as what is thrown. */
export function errorOf({ code, message, retryable, details }: ErrorData): ClusterError {
  return ClusterError.from({ code, message, retryable, details });
}
