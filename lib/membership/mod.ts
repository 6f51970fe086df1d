/**
 * A node's place in its cluster: who else is here, as this node believes.
 *
 *     messages, links, time ──► MembershipService ──► Membership (pure) ──► send, events, links made and closed
 *                                   │
 *                                   └─► Directory: by name or id ──► views, in pages
 *
 * It runs the membership machine, tells governing what changed, and keeps the guests: programs of the
 * tutorial, which are listed and never probed.
 *
 * | owns                                     | file                                   |
 * |------------------------------------------|----------------------------------------|
 * | the membership machine, run              | `membership_service.ts`                         |
 * | members by name, address or id           | `directory.ts`                         |
 * | what people and programs see of them     | `views.ts`, `reach_notes.ts`           |
 * | the tutorial's nodes                     | `guests.ts`, `receive_guest.ts`        |
 *
 * @module
 */
export * from "./membership_service.ts";
export * from "./views.ts";
export { Directory } from "./directory.ts";
export { outOfOurReach, reachNotes, undialableMember, undialableSelf } from "./reach_notes.ts";
