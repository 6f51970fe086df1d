import type { Millis } from "../../core/mod.ts";

/**
 * The small decisions on which the voters' floor rests, apart, so that injected bugs can replace
 * each.
 */
export interface AutopilotRules {
  /**
   * Whether a dead voter of a small set is waited for: only who has a folder comes back under its
   * id.
   */
  isAwaited(hasFolder: boolean): boolean;
  /**
   * Whether a dead voter goes before another gets its vote: four of which one is dead need all
   * others.
   */
  vacatesFirst(): boolean;
  /** Whether a voter acknowledges: membership's word counts for nothing. */
  hasAnswered(answeredAt: Millis | undefined, notBefore: Millis): boolean;
}

/** The autopilot as it is meant. */
export const AUTOPILOT_RULES: AutopilotRules = {
  isAwaited: (hasFolder) => hasFolder,
  vacatesFirst: () => true,
  hasAnswered: (answeredAt, notBefore) => (answeredAt ?? -Infinity) >= notBefore,
};
