import {
  ClusterError,
  ERROR_CHARACTERS,
  ERROR_CODE_CHARACTERS,
  isInteger,
  type Message,
  MESSAGE_DEPTH,
  messageOf,
  nestingFault,
} from "../core/mod.ts";

/** Levels of an error's details: they are a field of its message. */
const DETAILS_LEVELS = MESSAGE_DEPTH - 1;

/**
 * Writes an error as the message that answers a call or request, or that is about the link itself.
 *
 * It never throws, and what it writes always fits a frame, whatever a handler or another member put
 * into the error: most senders are promises that nobody waits for, where a throw would end the
 * process.
 *
 * @param number the `id` of what it answers, if that has one.
 */
export function errorMessage(error: ClusterError, number: { id?: number } = {}): Message {
  const { code, retryable } = error;
  const message: Message = {
    type: "error",
    ...number,
    code: String(code).slice(0, ERROR_CODE_CHARACTERS),
    message: messageOf(error).slice(0, ERROR_CHARACTERS),
    retryable,
  };
  const details = boundedDetails(error.details);
  if (details !== undefined) message["details"] = details;
  return message;
}

/** The `id` that the answer to a message carries: only a whole number is one. */
export function numberOf(message: Message): { id?: number } {
  return isInteger(message["id"]) ? { id: message["id"] } : {};
}

/** Whatever was thrown, as the error of who ran it. */
export function failureOf(what: string, thrown: unknown): ClusterError {
  if (thrown instanceof ClusterError) return thrown;
  return new ClusterError("HANDLER_FAILED", `${what} failed: ${messageOf(thrown)}`);
}

function boundedDetails(details: ClusterError["details"]): ClusterError["details"] {
  try {
    if (nestingFault(details, DETAILS_LEVELS) !== undefined) return undefined;
    // Details that JSON cannot carry stay here: the code and the message say what happened.
    return JSON.stringify(details).length <= ERROR_CHARACTERS ? details : undefined;
  } catch {
    return undefined;
  }
}
