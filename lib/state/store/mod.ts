/**
 * The shared state: a revisioned key-value store with transactions, leases, locks, sessions and
 * watches, in the model of etcd v3. Pure: it is what Raft applies committed entries to.
 *
 *     committed entry ──► State.apply(index, command) ──► ApplyResult
 *                            │                              ├ outcome  ──► whoever proposed it
 *       get, list (after a   │ KeySpace  keys × revisions   ├ events   ──► Watches.feed ──► take
 *       read index, or stale)│ LeaseTable  id → keys        └ expiry   ──► Lessor (the leader's)
 *     ◄──────────────────────┤ LockTable  name → queue                         │
 *       snapshot, restore    │ SessionTable  id → results      propose `expire`┘
 *
 * **Tables.** All of it lies in replicated tables ({@linkcode ReplicatedTable}): keys, leases,
 * locks and sessions are the first four, one file each (`replicated_keys.ts`, …). A table says
 * which commands are its own, who may propose each, how one is read and applied, and what of it
 * goes into a snapshot. A further one is such a file, registered in a {@linkcode TableRegistry}.
 * Its log entries name it beside their data, and every snapshot since its first command has a
 * section of it: so a node whose version does not know it stops, and never takes its commands for
 * what a client made up.
 *
 * Who owns what: `State` owns everything that is replicated, and changes only in `apply`. `Watches`
 * and `Lessor` are local to a node and are rebuilt from the state; a `Lessor` counts only while its
 * node leads. Every replica that applies the same commands at the same indexes has the same
 * `digest()`.
 *
 * **Revisions.** An empty state is at revision 1 (as etcd). A command that changes keys adds one,
 * and all its changes carry that revision; one that changes none (a delete that finds nothing, a
 * failed compare, a lease) adds none. A key has `createRevision <= modRevision <= revision` and a
 * `version` that counts puts since it was created. Reads at a revision see the keys as of it, down
 * to `compactedRevision`.
 *
 * **Order.** Keys are listed in the order of their Unicode code points, which is that of their
 * UTF-8 bytes (not of JavaScript's `<`, which puts emoji before U+FF5E). Keys must be well-formed
 * Unicode.
 *
 * **Errors** are data and deterministic: a command that ends in one changed nothing (but was
 * remembered by its session).
 *
 * **Exactly once** (Raft dissertation, 6.3). `session-open` gives a session. A command numbered
 * with it and a sequence number is applied once: a retry gets the first outcome, errors included.
 * The last `SESSION_RESULTS` outcomes are kept (fewer when large, or when all sessions together
 * keep too much); what is older, or was `acknowledged`, is `STALE_SEQUENCE`: not applied now, and
 * whether it was before is no longer known. A client with no more commands than that under way
 * never sees it. A command of an ended session is `SESSION_EXPIRED` and not applied.
 *
 * **Ids** of leases and sessions are 53 random bits, which the leader draws and writes into the
 * command: what is replicated draws nothing. So an id of another cluster, or of this one before it
 * was restored, does not mean a lease of now by chance. One that is in use is `ID_TAKEN`, and the
 * leader draws anew. Commands of older logs name none: there it is the log index.
 *
 * **Leases.** Each keep-alive adds one to a lease's counter. The leader's `Lessor` reckons with its
 * own monotonic clock and, when a TTL has passed, proposes `expire` with the counter that it saw.
 * Committed, it ends the lease only if the counter still is the same: an expiry that a keep-alive
 * overtook is void, and one of a deposed leader never commits. A new leader gives every lease its
 * full TTL again, so a lease may live longer than its TTL. It never lives shorter, unless the
 * leader's clock leaps: then by `LEASE_STEP_MS` at the most, for which its holder is prepared. All
 * keys of the leases that one command ends are deleted at one revision.
 *
 * **Locks** are commands of their own whose whole state is ordinary keys, `$lock/NAME/LEASE` with
 * the value `{"state": "held" | "waiting"}`, bound to the lease: they show in a list, in watches
 * and in snapshots, and go with the lease. Commands, rather than etcd's recipe of client-side
 * transactions, because then the hand-over happens in the same revision as the release (no waiter
 * has to be alive and watching), and a client in any language needs one request. The queue is in
 * order of `createRevision`; the fencing token is the holder's `modRevision`: the revision at which
 * it became the holder, larger than every holder's before. Keys that start with `$` are reserved:
 * users may read, not write them.
 *
 * **Watches** see each change once, in order, without a gap, from a revision on or from now. A
 * watch holds no events, only the revision from which it has still to read the shared history: so a
 * slow reader costs a number and not memory (all watches are etcd's unsynced ones once a change
 * wakes them). Every `take` names the revision to resume from; when history is compacted past it,
 * the watch ends with `COMPACTED`, whose details name the lowest revision left. It gives what a
 * frame takes: of a revision that has more (a prefix deleted, a lease ended), a part, with how much
 * of it to `skip` when it resumes (etcd's fragments). A change finds its watches by its key, and by
 * its key's start of each length that any watched prefix has.
 *
 * **Advance.** After a restore of a backup, and when an operator forces a cluster on without its
 * majority, writes may be lost that were seen: `advance` raises the revision by
 * `REGAINED_REVISIONS` and forgets history. So tokens only grow, and a watch from before is
 * `COMPACTED` instead of going on over the gap (as `etcdutl snapshot restore` does with
 * `--bump-revision --mark-compacted`).
 *
 * **Snapshots** are consistent at no copy of values: versions are immutable, so taking one gathers
 * references at once, and serialising goes on chunk by chunk while later commands apply. A snapshot
 * holds the keys, the history since the compaction, leases and sessions with their results. With
 * 100,000 keys of 100 bytes, gathering takes tens of milliseconds, then each of 160 chunks less
 * than one. A node writes one chunk a turn of its event loop, and goes on serving in between.
 *
 * **As etcd v3:**
 * - one global revision, `create`/`mod` revision, version, lease of a key;
 * - first write at revision 2; no-op deletes and failed compares add none;
 * - transactions: compares, then/else, reads see earlier writes, no key twice (either branch, puts
 *   and deletes);
 * - reads at old revisions, `COMPACTED` below the compaction, future ones refused;
 * - a put without a lease detaches it; revoke deletes the keys at one revision;
 * - watch from a revision, `COMPACTED` names the lowest left;
 * - keep-alives do not change revisions;
 * - lock: FIFO by create revision, bound to a lease, visible keys;
 * - space quota.
 *
 * **Other, or left out:**
 * - keys are text, values JSON; `<` and `>` of values only number–number and text–text;
 * - ranges are a key or a prefix: no arbitrary `range_end`, no sort orders, no counts;
 * - no nested transactions; no `prevKv`, `ignore_value`, `ignore_lease`;
 * - a transaction reads only the present;
 * - one `expire` may end several leases at one revision; ids are given, never chosen;
 * - no filters, no progress events (`nextRevision` says it);
 * - keep-alives are committed, many in one command, so that a new leader and an expiry agree on
 *   them;
 * - hand-over is the machine's; sessions give exactly-once, which etcd lacks;
 * - compaction is automatic, proposed by the leader ({@linkcode proposeCompaction}).
 *
 * @module
 */
