import {
  ClusterError,
  isJsonObject,
  isNonEmptyString,
  type Json,
  type JsonObject,
} from "../core/mod.ts";
import type { ServiceHandler } from "./call_context.ts";

/** What the built-in services need of their node. */
export interface BuiltInTarget {
  /** Who and where the node is, in a few fields. */
  info(): Json;
  /** How long the node's probes of a member take. */
  roundTripTo(member: string): JsonObject;
  /** The recorded changes of who leads. */
  masterHistory(): JsonObject;
}

/**
 * The services that every node has without offering them: `echo` answers with what it was sent, `info`
 * says who answers, `muster.rtt` measures for `muster rtt A B`, `muster.why` tells for `muster why master`.
 */
export function systemServices(node: BuiltInTarget): Map<string, ServiceHandler> {
  return new Map<string, ServiceHandler>([
    ["echo", (body) => body],
    ["info", () => node.info()],
    ["muster.rtt", (body) => {
      const to = isJsonObject(body) ? body["to"] : undefined;
      if (!isNonEmptyString(to, 300)) {
        throw new ClusterError("BAD_REQUEST", '"muster.rtt" takes {"to": NODE}');
      }
      return node.roundTripTo(to) as Json;
    }],
    ["muster.why", () => node.masterHistory() as Json],
  ]);
}

/** Whether every node has that service. */
export function isBuiltIn(service: string): boolean {
  return service === "echo" || service === "info" || service.startsWith("muster.");
}
