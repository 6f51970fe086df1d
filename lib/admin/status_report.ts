import type { ConsensusService } from "../consensus/mod.ts";
import { type JsonObject, type Millis, VERSION } from "../core/mod.ts";
import type { MembershipService } from "../membership/mod.ts";
import type { ProfileName } from "../membership/swim/mod.ts";
import type { NodeContext, Part } from "../part/mod.ts";
import type { Rpc } from "../rpc/mod.ts";
import type { SharedState } from "../state/mod.ts";
import type { Connections, OutOfFiles, PeerPool } from "../transport/mod.ts";
import type { AdminApi } from "./admin_api.ts";
import type { LeaderReport } from "./leader_report.ts";
import type { MembersReport } from "./members_report.ts";

/** The node that is shown. */
export interface ShownNode extends NodeContext {
  /** What it was told to be. */
  readonly options: {
    /** What other members see of it. */
    readonly tags: Readonly<Record<string, string>>;
    /** Its timing. */
    readonly profile: ProfileName;
  };
  /** When it was started, on its clock. */
  readonly startedAt: Millis;
}

/** The parts that have a word in it. */
export interface ShownParts {
  /** Its open links. */
  readonly connections: Connections;
  /** Its links to members. */
  readonly peers: PeerPool;
  /** Its calls. */
  readonly rpc: Rpc;
  /** Who is here. */
  readonly membership: MembershipService;
  /** Who leads. */
  readonly consensus: ConsensusService;
  /** What the cluster shares. */
  readonly state: SharedState;
  /** The members as people see them. */
  readonly members: MembersReport;
  /** Who leads and votes, as people see it. */
  readonly leader: LeaderReport;
  /** Who watches. */
  readonly admin: AdminApi;
  /** Other clusters that it met. */
  readonly others: {
    /** What a person should know of them. */
    notes(): string[];
  };
  /** Whether it has files left. */
  readonly outOfFiles: OutOfFiles;
  /** Further parts: each has a section of its own name. */
  readonly more: readonly Part[];
}

/** What `status` shows: the node itself, and a section of each further part. */
export function statusOf(node: ShownNode, parts: ShownParts): JsonObject {
  const { connections, peers, rpc, membership, consensus, members: all, leader } = parts;
  const { admin, others, outOfFiles, more } = parts;
  const cluster = membership.cluster ?? null;
  const { health, counters } = membership.status();
  const members: Record<string, number> = { alive: 0, suspect: 0, dead: 0, left: 0, guest: 0 };
  for (const { state, superseded, removed } of all.all().members) {
    if (!superseded && !removed) members[state] = (members[state] ?? 0) + 1;
  }
  return {
    ...node.self,
    version: VERSION,
    cluster,
    phase: node.phase,
    master: consensus.master ?? null,
    term: consensus.view.term,
    voters: leader.voterNames(),
    copies: consensus.counts?.copies ?? null,
    disks: consensus.counts?.disks ?? null,
    consensus: cluster === null ? null : consensusOf(parts),
    notes: [...cluster === null ? [] : leader.notes(), ...others.notes(), ...outOfFiles.notes()],
    health,
    members,
    services: rpc.registry.names,
    tags: node.options.tags,
    profile: node.options.profile,
    uptimeMs: Math.round(node.ports.clock.now() - node.startedAt),
    links: { open: connections.size, members: peers.connected, watchers: admin.watchers },
    calls: rpc.status(),
    counters,
    ...Object.fromEntries(more.map((part) => [part.name, part.status?.()])),
  };
}

function consensusOf({ consensus, state }: ShownParts): Record<string, unknown> {
  // What a copy has applied may lack what it holds: then it says nothing of the state.
  const isShown = consensus.hasCopyHere && consensus.raft.readiness.isReady;
  return { ...consensus.status(), ...(isShown ? { state: state.status() } : {}) };
}