export * from "./command.ts";
export * from "./command_result.ts";
export type {
  DeleteEvent,
  KeyEvent,
  KeyValue,
  PutEvent,
  PutVersion,
  Version,
} from "./key_value.ts";
export { proposeCompaction } from "./compaction.ts";
export type { History, KeySpace, Page } from "./key_space.ts";
export { type ExpiryAlive, Lessor, type LessorInput, type ProposeExpire } from "./lessor.ts";
export { LOCK_PREFIX, lockKey } from "./lock_table.ts";
export type { Selector } from "./selector.ts";
export { CommandError } from "./command_error.ts";
export type { CommandExecutor } from "./command_executor.ts";
export { HIGHEST_REVISION } from "./replicated_keys.ts";
export type { CommandRule, ReplicatedTable, TableKind } from "./replicated_table.ts";
export {
  sectionOf,
  type SnapshotChunk,
  type SnapshotContents,
  type SnapshotEnd,
  type SnapshotHeader,
  type SnapshotItem,
  type SnapshotItems,
  type SnapshotSection,
} from "./snapshot_chunk.ts";
export {
  type KnownCommand,
  PROTOCOL_1_TABLES,
  type StateTables,
  TableRegistry,
} from "./table_registry.ts";
export type { Batch } from "./batch.ts";
export type { Lease, LeaseTable } from "./lease_table.ts";
export type { LockTable } from "./lock_table.ts";
export type { Remembered, Session, SessionTable } from "./session_table.ts";
export type { Tables } from "./tables.ts";
export {
  isIdTaken,
  type LeaseInfo,
  type ListOptions,
  type ReadOptions,
  type ReadOutcome,
  State,
  type StateStatus,
} from "./state.ts";
export {
  type WatchAdded,
  Watches,
  type WatchNews,
  type WatchRequest,
  type WatchSource,
} from "./watches.ts";
export { compareKeys } from "./key_order.ts";
