/**
 * Who leads, who votes, and what is agreed: the consensus machine, run and steered.
 *
 *     ConsensusService ─ what every member knows: master, term, voters ─ asks when it does not (master-query)
 *        └─► RaftNode ──► Consensus (pure) ──► persist, send, apply ──► ReplicatedMachine (the state)
 *                 ├─► AutopilotRunner ──► autopilot (pure) ──► one change of the voters at a time
 *                 └─► snapshots: taken, kept, sent to who is far behind
 *
 * Effects are performed in order and a `persist` is on disk before what stands behind it; only a
 * leader's own appends go out earlier, for they rest on nothing of that write. A disk that fails
 * ends the node: it counts on what it asked for.
 *
 * **A snapshot** is of one moment and is written over many turns of the event loop, a chunk in
 * each, each synced: links, timers and proposals have theirs in between, so that a master with a
 * large state is heard of all along. Only when the last chunk is on disk does the consensus machine
 * hear of it (`snapshot-taken`, with the index of that moment), names it the latest (`compact`) and
 * lets go of the log that it covers. A crash before, a node that stops, and a leader's snapshot
 * that is installed meanwhile leave chunks that nothing names: they count for nothing, and the
 * store removes them. One is taken at a time; what is applied meanwhile counts towards the next.
 *
 * | owns                                                | file                                |
 * |-----------------------------------------------------|-------------------------------------|
 * | who leads, told to all and asked for                | `consensus_service.ts`, `leader_discovery.ts`, `leader_info.ts` |
 * | why the master is the master                        | `leader_history.ts`, `leader_reason.ts` |
 * | consensus, run, and what it replicates; who waits   | `raft_node.ts`, `replicated_machine.ts`, `agreement_owner.ts`, `pending_requests.ts`, `command_fit.ts` |
 * | the voters: chosen, told of                         | `autopilot_runner.ts`, `timing.ts`, `folder_tag.ts`, `voter_change_filter.ts`, `quorum_warnings.ts`, `voter_names.ts`, `missing_voters.ts` |
 * | how they go: of their own will, or an operator's    | `departures.ts`, `voter_drain.ts`, `release.ts` |
 * | in how many places acknowledged writes are          | `told_counts.ts` (the machine says it, the master tells it), `kept_here.ts` |
 * | snapshots of the state: taken, sent, received       | `snapshots.ts`, `snapshot_writer.ts`, `snapshot_transfer.ts` |
 * | how fast it all moves, and whether that fits the distance | `timing.ts`, `pace.ts`      |
 * | whether a copy may be read without asking           | `readiness.ts`                      |
 * | what two nodes hold that cannot both be right       | `divergence.ts`                     |
 * | a disk that keeps nothing                           | `memory_store.ts`                   |
 * | what members do for each other | `member_services.ts` |
 * | bounds | `limits.ts` |
 *
 * @module
 */
export * from "./folder_tag.ts";
export * from "./memory_store.ts";
export * from "./voter_names.ts";
export { RaftNode } from "./raft_node.ts";
export type { ReplicatedMachine } from "./replicated_machine.ts";
export { keptHere, type SecondCopyView } from "./kept_here.ts";
export type { Departures } from "./departures.ts";
export type { AutopilotRunner } from "./autopilot_runner.ts";
export type { Readiness } from "./readiness.ts";
export type { ReceivedSnapshot } from "./snapshot_transfer.ts";
export { ConsensusService } from "./consensus_service.ts";
export {
  type LeaderInfo,
  leadershipData,
  leadershipMessage,
  parseLeadership,
} from "./leader_info.ts";
export { LeaderHistory, type MasterChange } from "./leader_history.ts";
export { missingAdvice, missingText, type MissingVoters } from "./missing_voters.ts";
export { type PaceAdvice } from "./pace.ts";
export { VoterChangeFilter } from "./voter_change_filter.ts";
export { quorumWarnings, type VotersView } from "./quorum_warnings.ts";
