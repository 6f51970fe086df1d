import {
  ClusterError,
  isJsonObject,
  isNonEmptyString,
  type Json,
  type JsonObject,
} from "../core/mod.ts";
import type { SystemServices } from "../rpc/mod.ts";

/**
 * `muster.rtt` measures for `muster rtt A B`, how long the probes of one member to another take.
 */
export function roundTripService(
  node: { roundTripTo(member: string): JsonObject },
): SystemServices {
  return {
    "muster.rtt": {
      from: "anyone",
      serve: (body) => {
        const to = isJsonObject(body) ? body["to"] : undefined;
        if (isNonEmptyString(to, 300)) return node.roundTripTo(to) as Json;
        throw new ClusterError("BAD_REQUEST", '"muster.rtt" takes {"to": NODE}');
      },
    },
  };
}
