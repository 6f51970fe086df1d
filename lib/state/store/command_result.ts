import type { ErrorData } from "../../core/mod.ts";
import type { Command } from "./command.ts";
import type { KeyEvent, KeyValue } from "./key_value.ts";

/** A key was put. */
export interface PutResult {
  /** Tells the results apart. */
  type: "put";
  /** The revision that created the key. */
  createRevision: number;
  /** How often the key was put since. */
  version: number;
}

/** Keys were deleted. */
export interface DeleteResult {
  /** Tells the results apart. */
  type: "delete";
  /** How many keys there were. */
  deleted: number;
}

/** A key was read. */
export interface GetResult {
  /** Tells the results apart. */
  type: "get";
  /** The key as it stands; `null` when there is none. */
  entry: KeyValue | null;
}

/** A prefix was listed. */
export interface ListResult {
  /** Tells the results apart. */
  type: "list";
  /** A page of keys, in order. */
  entries: KeyValue[];
  /** Whether more follow the last entry: ask again `after` its key. */
  more: boolean;
}

/** Whether a compare-and-set was done, and the key as it stands now. */
export interface CompareAndSetResult {
  /** Tells the results apart. */
  type: "cas";
  /** Whether what was compared held. */
  succeeded: boolean;
  /** The key as it stands; `null` when there is none. */
  entry: KeyValue | null;
}

/** Which branch was done, and a result for each of its operations. */
export interface TransactionResult {
  /** Tells the results apart. */
  type: "transaction";
  /** Whether what was compared held. */
  succeeded: boolean;
  /** One for each operation of the branch that was done. */
  results: OperationResult[];
}

/** What one operation of a transaction gave. */
export type OperationResult = PutResult | DeleteResult | GetResult | ListResult;

/** A session was opened. */
export interface SessionResult {
  /** Tells the results apart. */
  type: "session";
  /** The session meant, by its id. */
  session: number;
  /** Silence after which it ends, in milliseconds. */
  ttlMs: number;
}

/** A lease was granted. */
export interface LeaseResult {
  /** Tells the results apart. */
  type: "lease";
  /** The lease meant, by its id. */
  lease: number;
  /** Silence after which it ends, in milliseconds. */
  ttlMs: number;
}

/** What was kept alive; `lost` are gone. */
export interface KeepAliveResult {
  /** Tells the results apart. */
  type: "keep-alive";
  /** Those that had ended before. */
  lost: { leases: number[]; sessions: number[] };
}

/** How a lease stands to a lock. */
export interface LockResult {
  /** Tells the results apart. */
  type: "lock";
  /** The lock's name. */
  name: string;
  /** Where the lease's claim is visible: watch it to see a waiter become the holder. */
  key: string;
  /** `none`: only tried, and another holds it; nothing was queued. */
  state: "held" | "waiting" | "none";
  /** The fencing token, when held: the revision at which this lease got the lock. */
  token?: number;
  /** How many stand before this lease; 0 for the holder. */
  ahead: number;
  /** The lease that holds it. */
  holder: number;
}

/**
 * A command that has nothing more to say was done; `changed` tells whether there was anything to
 * do.
 */
export interface DoneResult {
  /** Tells the results apart. */
  type: "done";
  /** Whether there was anything to do. */
  changed: boolean;
}

/** What each command gives, by its `type`. */
export interface CommandResults {
  /** A key was put. */
  put: PutResult;
  /** Keys were deleted. */
  delete: DeleteResult;
  /** A key was compared, and perhaps put. */
  cas: CompareAndSetResult;
  /** One of two branches was done. */
  transaction: TransactionResult;
  /** A session was opened. */
  "session-open": SessionResult;
  /** A session was ended. */
  "session-close": DoneResult;
  /** A lease was granted. */
  "lease-grant": LeaseResult;
  /** A lease was ended. */
  "lease-revoke": DoneResult;
  /** Leases and sessions were kept alive. */
  "keep-alive": KeepAliveResult;
  /** A lock was asked for. */
  "lock-acquire": LockResult;
  /** A lock was given up. */
  "lock-release": DoneResult;
  /** History was forgotten. */
  compact: DoneResult;
  /** The revision was raised. */
  advance: DoneResult;
  /** What outlived its time was ended. */
  expire: DoneResult;
}

/** What a command gave. */
export type CommandResult = CommandResults[keyof CommandResults];

/** How a command ended. An error changed nothing. */
export type Outcome<Result = CommandResult> =
  | {
    ok: true;
    /** The state's revision right after the command: the one it wrote at, when it changed keys. */
    revision: number;
    result: Result;
  }
  | { ok: false; revision: number; error: ErrorData };

/** How a command of a kind ends. */
export type OutcomeOf<C extends Command> = Outcome<CommandResults[C["type"]]>;

/** What the leader's {@linkcode Lessor} must hear of; the other replicas ignore it. */
export type ExpiryChange =
  | { type: "alive"; kind: "lease" | "session"; id: number; ttlMs: number; counter: number }
  | { type: "ended"; kind: "lease" | "session"; id: number };

/** All that one applied command did. */
export interface ApplyResult {
  /** The index of the log entry. */
  index: number;
  /** How the command ended. */
  outcome: Outcome;
  /** Whether the outcome is the remembered one of a retried command, which changed nothing now. */
  isReplay: boolean;
  /** The changes of keys, all at one revision, each key once: feed them to {@linkcode Watches}. */
  events: KeyEvent[];
  /** Feed them to {@linkcode Lessor}, in order. */
  expiry: ExpiryChange[];
  /** Whether history from before is forgotten as a whole: {@linkcode Watches} must be rebased. */
  hasAdvanced: boolean;
}
