import { type Millis, type Random, randomBetween } from "../core/mod.ts";

/** How the network behaves towards every message. */
export interface Conditions {
  /**
   * - `links`: messages keep their order, and a lost one is a late one, as over TCP; who is killed
   *   breaks its links, and its address refuses;
   * - `datagrams`: each message for itself, and a lost one is lost, as in the papers.
   */
  transport: "links" | "datagrams";
  /** One way, in the mean: each message takes 0.5 to 1.5 of it. */
  latencyMs: Millis;
  /** On top of the latency: evenly 0 to this. Datagrams overtake each other by it. */
  spreadMs: Millis;
  /** The share of transmissions that are lost, 0 to 1. */
  loss: number;
  /** The share of datagrams that arrive twice, 0 to 1; a link never duplicates. */
  duplication: number;
}

/** One site, nothing lost. */
export const CALM: Readonly<Conditions> = {
  transport: "links",
  latencyMs: 1,
  spreadMs: 0,
  loss: 0,
  duplication: 0,
};

/** How long one transmission takes; `undefined` when it is lost. */
export function transit(random: Random, conditions: Conditions): Millis | undefined {
  const { latencyMs, spreadMs, loss } = conditions;
  if (loss > 0 && random.next() < loss) return undefined;
  const latency = latencyMs * randomBetween(random, 0.5, 1.5);
  return spreadMs > 0 ? latency + randomBetween(random, 0, spreadMs) : latency;
}
