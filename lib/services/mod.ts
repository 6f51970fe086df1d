/**
 * Choosing who serves a call: a member that offers the service, by what is known of its load.
 *
 *     node.call ───────────────► ServiceCalls ─ whom? ──► RpcClient ──► the member, or this node
 *     a client's call ─ RpcServer ──┘ onClientCall
 *
 * Membership knows who offers what: a member's record names its services, so that a dead member's
 * services are gone with it.
 *
 * @module
 */
export * from "./balancer.ts";
export * from "./service_calls.ts";
