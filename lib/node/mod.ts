/**
 * A node: the shell that runs the protocols over the ports it is given.
 *
 *     links ──► receive ──► Session ──► #route ──┬─► Calls ──► services
 *                                                ├─► Belonging ──► Membership (pure)
 *                                                │      └─► Governance ──► Agreement ──► Consensus, State (pure)
 *     PeerLinks ◄── send, dial ──────────────────┤
 *                                                └─► Requests ──► members, status, watch, …
 *
 * | folder       | what it holds                                                         |
 * |--------------|-----------------------------------------------------------------------|
 * | `joining`    | the way into a cluster: join, found, gather, come back; who is let in |
 * | `clients`    | what programs ask that are no members, and the client they ask with   |
 * | `belonging`  | which cluster, and who is here: the membership machine, run           |
 * | `sharing`    | the state used through any member: keys, watches, leases, locks       |
 * | `governing`  | who leads and votes, what is agreed: the consensus machine, run       |
 * | `calls`      | calls both ways: answers, deadlines, cancellation                     |
 * | `links`      | how a link begins and ends, and the links to members                  |
 *
 * Here: `node.ts`, the public face; `node_core.ts`, its parts, wired, and what comes in, routed;
 * `machine_runner.ts`, one input at a time and effects in order; `leaving.ts`, the way out; options and
 * events.
 *
 * It imports no `io`: given other ports, the very same node runs in the simulator.
 *
 * @module
 */
export type { CallContext, ServiceHandler } from "./calls/call_context.ts";
export { BACKUP_SERVICE } from "./sharing/backups.ts";
export * from "./clients/client.ts";
export * from "./clients/cluster_client.ts";
export * from "./clients/lasting_client.ts";
export * from "./clients/pinned_cluster.ts";
export * from "./events.ts";
export * from "./sharing/key_value.ts";
export { type WatchAnswer, type WatchBatch } from "./sharing/key_watch.ts";
export { resultOf } from "./sharing/outcome.ts";
export * from "./sharing/lease.ts";
export * from "./sharing/lock.ts";
export type { AskOptions } from "./sharing/patience.ts";
export * from "./node.ts";
export * from "./options.ts";
export type { Stopped } from "./stopped.ts";
export type { CallOptions } from "./calls/service_desk.ts";
export * from "./governing/restore_state.ts";
export * from "./belonging/find_member.ts";
export * from "./belonging/read_views.ts";
export * from "./belonging/views.ts";
