import { MEMBERSHIP_TYPES, type MembershipMessage } from "./messages.ts";

/** What this node did and met since it started; every value only grows. */
export interface MembershipCounters {
  /** Probes of our own. */
  probes: number;
  /** Probes that had no answer in their period. */
  probeFailures: number;
  /** Probes that helpers were asked for. */
  probeRequests: number;
  /** Probes that we made for others. */
  relays: number;
  /** Suspicions that were opened. */
  suspicions: number;
  /** Suspicions that turned out wrong. */
  falseAlarms: number;
  /** Members that became dead in our view. */
  deaths: number;
  /** Words against us that we refuted. */
  refutations: number;
  /** Times that we were stopped. */
  lateTicks: number;
  /** Full exchanges that we began. */
  syncs: number;
  /** Attempts to reach one of the dead. */
  reconnects: number;
  /** Messages or records that were refused. */
  rejected: number;
  /** Messages that went out, by type. */
  sent: Record<MembershipMessage["type"], number>;
  /** Messages that came, by type. */
  received: Record<MembershipMessage["type"], number>;
}

/** Counters at zero. */
export function zeroCounters(): MembershipCounters {
  const perType = () =>
    Object.fromEntries(MEMBERSHIP_TYPES.map((type) => [type, 0])) as MembershipCounters["sent"];
  return {
    probes: 0,
    probeFailures: 0,
    probeRequests: 0,
    relays: 0,
    suspicions: 0,
    falseAlarms: 0,
    deaths: 0,
    refutations: 0,
    lateTicks: 0,
    syncs: 0,
    reconnects: 0,
    rejected: 0,
    sent: perType(),
    received: perType(),
  };
}
