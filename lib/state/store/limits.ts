/** The bounds of the replicated state, each with its unit and why that number. */

/** Bytes of a key in UTF-8: a path of names, not a document. */
export const KEY_BYTES = 1_024;
/**
 * Bytes of a value as JSON: a command with it, its key and the envelope stays under the 1-MiB
 * frame.
 */
export const VALUE_BYTES = 524_288;
/** Levels of nesting of a value: half of what a message may have, as it travels inside several. */
export const VALUE_DEPTH = 32;
/** Compares, and operations of each branch, in one transaction: etcd's default. */
export const TRANSACTION_OPERATIONS = 128;
/**
 * Bytes of all that one transaction writes or reads as JSON: it travels in one frame, both ways.
 */
export const TRANSACTION_BYTES = 786_432;
/**
 * Bytes of the entries that one list gives, unless the first alone is larger: the reply fits a
 * frame.
 */
export const LIST_BYTES = 524_288;
/**
 * Bytes of all keys, values and history: they live in memory, several times that size as objects.
 */
export const STATE_BYTES = 268_435_456;
/** Bytes that one version of a key counts beyond its key and value: the objects that hold it. */
export const VERSION_BYTES = 256;
/** Revisions of history kept for watches that resume: minutes at a hundred writes a second. */
export const HISTORY_REVISIONS = 10_000;
/** Revisions past `HISTORY_REVISIONS` at which a compaction is proposed: not one for each write. */
export const HISTORY_SLACK_REVISIONS = 1_000;
/** Bytes of history past which it is compacted to the half, however few the revisions. */
export const HISTORY_BYTES = 67_108_864;
/** Leases at once: ten times the thousand that we promise. */
export const LEASES = 10_000;
/** Keys of one lease: its expiry deletes them all in one revision. */
export const LEASE_KEYS = 10_000;
/** Leases or sessions in one keep-alive or expire command: the work of one command is bounded. */
export const EXPIRE_BATCH = 256;
/**
 * Milliseconds until an expiry that has not committed is proposed again: a commit takes
 * milliseconds.
 */
export const EXPIRE_RETRY_MS = 1_000;
/** Sessions at once: one a client or node that writes. */
export const SESSIONS = 10_000;
/** Bytes of the results kept of one session: only reads within transactions are ever large. */
export const SESSION_RESULT_BYTES = 1_048_576;
/** Bytes of remembered outcomes of all sessions: past that each keeps its share of so much. */
export const SESSIONS_RESULT_BYTES = 67_108_864;
/** Bytes of a lock's name in UTF-8: its keys must fit `KEY_BYTES`. */
export const LOCK_NAME_BYTES = 512;
/** Waiters of one lock at once: each is part of the state, and of every snapshot. */
export const LOCK_WAITERS = 1_024;
/** Watches at once on one node: ten times the ten thousand that we promise would still fit. */
export const WATCHES = 100_000;
/** Events that a watch gives at once, unless one revision has more. */
export const WATCH_EVENTS = 1_024;
/**
 * Bytes of the events that a watch gives at once, unless one alone is larger: the reply fits a
 * frame.
 */
export const WATCH_BYTES = 524_288;
/** Bytes of one chunk of a snapshot as JSON, unless one item alone is larger. */
export const SNAPSHOT_CHUNK_BYTES = 262_144;
