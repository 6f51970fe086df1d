import { ClusterError, type ErrorData, messageOf } from "../core/mod.ts";
import type { Output } from "./context.ts";
import { jsonLine, sanitize } from "./terminal/mod.ts";
import { UsageError } from "./usage_error.ts";

/** What was thrown, as `--json` prints it. */
export function errorData(thrown: unknown): ErrorData {
  if (thrown instanceof ClusterError) return thrown.toJSON();
  const code = thrown instanceof UsageError ? "BAD_REQUEST" : "FAILED";
  return { code, message: messageOf(thrown), retryable: false };
}

/** Says what went wrong: `muster: MESSAGE`, or one JSON object on one line. */
export function reportError(output: Output, thrown: unknown, asJson: boolean): void {
  if (asJson) {
    const { code, message, retryable } = errorData(thrown);
    output.err(jsonLine({ code, message, retryable }));
    return;
  }
  // Only our own words have lines: a message of the network stays on one.
  const isOurs = thrown instanceof UsageError;
  const message = messageOf(thrown);
  output.err(
    `muster: ${isOurs ? message.split("\n").map(sanitize).join("\n") : sanitize(message)}`,
  );
  // What nobody foresaw is a bug, and the stack is what its report needs.
  const isForeseen = isOurs || thrown instanceof ClusterError;
  if (!isForeseen && thrown instanceof Error && thrown.stack !== undefined) {
    output.err(thrown.stack.split("\n").map(sanitize).join("\n"));
  }
}
