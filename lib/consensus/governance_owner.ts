import type { ClusterError, Message, NodeId, Ports, Store } from "../core/mod.ts";
import type { MemberCalls } from "../rpc/mod.ts";
import type { Member } from "../membership/swim/mod.ts";
import type { LeaderInfo } from "./leader_info.ts";
import type { VoterNames } from "./voter_names.ts";

/** What governing needs of the node's place in the cluster. */
export interface GovernanceOwner {
  readonly id: NodeId;
  readonly ports: Ports;
  readonly store: Store;
  members(): Member[];
  member(id: NodeId): Member | undefined;
  /** What voters are called that membership does not know. */
  readonly names: VoterNames;
  send(to: NodeId, message: Message): void;
  /** Writes what was sent, instead of at the end of the turn. */
  flush(): void;
  broadcast(message: Message): void;
  readonly rpc: MemberCalls;
  /** The master, the term or the voters changed. */
  changed(view: LeaderInfo, previous: LeaderInfo, reason: string): void;
  rejected(from: NodeId, reason: string): void;
  /** Tells a person something odd. */
  warn(message: string, code?: string): void;
  /** The node must stop: its disk failed, or what it holds and what its cluster holds contradict each other. */
  failed(error: ClusterError): void;
}
