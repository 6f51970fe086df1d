import { isNonEmptyString } from "./json.ts";
import { ERROR_CHARACTERS, ERROR_CODE_CHARACTERS } from "./limits.ts";

/**
 * Every condition of a cluster that a program may meet, with whether trying again can help.
 *
 * The codes are stable: programs match on them, never on the text of a message.
 */
export const CODES = {
  /** No such service on the node or nodes asked. */
  UNKNOWN_SERVICE: false,
  /** No member of that id or name. */
  UNKNOWN_MEMBER: false,
  /** A `type` that this version does not know. */
  UNKNOWN_TYPE: false,
  /** A message that is not what the protocol says. */
  BAD_MESSAGE: false,
  /** An argument of a request that makes no sense. */
  BAD_REQUEST: false,
  /** A frame, body or value over its limit. */
  TOO_LARGE: false,
  /** The two sides share no protocol version. */
  PROTOCOL_MISMATCH: false,
  /** The other side belongs to another cluster. */
  OTHER_CLUSTER: false,
  /** The name is another member's. */
  NAME_TAKEN: false,
  /** The address is another member's. */
  ADDRESS_TAKEN: false,
  /** A node reached itself. */
  SELF: false,
  /** The node is no member of a cluster (yet, or any more). */
  NOT_A_MEMBER: true,
  /** The node was removed from the cluster by an operator. */
  REMOVED: false,
  /** None of the addresses led to a cluster. */
  NO_CLUSTER: true,
  /** The other side could not be reached, or its link broke. */
  UNREACHABLE: true,
  /** The deadline passed first. */
  TIMEOUT: true,
  /** The caller gave the call up. */
  CANCELLED: false,
  /** A queue is at its high-water mark. */
  OVERLOADED: true,
  /** The node is leaving or has left. */
  SHUTTING_DOWN: true,
  /** The handler of a service threw. */
  HANDLER_FAILED: false,
  /** A permission or resource of this machine is missing. */
  NOT_PERMITTED: false,
  /** This node is not the master; the details name it. */
  NOT_MASTER: true,
  /** This very node runs in another process too, from a copy of its data folder. */
  RUNS_ELSEWHERE: false,
  /** What this node holds for agreed on, and what its cluster does, cannot both be right. */
  DIVERGED: false,
  /**
   * The cluster has agreed on what this node's version does not know: it must be of a later one.
   */
  NEWER_CLUSTER: false,
  /**
   * That node's copy of the state may not be read yet without a majority: it cannot tell what was
   * agreed on.
   */
  NOT_READY: true,
  /** The data folder cannot be read or written. */
  STORE_FAILED: false,
  /** No majority of the voters answers. */
  NO_QUORUM: true,
  /** History up to the revision asked for is gone; the details name the lowest that is left. */
  COMPACTED: false,
  /** The revision asked for has not been reached here (yet). */
  FUTURE_REVISION: true,
  /** Another holds the lock; the details name its lease. */
  LOCKED: true,
  /** The id that was drawn for a lease or session is another's: it is drawn anew. */
  ID_TAKEN: true,
  /** The lease expired, was revoked, or never was. */
  LEASE_NOT_FOUND: false,
  /** The session expired, was closed, or never was: its commands are not applied. */
  SESSION_EXPIRED: false,
  /**
   * The session's sequence number is so old that its result is forgotten: it is not applied
   * (again).
   */
  STALE_SEQUENCE: false,
  /** One transaction would write the same key twice. */
  DUPLICATE_KEY: false,
  /** The shared state is full: delete something, or compact. */
  NO_SPACE: false,
  /** As many leases, sessions, waiters or watches as there may be. */
  TOO_MANY: true,
} as const;

/** A stable name of a condition of the cluster. */
export type ErrorCode = keyof typeof CODES;

/** An error as it crosses the wire and as `--json` prints it. */
export interface ErrorData {
  /** An {@linkcode ErrorCode}, or a later version's code that this one does not know. */
  code: string;
  /** What failed, with what, and what to do. */
  message: string;
  /** Whether the same request may succeed later or elsewhere. */
  retryable: boolean;
  /** Facts that a program can use. */
  details?: Record<string, unknown>;
}

/** A condition of the cluster: it crosses the wire as data and arrives as the same class. */
export class ClusterError extends Error {
  /** Tells it apart where classes do not reach. */
  override readonly name = "ClusterError";
  /** The stable name of the condition. */
  readonly code: string;
  /** Whether the same request may succeed later or elsewhere. */
  readonly retryable: boolean;
  /** Facts that a program can use, when there are any. */
  readonly details: Record<string, unknown> | undefined;

  /** Makes one; it is `retryable` as its code is, unless that is given. */
  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; retryable?: boolean; details?: Record<string, unknown> } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? CODES[code] ?? false;
    this.details = options.details;
  }

  /** The error as data: what crosses the wire. */
  toJSON(): ErrorData {
    const data: ErrorData = { code: this.code, message: this.message, retryable: this.retryable };
    if (this.details !== undefined) data.details = this.details;
    return data;
  }

  /**
   * The error that some data of the wire stands for; what is missing or malformed gets a default.
   */
  static from(data: unknown): ClusterError {
    const given = (typeof data === "object" && data !== null ? data : {}) as Partial<ErrorData>;
    const code = isNonEmptyString(given.code, ERROR_CODE_CHARACTERS) ? given.code : "BAD_MESSAGE";
    const message = typeof given.message === "string"
      ? given.message.slice(0, ERROR_CHARACTERS)
      : "An error without a message";
    const details = typeof given.details === "object" && given.details !== null
      ? { details: given.details }
      : {};
    return new ClusterError(code as ErrorCode, message, {
      retryable: given.retryable === true,
      ...details,
    });
  }
}

/** What any thrown thing says of itself, for a log line or an error's text. */
export function messageOf(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? thrown.message : thrown);
  } catch {
    // An object without a prototype, or whose text throws: a handler may throw anything.
    return "an error that has no text";
  }
}
