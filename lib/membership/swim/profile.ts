import type { Millis } from "../../core/mod.ts";

/** The timing of membership. Times are milliseconds. */
export interface Profile {
  /** The protocol period: one member is probed in each. */
  probeIntervalMs: Millis;
  /** When a probe without an answer goes through helpers; also how late a tick may be. */
  probeTimeoutMs: Millis;
  /** How many helpers an unanswered probe asks (SWIM's k). */
  helpers: number;
  /** Shortest suspicion: `suspicionMultiplier * max(1, log10(n + 1)) * probeIntervalMs`. */
  suspicionMultiplier: number;
  /** Longest suspicion, in shortest ones: what one observer without confirmation waits for. */
  suspicionMaxMultiplier: number;
  /** Between two attempts to reach a member whose address refused. */
  refusedRetryMs: Millis;
  /** Between two rounds of gossip, while there is news. */
  gossipIntervalMs: Millis;
  /** Members told in each round. */
  gossipFanout: number;
  /** News is sent `retransmitMultiplier * ceil(log10(n + 1))` times by each member. */
  retransmitMultiplier: number;
  /** Between two exchanges of views: one number, unless they differ. */
  syncIntervalMs: Millis;
  /**
   * Between two attempts to reach one of the dead, in clusters up to 8; in proportion past that.
   */
  reconnectIntervalMs: Millis;
  /** How long a leave waits for the others to have seen it. */
  leaveTimeoutMs: Millis;
  /** Between two tellings of a leave to a member that did not answer. */
  leaveRetryMs: Millis;
}

/** The name of a profile: `--profile`. */
export type ProfileName = "lan" | "wan" | "local";

/**
 * The three profiles; `mod.ts` says what they promise.
 *
 * - `lan`: machines of one site, under 10 ms apart.
 * - `wan`: sites up to 300 ms apart, which lose and delay.
 * - `local`: processes of one machine in tests, where a second's pause may be fatal.
 */
export const PROFILES: Readonly<Record<ProfileName, Readonly<Profile>>> = {
  lan: {
    probeIntervalMs: 500,
    probeTimeoutMs: 200,
    helpers: 3,
    suspicionMultiplier: 4,
    suspicionMaxMultiplier: 6,
    refusedRetryMs: 200,
    gossipIntervalMs: 100,
    gossipFanout: 3,
    retransmitMultiplier: 4,
    syncIntervalMs: 30_000,
    reconnectIntervalMs: 2_000,
    leaveTimeoutMs: 2_000,
    leaveRetryMs: 200,
  },
  wan: {
    probeIntervalMs: 2_000,
    probeTimeoutMs: 1_000,
    helpers: 3,
    suspicionMultiplier: 5,
    suspicionMaxMultiplier: 6,
    refusedRetryMs: 1_000,
    gossipIntervalMs: 300,
    gossipFanout: 4,
    retransmitMultiplier: 4,
    syncIntervalMs: 60_000,
    reconnectIntervalMs: 5_000,
    leaveTimeoutMs: 5_000,
    leaveRetryMs: 1_000,
  },
  local: {
    probeIntervalMs: 200,
    probeTimeoutMs: 80,
    helpers: 3,
    suspicionMultiplier: 4,
    suspicionMaxMultiplier: 6,
    refusedRetryMs: 100,
    gossipIntervalMs: 50,
    gossipFanout: 3,
    retransmitMultiplier: 4,
    syncIntervalMs: 15_000,
    reconnectIntervalMs: 1_000,
    leaveTimeoutMs: 1_000,
    leaveRetryMs: 100,
  },
};

/** The cluster as a whole keeps trying at the rate of eight members, however many there are. */
export function reconnectIntervalMs(profile: Profile, memberCount: number): Millis {
  return profile.reconnectIntervalMs * Math.max(1, memberCount / 8);
}

/** How many times each member passes one piece of news on. */
export function retransmitLimit(profile: Profile, memberCount: number): number {
  return profile.retransmitMultiplier * Math.ceil(Math.log10(memberCount + 1));
}
