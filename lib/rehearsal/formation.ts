import { GOSSIP_RECORDS, type Millis } from "../core/mod.ts";
import { type Profile, retransmitLimit } from "../membership/swim/mod.ts";

/** How long it takes until everybody's news of everybody is sent as often as it is sent at all. */
export function formationMs(profile: Readonly<Profile>, nodes: number): Millis {
  const rounds = nodes * retransmitLimit(profile, nodes) / (GOSSIP_RECORDS * profile.gossipFanout);
  return (rounds * 1.2 + 10) * profile.gossipIntervalMs + 2 * profile.probeIntervalMs;
}
