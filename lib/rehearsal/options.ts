import type { Membership, MembershipOptions, Profile } from "../membership/swim/mod.ts";
import type { Conditions } from "../simulation/mod.ts";

/** What a rehearsal is made of. */
export interface RehearsalOptions {
  /** Members at the beginning, who all know each other. */
  nodes: number;
  /** One seed is one run. */
  seed: number;
  /** Timing. Default `lan`. */
  profile?: Readonly<Profile>;
  /** Default {@linkcode CALM}. */
  conditions?: Partial<Conditions>;
  /** Whether Lifeguard's parts are on. Default `true`. */
  lifeguard?: boolean;
  /**
   * By how much the clocks differ in speed: each runs at 1 ± this. Default 0.0001, a poor
   * crystal's.
   */
  clockSpread?: number;
  /**
   * Whether messages are written as JSON, to know their size; costs half the speed. Default
   * `false`.
   */
  measuresBytes?: boolean;
  /** Makes a machine; a test may inject a bug into it. */
  create?: (options: MembershipOptions) => Membership;
}
