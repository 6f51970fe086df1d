import {
  ClusterError,
  isJsonObject,
  isNonEmptyString,
  type Json,
  type NodeId,
} from "../core/mod.ts";
import { HANDOVER_MS } from "./limits.ts";
import type { MemberCalls, ServiceHandler, SystemServices } from "../rpc/mod.ts";
import type { Departures } from "./departures.ts";
import type { RaftNode } from "./raft_node.ts";
import { RELEASE_SERVICE } from "./release.ts";
import type { ReplicatedMachine } from "./replicated_machine.ts";
import { SNAPSHOT_SERVICE, SnapshotReceiver } from "./snapshot_transfer.ts";

/** What members do for each other in consensus. */
interface ConsensusMember {
  readonly raft: RaftNode;
  readonly departures: Departures;
}

/**
 * The services by which the members use each other's part in consensus.
 *
 * @param machine what a snapshot is for.
 * @param failed told when this node cannot be a member any more.
 */
export function memberServices(
  consensus: ConsensusMember,
  machine: ReplicatedMachine,
  failed: (error: ClusterError) => void,
): SystemServices {
  const receiver = new SnapshotReceiver(machine);
  const snapshot: ServiceHandler = (body, { from }) => {
    if (from === undefined) throw new ClusterError("BAD_REQUEST", "Only members send snapshots");
    try {
      const received = receiver.take(from, body);
      if (received !== undefined) consensus.raft.snapshotReceived(received);
    } catch (error) {
      // The leader would send it for ever.
      if (error instanceof ClusterError && error.code === "NEWER_CLUSTER") failed(error);
      throw error;
    }
  };
  const transfer: ServiceHandler = async (body) => {
    const to = isJsonObject(body) && isNonEmptyString(body["to"], 64) ? body["to"] : undefined;
    return await consensus.raft.transfer(to);
  };
  return {
    [SNAPSHOT_SERVICE]: { from: "member", serve: snapshot },
    [RELEASE_SERVICE]: { from: "member", serve: (body) => consensus.departures.release(body) },
    "muster.transfer": { from: "anyone", serve: transfer },
  };
}

/**
 * Asks the master to hand leadership over.
 *
 * @returns the id of the new master.
 * @throws {ClusterError} `NO_QUORUM` without a master, or what it answers.
 */
export async function askTransfer(
  rpc: MemberCalls,
  master: NodeId | undefined,
  to: NodeId | undefined,
): Promise<NodeId> {
  if (master === undefined) throw new ClusterError("NO_QUORUM", "There is no master at present");
  const body: Json = to === undefined ? {} : { to };
  const request = { service: "muster.transfer", body, timeoutMs: HANDOVER_MS };
  return await rpc.call(master, request) as NodeId;
}
