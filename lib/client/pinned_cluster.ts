import {
  type Address,
  ClusterError,
  type ClusterId,
  type Millis,
  type Ports,
} from "../core/mod.ts";
import type { Welcome } from "../transport/mod.ts";
import { Client, type ConnectBounds } from "./client.ts";

/**
 * The one cluster that a client means which outlives the member it talks to: that of the first
 * member which answered.
 *
 * Behind an address that is dialled again may stand another cluster: a node without a data folder
 * was started again, or another machine has the address now. The locks, leases and revisions of one
 * mean nothing in the other.
 */
export class PinnedCluster {
  readonly #ports: Pick<Ports, "clock" | "network">;
  #id: ClusterId | undefined;

  /** Means no cluster yet: the first that answers is the one. */
  constructor(ports: Pick<Ports, "clock" | "network">) {
    this.#ports = ports;
  }

  /** The cluster; `undefined` until a member has answered. */
  get id(): ClusterId | undefined {
    return this.#id;
  }

  /**
   * Connects to the first of the addresses at which a member of the cluster answers.
   *
   * @param timeoutMs for each address.
   * @throws {ClusterError} `OTHER_CLUSTER` when another cluster answers and ours does not, else
   * `NOT_A_MEMBER` when a node is still joining one, else `NO_CLUSTER`.
   */
  async connect(
    addresses: readonly Address[],
    timeoutMs: Millis,
    bounds: ConnectBounds = {},
  ): Promise<Client> {
    const cluster = this.#id;
    const objection = (welcome: Welcome) => objectionTo(welcome, cluster);
    const client = await Client.connect(this.#ports, addresses, timeoutMs, {
      ...bounds,
      cluster,
      objection,
    });
    this.#id ??= client.cluster;
    return client;
  }
}

/** Why a node that welcomes us is none of the cluster that is meant. */
function objectionTo(
  { cluster, node }: Welcome,
  meant: ClusterId | undefined,
): ClusterError | undefined {
  if (cluster === undefined) {
    // It may end up in another cluster than the one meant, and this link with it.
    return new ClusterError("NOT_A_MEMBER", `${node.name} is still joining a cluster`);
  }
  if (meant === undefined || cluster === meant) return undefined;
  return new ClusterError("OTHER_CLUSTER", `${node.name} belongs to cluster ${cluster}`);
}
