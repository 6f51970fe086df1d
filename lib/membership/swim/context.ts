import { type Millis, type NodeId, type Random, REJECTED_PER_SECOND } from "../../core/mod.ts";
import { zeroCounters } from "./counters.ts";
import type { MembershipEffect } from "./interface.ts";
import { LocalHealth } from "./local_health.ts";
import type { Profile } from "./profile.ts";
import type { MemberRecord } from "./record.ts";
import { Roster } from "./roster.ts";
import { Timers } from "./timers.ts";

/** What the parts of one machine share. */
export class Context {
  readonly profile: Profile;
  readonly random: Random;
  readonly hasLifeguard: boolean;
  readonly roster: Roster;
  readonly timers = new Timers();
  readonly counters = zeroCounters();
  readonly health: LocalHealth;
  /** The time of the input that is being handled. */
  now: Millis = 0;
  /** `member`, then `leaving`, then `out`; or `member`, then `out`. Nothing comes after `out`. */
  phase: "member" | "leaving" | "out" = "member";
  #effects: MembershipEffect[] = [];
  #rejectedSince: Millis = -Infinity;
  #rejectedCount = 0;

  constructor(self: MemberRecord, profile: Profile, random: Random, hasLifeguard: boolean) {
    this.profile = profile;
    this.random = random;
    this.hasLifeguard = hasLifeguard;
    this.health = new LocalHealth(hasLifeguard);
    this.roster = new Roster(self, random);
  }

  /** Asks something of the shell. */
  emit(effect: MembershipEffect): void {
    this.#effects.push(effect);
  }

  /** Hands over what was asked since the last time. */
  takeEffects(): MembershipEffect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  /** Counts what was refused, and names it unless a flood of it was named already. */
  reject(from: NodeId, reason: string): void {
    this.counters.rejected++;
    if (this.now - this.#rejectedSince >= 1_000) {
      this.#rejectedSince = this.now;
      this.#rejectedCount = 0;
    }
    if (++this.#rejectedCount <= REJECTED_PER_SECOND) this.emit({ type: "rejected", from, reason });
  }

  /** What people call a member. */
  nameOf(id: NodeId): string {
    return this.roster.get(id)?.record.name ?? id;
  }

  /** Sets a timer from now. */
  after(delay: Millis, run: () => void): ReturnType<Timers["set"]> {
    return this.timers.set(this.now + delay, run);
  }
}
