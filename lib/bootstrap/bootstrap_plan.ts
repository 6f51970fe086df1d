import type { ConsensusService, VoterNames } from "../consensus/mod.ts";
import type { Address } from "../core/mod.ts";
import type { MembershipService } from "../membership/mod.ts";
import type { ServiceRegistry } from "../rpc/mod.ts";
import type { Connections, LocalIdentity, PeerPool } from "../transport/mod.ts";

/** How a node is to come into a cluster: as its start says. */
export interface BootstrapPlan {
  /** Members to join through. */
  readonly join: readonly Address[];
  /** Those that were named; `undefined`: `join` is what is usual. */
  readonly named: readonly Address[] | undefined;
  /** Whether it was told that there is nobody to join. */
  readonly joinsNobody: boolean;
  /** Whether it founds a cluster when nobody lets it in. */
  readonly makeMasterOnError: boolean;
  /** How many nodes found one together; `undefined`: it waits for none. */
  readonly expect: number | undefined;
  /** Whether it makes itself the only voter of the cluster that it was in. */
  readonly forceNewCluster: boolean;
  /** The port that it was told to listen on; 0: any. */
  readonly port: number;
  /** The address that it was told to give; `undefined`: it finds out. */
  readonly advertise: Address | undefined;
  /** What other members see of it. */
  readonly tags: Readonly<Record<string, string>>;
}

/** The parts below that a node enters a cluster with. */
export interface BootstrapParts {
  /** Who and where the node says that it is. */
  readonly local: LocalIdentity;
  /** Its open links. */
  readonly connections: Connections;
  /** Its links to members. */
  readonly peers: PeerPool;
  /** What it offers. */
  readonly registry: ServiceRegistry;
  /** Who is here. */
  readonly membership: MembershipService;
  /** Who leads. */
  readonly consensus: ConsensusService;
  /** What voters are called. */
  readonly names: VoterNames;
}
