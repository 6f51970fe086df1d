import type { AutopilotTiming, ConsensusTiming } from "./raft/mod.ts";
import type { ProfileName } from "../membership/swim/mod.ts";

/** How fast consensus and the choice of voters move, by profile. */
export const GOVERNANCE_TIMING: Readonly<
  Record<ProfileName, ConsensusTiming & { autopilot: AutopilotTiming }>
> = {
  lan: {
    heartbeatMs: 150,
    electionTimeoutMs: 700,
    electionTimeoutMostMs: 2_500,
    autopilot: { stableMs: 1_000, deadMs: 3_000, leaveMs: 2_000 },
  },
  wan: {
    heartbeatMs: 500,
    electionTimeoutMs: 2_500,
    electionTimeoutMostMs: 5_000,
    autopilot: { stableMs: 5_000, deadMs: 10_000, leaveMs: 5_000 },
  },
  local: {
    heartbeatMs: 60,
    electionTimeoutMs: 300,
    electionTimeoutMostMs: 700,
    autopilot: { stableMs: 300, deadMs: 1_000, leaveMs: 1_000 },
  },
};
