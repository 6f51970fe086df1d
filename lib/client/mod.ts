/**
 * Clients: programs that use a cluster without being of it, and what a member answers them.
 *
 *     Client ─ hello (role client) ──► member: AdminApi ──► members, status, watch, why, rtt, leave, remove
 *        └──── call ──────────────────► member: Calls ──► services, its own or another member's
 *
 * | owns                                   | file                |
 * |----------------------------------------|---------------------|
 * | the client's side                      | `client.ts`         |
 * | one that outlives its member, what a program holds of it | `failover_client.ts`, `cluster_client.ts` |
 * | the shared state through any member    | `member_engine.ts`  |
 * | when that falls silent                 | `silence_watch.ts`  |
 * | the one cluster that it means          | `pinned_cluster.ts` |
 * | what a member answers, page by page    | `requests.ts`       |
 *
 * @module
 */
export * from "./client.ts";
export * from "./cluster_client.ts";
export * from "./failover_client.ts";
export * from "./member_engine.ts";
export * from "./pinned_cluster.ts";
