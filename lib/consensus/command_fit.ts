import { ClusterError, type Json, MESSAGE_DEPTH, nestingFault, utf8Bytes } from "../core/mod.ts";
import { COMMAND_BYTES } from "./limits.ts";

/** Levels of a command: an `append` holds it in an entry, in a list, in the message. */
const COMMAND_LEVELS = MESSAGE_DEPTH - 3;

/**
 * Checks that a command can travel to the followers, alone if need be.
 *
 * One that could not would be in the log for good, in the way of all behind it: the state refuses
 * what makes no sense, but only once it is committed, and it looks at no more than it understands.
 *
 * @throws {ClusterError} `TOO_LARGE` or `BAD_REQUEST`.
 */
export function checkCommandFits(command: Json): void {
  const fault = nestingFault(command, COMMAND_LEVELS);
  if (fault !== undefined) {
    const how = fault === "too-deep"
      ? `is nested deeper than ${COMMAND_LEVELS} levels`
      : 'has a key named "__proto__"';
    throw new ClusterError("BAD_REQUEST", `The command ${how}`);
  }
  const text = JSON.stringify(command) ?? "null";
  // No text has more bytes than three times its units.
  if (text.length * 3 <= COMMAND_BYTES) return;
  const bytes = utf8Bytes(text);
  if (bytes <= COMMAND_BYTES) return;
  throw new ClusterError(
    "TOO_LARGE",
    `A command of ${bytes} bytes is over the limit of ${COMMAND_BYTES} bytes`,
    { details: { bytes, limit: COMMAND_BYTES } },
  );
}
