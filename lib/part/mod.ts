/**
 * What a part of a node is: one capability, which takes the parts below it in its constructor and
 * declares what it offers. Types only: nothing here runs.
 *
 *     compose.ts ─ new X(context, partsBelow) ──► Part
 *       ├─ messages ──► transport: Router, by type
 *       ├─ services ──► rpc: ServiceRegistry, by name
 *       └─ start, joined, drain, stop, status, metrics
 *
 * @module
 */
export type { NodeContext, Phase } from "./context.ts";
export type { ClusterIdentity, Part } from "./part.ts";
export type { Metric } from "./metric.ts";
export type { MessageHandler, Messages, Sender } from "../transport/mod.ts";
export type { SystemService, SystemServices } from "../rpc/mod.ts";
