/**
 * Calls to a given member, in both directions: a number for each, a deadline, a cancellation, one
 * answer in any order. Who is to serve a call is chosen above, in `services`.
 *
 *     RpcClient ─┬─ a member ──► PeerPool ──► ConnectionCalls ─ call ──►
 *                │                            ConnectionCalls ◄── reply, error ─
 *                └─ this node ──► InProcessCalls ──► ServiceRegistry ──► handler
 *
 *     ─ call ──► RpcServer ─┬─ of a member ──► ServiceRegistry ──► handler
 *                           └─ of a client ──► onClientCall: whoever chooses who serves
 *
 * An answer is a `reply` or a typed `error` that always fits a frame. A caller that gave up sends
 * `cancel`; its call counts against the bounds of its link until whoever serves it has ended.
 *
 * An error says `started: false` when none of the handler has run, which only the node that refused
 * knows. A call that was sent and not answered fails with `outcome: "unknown"` in its details. A
 * node that leaves takes no new calls, and waits for the `CallsUnderWay`, those it passes on too.
 *
 * | owns                                            | file                                |
 * |-------------------------------------------------|-------------------------------------|
 * | all of it, as one part of a node                | `rpc.ts`                            |
 * | calls over connections: asked, answered, given up | `connection_calls.ts`, `outgoing_call.ts` |
 * | those that wait for an answer, or for room      | `pending_calls.ts`, `queued_call.ts` |
 * | calls to a member, be it this node itself       | `rpc_client.ts`, `in_process_calls.ts` |
 * | calls of others, served                         | `rpc_server.ts`                     |
 * | which services a node has, and who may call them | `service_registry.ts`              |
 * | what a handler knows of a call, what bodies may be | `call_context.ts`, `call_body.ts` |
 * | deadlines; what a node that leaves waits for | `deadline_sweep.ts`, `calls_under_way.ts` |
 *
 * @module
 */
export * from "./call_context.ts";
export * from "./calls_under_way.ts";
export * from "./connection_calls.ts";
export * from "./outgoing_call.ts";
export * from "./rpc.ts";
export * from "./rpc_client.ts";
export * from "./rpc_server.ts";
export * from "./service_registry.ts";
export { DeadlineSweep, type Swept } from "./deadline_sweep.ts";
export { type PendingCall, PendingCalls } from "./pending_calls.ts";
export { QueuedCall } from "./queued_call.ts";
