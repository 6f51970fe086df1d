/**
 * A node: its parts, composed, and what a program holds of it.
 *
 *     Node ─ what a program calls
 *       ├─► compose ─ each part takes the parts below it ──► transport, rpc, membership, consensus, state, services,
 *       │                                                   admin, bootstrap, tutorial, and those that are added
 *       └─► Lifecycle ─ joining ─► member ─► leaving ─► stopped: parts start, join, drain and stop in their order
 *
 * | owns                                              | file            |
 * |---------------------------------------------------|-----------------|
 * | what a program calls, and the node behind it      | `node.ts`, `running_node.ts` |
 * | the list of parts, one screen                     | `compose.ts`    |
 * | the order of their lives, and what they are given | `lifecycle.ts`  |
 * | how a node is started                             | `options.ts`    |
 * | who listens to what happens                       | `events.ts`     |
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
export { startNode } from "./running_node.ts";
export * from "./options.ts";
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
export { compose, type Composition, type NodeParts, type OwnParts } from "./compose.ts";
export { Lifecycle, type LivingParts } from "./lifecycle.ts";
