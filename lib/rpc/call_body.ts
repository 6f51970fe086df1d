import { ClusterError, MESSAGE_DEPTH, nestingFault } from "../core/mod.ts";

/** Levels of a body: its message is one itself. */
const BODY_LEVELS = MESSAGE_DEPTH - 1;

/**
 * Checks that a body, of a call or of a reply, may travel.
 *
 * @throws {ClusterError} `BAD_REQUEST` when it is nested too deep or has a key `__proto__`.
 */
export function checkBody(what: string, body: unknown): void {
  const fault = nestingFault(body, BODY_LEVELS);
  if (fault === undefined) return;
  const how = fault === "too-deep"
    ? `is nested deeper than ${BODY_LEVELS} levels`
    : 'has a key named "__proto__"';
  throw new ClusterError("BAD_REQUEST", `${what} ${how}`);
}
