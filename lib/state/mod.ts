/**
 * The shared state, used through any member: keys, watches, leases and locks.
 *
 *     KvClient ─ request, stamped ──► who leads? ──► StateService of that member ──► RaftNode
 *        ▲                              │ NOT_MASTER, silence, a new master: again, elsewhere
 *        └── outcome, exactly once ◄────┘
 *
 * A write carries its session and sequence, so that it is done once however often it is sent. What was
 * sent and never answered is of unknown outcome, and is told so. A lease is kept alive here and given up
 * a little before the cluster would end it.
 *
 * | owns                                           | file                                   |
 * |------------------------------------------------|----------------------------------------|
 * | requests, sent until a master answers          | `kv_client.ts`, `outcome.ts`           |
 * | watches over changes of master                 | `key_watch.ts`                         |
 * | sessions and sequences                         | `request_ids.ts`                    |
 * | how long a request goes on, how it is given up | `patience.ts`                          |
 * | what the master answers                        | `state_service.ts`                     |
 * | leases and locks, kept alive and lost in time  | `lease.ts`, `leases.ts`, `lock.ts`     |
 * | this node's copy, and who waits for news of it | `embedded_engine.ts`                   |
 * | a consistent copy of it all                    | `backups.ts`                           |
 * | all of it, put together                        | `shared_state.ts`                      |
 *
 * @module
 */
export * from "./backups.ts";
export * from "./kv_client.ts";
export * from "./key_watch.ts";
export * from "./lease.ts";
export * from "./leases.ts";
export * from "./lock.ts";
export * from "./outcome.ts";
export * from "./patience.ts";
export { SharedState } from "./shared_state.ts";
