/**
 * A node's place in its cluster: who else is here, as this node believes.
 *
 *     messages, links, time ──► MembershipService ──► Membership (pure) ──► send, events, links made and closed
 *                                   │
 *                                   └─► Directory: by name or id
 *
 * It runs the membership machine, and tells those above it what changed: they subscribe.
 *
 * | owns                                     | file                                   |
 * |------------------------------------------|----------------------------------------|
 * | the membership machine, run              | `membership_service.ts`                         |
 * | members by name, address or id           | `directory.ts`                         |
 * | what a node that is let in is told       | `welcome_records.ts`                   |
 * | how far away a member is                 | `round_trip_service.ts`                |
 * | which members cannot be dialled          | `reach_notes.ts`                       |
 *
 * @module
 */
export * from "./membership_service.ts";
export { Directory } from "./directory.ts";
export { outOfOurReach, reachNotes, undialableMember, undialableSelf } from "./reach_notes.ts";
