/**
 * The way into a cluster, and back into it.
 *
 *     start ──► Bootstrap ──┬─ a member answers ──► join ──► joined: cluster, members, who leads
 *                          ├─ nobody, but members of a cluster dial it ──► joins through them, unless it
 *                          │  left them in order and names others
 *                          ├─ nobody, --makeMasterOnError ──► founds
 *                          ├─ nobody, --expect N ──► gathering: one of N founds, the others join it;
 *                          │  or members of a cluster dial it
 *                          └─ a data folder knows the cluster ──► rejoin, at whatever address
 *
 *     a join that arrives ──► admission: name and address free, and reached? ──► welcome records
 *
 * `join` names the node once and carries its description; the answer is `joined` or an `error`
 * (`NAME_TAKEN`, `ADDRESS_TAKEN`, `REMOVED`, `NOT_A_MEMBER`). Each attempt is told as a
 * `join-attempt` event. Who the node is is on disk before it promises anything under that name.
 *
 * | owns                                            | file                                |
 * |-------------------------------------------------|-------------------------------------|
 * | which way is taken, from what, with which parts | `bootstrap.ts`, `bootstrap_plan.ts`    |
 * | asking member after member                      | `join.ts`, `join_round.ts`          |
 * | who dials a node while it joins                 | `callers.ts`                        |
 * | who listens at an address, asked as a client    | `ask_address.ts`                    |
 * | two clusters that meet at one address           | `other_clusters.ts`                 |
 * | one cluster from N nodes that start at once     | `expect_bootstrap.ts`                      |
 * | who is let in, and what it is told              | `admission.ts`|
 * | whether others can dial it                      | `address_check.ts`                  |
 * | whether it runs elsewhere, from a folder's copy | `twin.ts`                           |
 * | who a node was before, and finding its cluster  | `kept_identity.ts`, `rejoin.ts`     |
 * | a lost majority; a state from a backup          | `force_new_cluster.ts`, `restore_state.ts`, `regain.ts` |
 * | who may come in meanwhile, and what is said of others | `reception.ts` |
 * | bounds | `limits.ts` |
 *
 * @module
 */
export * from "./address_check.ts";
export * from "./admission.ts";
export * from "./callers.ts";
export * from "./bootstrap.ts";
export * from "./bootstrap_plan.ts";
export * from "./expect_bootstrap.ts";
export * from "./kept_identity.ts";
export * from "./other_clusters.ts";
export * from "./reception.ts";
export * from "./restore_state.ts";
export * from "./twin.ts";
export { GIVE_UP_MS } from "./limits.ts";
