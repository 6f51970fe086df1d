/**
 * Choosing who serves a call: of the members that offer the service, by what is known of their load.
 *
 *     node.call ───────────────► ServiceCalls ─ whom? ──► RpcClient ──► the member, or this node
 *     a client's call ─ RpcServer ──┘ onClientCall
 *
 * Who offers what is the membership's knowledge: a member's record names its services, so that a dead
 * member's services are gone with it.
 *
 * @module
 */
export * from "./balancer.ts";
export * from "./service_calls.ts";
