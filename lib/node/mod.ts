/**
 * A node: the shell that runs the protocols over the ports it is given.
 *
 *     links ──► receive ──► Connection ──► #route ──┬─► Calls ──► services
 *                                                ├─► MembershipService ──► Membership (pure)
 *                                                │      └─► ConsensusService ──► RaftNode ──► Consensus, State (pure)
 *     PeerPool ◄── send, dial ──────────────────┤
 *                                                └─► AdminApi ──► members, status, watch, …
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
 * `machine_runner.ts`, one input at a time and effects in order; options and
 * events.
 *
 * It imports no `io`: given other ports, the very same node runs in the simulator.
 *
 * @module
 */
export { type CallContext, type ServiceHandler } from "../rpc/mod.ts";
export { BACKUP_SERVICE } from "../state/mod.ts";
export { Client, type ConnectBounds } from "../client/mod.ts";
export { type ClusterClient, type ClusterEvent, connectTo } from "../client/mod.ts";
export { type AskTimeouts, FailoverClient } from "../client/mod.ts";
export { MemberEngine, PinnedCluster } from "../client/mod.ts";
export * from "./events.ts";
export { acquireLock, resultOf } from "../state/mod.ts";
export { EmbeddedEngine, KEY_VALUE_SERVICE, kvClientOf } from "../state/mod.ts";
export type * from "../state/mod.ts";
export * from "./node.ts";
export * from "./options.ts";
export type { Stopped } from "./stopped.ts";
export { type CallOptions } from "../rpc/mod.ts";
export { type BackedUpState, type RestoredNode, restoreState } from "../bootstrap/mod.ts";
export { findMember } from "../core/mod.ts";
export type { MemberState, ProfileName } from "../membership/swim/mod.ts";
export {
  type EventListener,
  type MemberChange,
  type MemberRole,
  type MembersView,
  type MemberView,
  type NodeEvent,
  readMembersView,
  readMemberView,
} from "../wire/mod.ts";
export { NodeCore } from "./node_core.ts";
