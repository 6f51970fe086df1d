/**
 * Clients: programs that use a cluster without being of it.
 *
 *     Client ─ hello (role client) ──► member: AdminApi ──► members, status, watch, why, rtt, …
 *        └──── call ─────────────────► member: RpcServer ──► services, its own or another member's
 *
 * | owns                                   | file                                      |
 * |----------------------------------------|-------------------------------------------|
 * | a link to one member                   | `client.ts`, `whole_answer.ts`            |
 * | one that outlives its member           | `failover_client.ts`, `pinned_cluster.ts` |
 * | what a program holds of a cluster      | `cluster_client.ts`                       |
 * | the shared state through any member    | `member_engine.ts`                        |
 * | when a member falls silent             | `silence_watch.ts`                        |
 * | bounds | `limits.ts` |
 *
 * @module
 */
export * from "./client.ts";
export * from "./cluster_client.ts";
export * from "./failover_client.ts";
export * from "./member_engine.ts";
export * from "./pinned_cluster.ts";
