/**
 * Calls, in both directions: a number for each, a deadline, a cancellation, one answer in any order.
 *
 *     node.call ──► ServiceRegistry ─ whom? ──┬─ this node ──► callInProcess ──► handler
 *                                         └─ a member ──► PeerPool (data) ──► Calls ─ call ──►
 *     ◄─ reply, error ── Calls ◄── handler ◄── ServiceRegistry ◄─ call ── Connection
 *
 * An answer is a `reply` or a typed `error` that always fits a frame. A caller that gave up sends
 * `cancel`; its call counts against the bounds of its link until whoever serves it has ended.
 *
 * An error says `started: false` when none of the handler has run, which only the node that refused
 * knows. A call that was sent and not answered fails with `outcome: "unknown"` in its details. A node that
 * leaves takes no new calls, and waits for those that are `CallsUnderWay`, also the ones it passes on.
 *
 * | owns                                            | file                                |
 * |-------------------------------------------------|-------------------------------------|
 * | calls over links: asked, served, given up       | `calls.ts`, `outgoing_call.ts`, `queued_call.ts` |
 * | what a handler knows of a call, what bodies may be | `call_context.ts`, `call_body.ts` |
 * | the calls that a node which leaves waits for    | `calls_under_way.ts`                |
 * | which services there are, and who is asked      | `service_registry.ts`, `system_services.ts` |
 * | a call to this node itself, as over a link      | `in_process_call.ts`                     |
 *
 * @module
 */
export * from "./system_services.ts";
export * from "./call_context.ts";
export * from "./calls.ts";
export * from "./calls_under_way.ts";
export * from "./outgoing_call.ts";
export * from "./service_registry.ts";
export { type CallMember } from "./call_member.ts";
export { PendingCalls } from "./pending_calls.ts";
export { QueuedCall } from "./queued_call.ts";
