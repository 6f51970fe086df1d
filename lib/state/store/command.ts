import type { Json } from "../../core/mod.ts";

/**
 * What makes a command's retry harmless: the same session and sequence never apply twice.
 * A command has both or neither.
 */
export interface RequestNumber {
  /** A session that `session-open` gave. */
  session?: number;
  /** Unique within the session, from 1. Gaps and disorder are fine. */
  sequence?: number;
  /** Every sequence below this one has its answer: its result may be forgotten. */
  acknowledged?: number;
}

/** Puts a key. Without a lease, it leaves the one it had. */
export interface Put {
  /** Says that this is a put. */
  type: "put";
  /** Its name: well-formed text of at most `KEY_BYTES` in UTF-8. */
  key: string;
  /** JSON of at most `VALUE_BYTES`. */
  value: Json;
  /** The lease meant, by its id. */
  lease?: number;
}

/**
 * Deletes one key, or all with a prefix (`""`: all but the reserved ones). Exactly one of the two.
 */
export interface Delete {
  /** Says that this is a delete. */
  type: "delete";
  /** Its name: well-formed text of at most `KEY_BYTES` in UTF-8. */
  key?: string;
  /** How the keys begin. */
  prefix?: string;
}

/** Reads a key, within a transaction, as the operations before it left it. */
export interface Get {
  /** Says that this is a get. */
  type: "get";
  /** Its name: well-formed text of at most `KEY_BYTES` in UTF-8. */
  key: string;
}

/** Lists by prefix, within a transaction, as the operations before it left it. */
export interface List {
  /** Says that this is a list. */
  type: "list";
  /** How the keys begin. */
  prefix: string;
  /** Entries at the most; default and bound `LIST_ENTRIES`. */
  limit?: number;
}

/** Puts a key if it is as expected. */
export interface CompareAndSet {
  /** Says that this is a compare-and-set. */
  type: "cas";
  /** Its name: well-formed text of at most `KEY_BYTES` in UTF-8. */
  key: string;
  /**
   * The revision that wrote it last (0: absent), or its value, or that it is absent. Exactly one.
   */
  expect: { revision: number } | { value: Json } | { absent: true };
  /** JSON of at most `VALUE_BYTES`. */
  value: Json;
  /** The lease meant, by its id. */
  lease?: number;
}

/** What a compare of a transaction looks at. All but `value` are 0 for an absent key. */
export type CompareTarget = "version" | "createRevision" | "modRevision" | "lease" | "value";

/**
 * A condition of a transaction. A compare of an absent key's value never holds; `<` and `>` of
 * values hold only between two numbers or two strings (in code point order).
 */
export interface Compare {
  /** Its name: well-formed text of at most `KEY_BYTES` in UTF-8. */
  key: string;
  /** What of the key is compared. */
  target: CompareTarget;
  /** How: `=`, `!=`, `<` or `>`. */
  operator: "=" | "!=" | "<" | ">";
  /** With what. */
  operand: Json;
}

/** One operation of a transaction. */
export type Operation = Put | Delete | Get | List;

/** Does `then` if all of `if` hold, else `else`: at one revision, and all or nothing. */
export interface Transaction {
  /** Says that this is a transaction. */
  type: "transaction";
  /** The compares; none of them holds always. */
  if?: Compare[];
  /** Done when all compares hold. */
  then?: Operation[];
  /** Done when one of them does not. */
  else?: Operation[];
}

/** Opens a session. */
export interface SessionOpen {
  /** Says that this is the opening of a session. */
  type: "session-open";
  /** Silence after which it expires. */
  ttlMs: number;
  /**
   * The session's id, which the leader draws when it proposes the command. Without it: the log
   * index.
   */
  drawnId?: number;
}

/** Ends a session and forgets its results. */
export interface SessionClose {
  /** Says that this is the end of a session. */
  type: "session-close";
  /** The session meant, by its id. */
  session: number;
}

/** Grants a lease. */
export interface LeaseGrant {
  /** Says that this is the grant of a lease. */
  type: "lease-grant";
  /** Silence after which it ends, in milliseconds. */
  ttlMs: number;
  /**
   * The lease's id, which the leader draws when it proposes the command. Without it: the log index.
   */
  drawnId?: number;
}

/** Ends a lease and deletes its keys, all at one revision. */
export interface LeaseRevoke {
  /** Says that this is the end of a lease. */
  type: "lease-revoke";
  /** The lease meant, by its id. */
  lease: number;
}

/** Gives leases and sessions their full time again. */
export interface KeepAlive {
  /** Says that this is a keep-alive. */
  type: "keep-alive";
  /** Leases, by id. */
  leases?: number[];
  /** Sessions, by id. */
  sessions?: number[];
}

/** Asks for a lock on behalf of a lease; asking again tells the present standing. */
export interface LockAcquire {
  /** Says that this is the wish for a lock. */
  type: "lock-acquire";
  /** The lock's name. */
  name: string;
  /** The lease meant, by its id. */
  lease: number;
  /** Whether to queue when another lease holds it. Default false: only try. */
  wait?: boolean;
}

/** Gives a lock up, or the place in its queue. */
export interface LockRelease {
  /** Says that this is the release of a lock. */
  type: "lock-release";
  /** The lock's name. */
  name: string;
  /** The lease meant, by its id. */
  lease: number;
}

/** Forgets history below a revision. */
export interface Compact {
  /** Says that this is a compaction. */
  type: "compact";
  /** The revision from which on history is kept. */
  revision: number;
}

/**
 * Goes on at a far higher revision, and forgets history: writes that were acknowledged may be lost,
 * and what comes instead must not pass for them. Only a node whose operator forces it to go on
 * proposes it, or a restore.
 */
export interface Advance {
  /** Says that this is an advance. */
  type: "advance";
  /** By how many revisions. */
  revisions: number;
}

/**
 * A lease or session as the leader's clock saw it: one kept alive since has a higher counter and
 * stays.
 */
export interface Expired {
  /** The lease's or session's id. */
  id: number;
  /** How often it had been kept alive. */
  counter: number;
}

/** Ends what outlived its time; only the leader proposes it, through its {@linkcode Lessor}. */
export interface Expire {
  /** Says that this is an expiry. */
  type: "expire";
  /** Leases, by id. */
  leases?: Expired[];
  /** Sessions, by id. */
  sessions?: Expired[];
}

/** What the machine is told to do, without its number. */
export type Request =
  | Put
  | Delete
  | CompareAndSet
  | Transaction
  | SessionOpen
  | SessionClose
  | LeaseGrant
  | LeaseRevoke
  | KeepAlive
  | LockAcquire
  | LockRelease
  | Compact
  | Advance
  | Expire;

/**
 * The data of a log entry. It must be what `JSON.parse` gives (no `undefined`, no class), so that
 * all replicas see the same. `session-open`, `session-close`, `keep-alive`, `compact`, `advance`
 * and `expire` are harmless when repeated and take no number.
 */
export type Command = Request & RequestNumber;
