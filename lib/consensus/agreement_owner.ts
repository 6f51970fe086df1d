import type { Candidate } from "./autopilot_runner.ts";
import type { ClusterError, Message, NodeId, Ports, Store } from "../core/mod.ts";
import type { MemberCalls } from "../rpc/mod.ts";
import type { Contradiction } from "./divergence.ts";
import type { LeaderInfo } from "./leader_info.ts";

/** What the agreement needs of the node. */
export interface AgreementOwner {
  readonly id: NodeId;
  readonly ports: Ports;
  readonly store: Store;
  /** Sends over the control link; best effort. */
  send(to: NodeId, message: Message): void;
  /** Sees to it that what was sent is on its way before a sync of the disk holds everything up. */
  flush(): void;
  readonly rpc: MemberCalls;
  /** What membership says of everybody, for the choice of voters. */
  members(): Candidate[];
  /** Who leads, or who votes, has changed. */
  leadershipChanged(view: LeaderInfo, reason: string): void;
  /** This node leads from now on, or does not any more. */
  leading(isLeading: boolean): void;
  /** What is committed has been applied. */
  applied(): void;
  /** Another configuration is committed. */
  reconfigured(): void;
  /** The disk failed: the node must stop, for it can keep no promise any more. */
  storeFailed(error: ClusterError): void;
  /** What this node and another hold cannot both be right. */
  contradicted(contradiction: Contradiction): void;
  /** A message was not what the protocol says. */
  rejected(from: NodeId, reason: string): void;
}
