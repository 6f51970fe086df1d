import type { Json, Millis, NodeId } from "../core/mod.ts";

/** Calls a service of one member, this node included; rejects as `Node.call` does. */
export type CallMember = (
  node: NodeId,
  service: string,
  body: Json,
  timeoutMs: Millis,
  signal?: AbortSignal,
) => Promise<Json>;
