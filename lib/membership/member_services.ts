import {
  ClusterError,
  isJsonObject,
  isNonEmptyString,
  type Json,
  type JsonObject,
} from "../core/mod.ts";
import type { SystemServices } from "../rpc/mod.ts";

/** What members ask each other of what they have seen. */
export interface Witness {
  /** How long the node's probes of a member take. */
  roundTripTo(member: string): JsonObject;
  /** The recorded changes of who leads. */
  masterHistory(): JsonObject;
}

/** `muster.rtt` measures for `muster rtt A B`, `muster.why` tells for `muster why master`. */
export function memberServices(node: Witness): SystemServices {
  return {
    "muster.rtt": {
      from: "anyone",
      serve: (body) => {
        const to = isJsonObject(body) ? body["to"] : undefined;
        if (isNonEmptyString(to, 300)) return node.roundTripTo(to) as Json;
        throw new ClusterError("BAD_REQUEST", '"muster.rtt" takes {"to": NODE}');
      },
    },
    "muster.why": { from: "member", serve: () => node.masterHistory() as Json },
  };
}
