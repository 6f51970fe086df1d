import { type ClusterError, type Json, type Millis, type NodeId } from "../../lib/core/mod.ts";
import { noQuorum, type StateRoute } from "../../lib/state/mod.ts";
import { cancelled } from "../../lib/rpc/mod.ts";

/** What a route of a test has of its own. */
export type RouteParts = Partial<Omit<StateRoute, "ask" | "noLeader">> & {
  missing?: Parameters<typeof noQuorum>[0];
};

/**
 * The way to a state whose nodes answer what a test says: `n2` leads, unless the test says
 * otherwise.
 *
 * @param answer gives what a node answers to the request, as it arrives there.
 */
export function scriptedRoute(
  answer: (node: NodeId, body: Json, timeoutMs: Millis) => Promise<Json>,
  parts: RouteParts = {},
): StateRoute {
  const route: StateRoute = {
    isOver: false,
    isMajorityDead: false,
    leader: "n2",
    replicas: () => [],
    failedBy: () => {},
    status: () => ({}),
    noLeader: (cause, isUnknown): ClusterError =>
      noQuorum(parts.missing ?? { silent: [], left: [] }, cause, isUnknown),
    ask: (node, request, timeoutMs) => {
      const { promise, resolve, reject } = Promise.withResolvers<Json>();
      answer(node, JSON.parse(JSON.stringify(request)), timeoutMs).then(resolve, reject);
      return {
        answer: promise as Promise<never>,
        giveUp: () => reject(cancelled("muster.state", undefined, true)),
      };
    },
  };
  return Object.defineProperties(route, Object.getOwnPropertyDescriptors(parts));
}
