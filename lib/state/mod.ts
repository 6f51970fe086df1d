/**
 * The shared state, used through any member: keys, watches, leases and locks.
 *
 *     KvClient, Lease, Lock, muster.kv ──► StateEngine ◄── implemented by whoever keeps the state
 *                                               │
 *     EmbeddedEngine ── request, numbered ──► who leads?
 *        ▲          NOT_MASTER, silence, a   ├─ this node: StateService ─► RaftNode ─► StateReplica
 *        │          new leader: once more    └─ another: its service muster.state
 *        └── outcome, exactly once ◄──────────┘
 *
 * A command carries its session and sequence, so that it is done once however often it is sent.
 * What was sent and never answered is of unknown outcome, and is told so. A lease is kept alive
 * here and given up a little before the cluster would end it.
 *
 * | owns                                           | file                                   |
 * |------------------------------------------------|----------------------------------------|
 * | what any engine is asked, and answers          | `engine.ts`, `outcome.ts`              |
 * | what programs use                              | `kv_client.ts`, `key_watch.ts`         |
 * | requests, sent until a leader answers          | `embedded_engine.ts`, `patience.ts`    |
 * | the numbers that let each be done once         | `request_ids.ts`                       |
 * | a member's way to the leader, be it itself     | `member_route.ts`                      |
 * | what the leader answers                        | `state_service.ts`                     |
 * | leases and locks, kept alive and lost in time  | `lease.ts`, `leases.ts`, `lock.ts`     |
 * | this node's copy, and who waits for news of it | `state_replica.ts`                     |
 * | a consistent copy of it all                    | `backups.ts`                           |
 * | all of it, put together                        | `shared_state.ts`                      |
 *
 * What commands and answers hold, and the replicated tables, are those of `store/`.
 *
 * @module
 */
export * from "./backups.ts";
export { type Attempt, EmbeddedEngine, type StateRoute } from "./embedded_engine.ts";
export * from "./engine.ts";
export * from "./kv_client.ts";
export * from "./lease.ts";
export * from "./leases.ts";
export * from "./lock.ts";
export * from "./outcome.ts";
export { noQuorum } from "./patience.ts";
export { servedBy, SharedState } from "./shared_state.ts";
export type {
  Advance,
  Command,
  CommandResult,
  CommandResults,
  Compact,
  Compare,
  CompareAndSet,
  CompareAndSetResult,
  CompareTarget,
  Delete,
  DeleteEvent,
  DeleteResult,
  DoneResult,
  Expire,
  Expired,
  Get,
  GetResult,
  KeepAlive,
  KeepAliveResult,
  KeyEvent,
  KeyValue,
  LeaseGrant,
  LeaseResult,
  LeaseRevoke,
  List,
  ListResult,
  LockAcquire,
  LockRelease,
  LockResult,
  Operation,
  OperationResult,
  Outcome,
  OutcomeOf,
  Put,
  PutEvent,
  PutResult,
  ReadOutcome,
  Request,
  RequestNumber,
  Selector,
  SessionClose,
  SessionOpen,
  SessionResult,
  TableKind,
  Transaction,
  TransactionResult,
} from "./store/mod.ts";
