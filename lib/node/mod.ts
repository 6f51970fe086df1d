/**
 * A node: the shell that runs the protocols over the ports it is given.
 *
 *     links ──► receive ──► Session ──► #route ──┬─► Calls ──► services
 *                                                ├─► Belonging ──► Membership (pure)
 *                                                │      └─► Governance ──► Agreement ──► Consensus, State (pure)
 *     PeerLinks ◄── send, dial ──────────────────┤
 *                                                └─► Requests ──► members, status, watch, …
 *
 * | owns                                        | file             |
 * |---------------------------------------------|------------------|
 * | the public face                             | `node.ts`        |
 * | its parts, wired; what comes in, routed     | `node_core.ts`   |
 * | the way into a cluster: join, found, gather, come back | `entrance.ts`, `join.ts`, `gathering.ts`, `rejoin.ts` |
 * | which cluster, who is here                  | `belonging.ts`   |
 * | who leads, as everybody knows it            | `governance.ts`, `master_inquiry.ts`, `leadership.ts`, `mastership.ts` |
 * | how a voter goes                            | `handover.ts`    |
 * | consensus and the state: run, answered, steered | `agreement.ts`, `answers.ts`, `voter_steering.ts` |
 * | snapshots of the state: taken, sent, received | `snapshots.ts`, `snapshot_writer.ts`, `snapshot_transfer.ts` |
 * | the state, asked through any member         | `key_value.ts`, `key_watch.ts`, `state_service.ts`, `session_stamps.ts` |
 * | one input at a time, effects in order       | `machine_runner.ts` |
 * | who may come in, and how a link begins      | `front_door.ts`, `handshake.ts`, `open_link.ts`, `admission.ts` |
 * | an open link and its silence                | `session.ts`, `sessions.ts` |
 * | the control and data links to members       | `peer_links.ts`  |
 * | calls both ways: answers, deadlines, cancellation | `calls.ts`, `local_call.ts` |
 * | leases and locks, kept alive and lost in time | `lease.ts`, `lock.ts`, `leases.ts` |
 * | what clients may ask                        | `requests.ts`, `members_page.ts`, `client.ts`, `backups.ts` |
 * | what a person should know                   | `voter_notes.ts`, `voter_news.ts`, `complaints.ts` |
 * | what fits a frame, whatever it is made of   | `command_fit.ts`, `error_message.ts` |
 * | coming back from a data folder              | `kept_identity.ts`, `rejoin.ts`, `force_new_cluster.ts`, `restore_state.ts` |
 * | the tutorial's nodes                        | `guests.ts`      |
 *
 * **A snapshot** is of one moment and is written over many turns of the event loop, a chunk in each, each
 * synced: links, timers and proposals have theirs in between, so that a master with a large state is heard
 * of all along. Only when the last chunk is on disk does the consensus machine hear of it (`snapshot-taken`,
 * with the index of that moment), names it the latest (`compact`) and lets go of the log that it covers. A
 * crash before, a node that stops, and a leader's snapshot that is installed meanwhile leave chunks that
 * nothing names: they count for nothing, and the store removes them. One is taken at a time; what is applied
 * meanwhile counts towards the next.
 *
 * It imports no `io`: given other ports, the very same node runs in the simulator.
 *
 * @module
 */
export type { CallContext, ServiceHandler } from "./calls.ts";
export { BACKUP_SERVICE } from "./backups.ts";
export * from "./client.ts";
export * from "./events.ts";
export * from "./key_value.ts";
export { type WatchAnswer, type WatchBatch } from "./key_watch.ts";
export { resultOf } from "./outcome.ts";
export * from "./lease.ts";
export * from "./lock.ts";
export * from "./node.ts";
export * from "./options.ts";
export type { Stopped } from "./stopped.ts";
export type { CallOptions } from "./service_desk.ts";
export * from "./restore_state.ts";
export * from "./views.ts";
