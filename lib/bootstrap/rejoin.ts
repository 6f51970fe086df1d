import {
  type Address,
  ClusterError,
  type ClusterId,
  formatAddress,
  type Ports,
  sleep,
} from "../core/mod.ts";
import { REJOIN_LONGEST_MS, REJOIN_SHORTEST_MS } from "./limits.ts";
import { joinCluster } from "./join.ts";
import type { JoinPlan } from "./join_round.ts";

/** How a node that was a member before finds the others again. */
export interface RejoinPlan
  extends Pick<JoinPlan, "id" | "life" | "hello" | "request" | "enter" | "attempted"> {
  addresses: readonly Address[];
  /** Where this node itself is, as `host:port`. */
  self: string;
  /** Aborted when the node is a member no more. */
  signal: AbortSignal;
  /** Whether there is a link to another member: then membership does the rest. */
  hasCompany(): boolean;
}

/**
 * Shows a node that came back to the members at the given addresses, again and again until it has
 * company.
 *
 * Members that it remembers are looked for by membership itself; these addresses are what an
 * operator names for the case that all of them have moved. The node is a member all the while: when
 * all members of a cluster restart at once, each of them waits for nobody, and they find each
 * other.
 *
 * @throws {ClusterError} what a member refused with for good: `OTHER_CLUSTER`, `REMOVED`,
 * `NAME_TAKEN`.
 */
export async function rejoinCluster(ports: Ports, plan: RejoinPlan): Promise<void> {
  const addresses = plan.addresses.filter((address) => formatAddress(address) !== plan.self);
  let backOffMs = REJOIN_SHORTEST_MS;
  for (let isFirst = true; addresses.length > 0 && !plan.signal.aborted; isFirst = false) {
    if (!isFirst && plan.hasCompany()) return;
    if (await tryOnce(ports, plan, addresses, isFirst) || plan.signal.aborted) return;
    await sleep(ports.clock, backOffMs, plan.signal);
    backOffMs = Math.min(2 * backOffMs, REJOIN_LONGEST_MS);
  }
}

async function tryOnce(
  ports: Ports,
  plan: RejoinPlan,
  addresses: readonly Address[],
  isTold: boolean,
): Promise<boolean> {
  const { id, life, hello, request, enter, signal } = plan;
  const attempted = isTold ? plan.attempted : () => {};
  try {
    const told: JoinPlan = {
      id,
      life,
      addresses,
      hello,
      request,
      enter,
      isOver: () => signal.aborted,
      attempted,
      willFound: true,
    };
    return await joinCluster(ports, told);
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    // An address that may not be dialled is of no use; the node is a member without it.
    if (error.retryable || error.code === "NOT_PERMITTED") return false;
    throw error;
  }
}

/** Why a node that came back is refused, with what its operator can do about it. */
export function refusedReturn(thrown: unknown, cluster: ClusterId): ClusterError {
  const error = thrown instanceof ClusterError ? thrown : ClusterError.from(thrown);
  const advice = ADVICE[error.code];
  if (advice === undefined) return error;
  const { code, message } = error;
  return ClusterError.from({
    code,
    message: `This node's data folder is of cluster ${cluster}: ${message}; ${advice}`,
  });
}

const ADVICE: Readonly<Record<string, string>> = {
  OTHER_CLUSTER: "name members of its own cluster with --clusterip, or use another --data folder",
  REMOVED: "an empty --data folder makes it a new member",
};
