/**
 * What a cluster does: calls that wait for answers, and the choice of who serves them.
 *
 *     caller ──call {id}──► link ──► handler
 *     PendingCalls ◄──reply {id}── (any order)
 *
 * The registry of services is the membership's: a member's record names what it offers, so a dead
 * member's services are gone with it. Pure: the links and timers are the node's.
 *
 * @module
 */
export * from "./balancer.ts";
