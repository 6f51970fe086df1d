import { type Millis, SeededRandom } from "../../../lib/core/mod.ts";
import {
  type MemberEvent,
  Membership,
  type MembershipEffect,
  type MembershipInput,
  type MembershipMessage,
  PROFILES,
} from "../../../lib/membership/swim/mod.ts";
import { idOf, recordOf } from "./records.ts";

/** A message that a machine sent. */
export type Sent = { to: string; message: MembershipMessage };

/**
 * One machine, `n1` unless it is another, whose peers are played by the test; no world is needed
 * for that.
 */
export class PlayedMachine {
  now: Millis = 1_000;
  /** How often the machine wanted to be woken. */
  ticks = 0;
  readonly machine: Membership;

  /** @param peers members, beside itself, that it has heard of. */
  constructor(peers: number, { self = 1, seed = 42 } = {}) {
    this.machine = new Membership({
      self: { id: idOf(self), name: `n${self}`, address: `10.0.0.1:${self}` },
      profile: PROFILES.lan,
      random: new SeededRandom(seed),
    });
    this.input({ type: "tick" });
    const teller = self === 2 ? 3 : 2;
    for (let n = 1; n <= peers + 1; n++) if (n !== self) this.hear(teller, recordOf(n));
    this.wait(0);
  }

  input(input: MembershipInput): MembershipEffect[] {
    return this.machine.handle(this.now, input);
  }

  receive(from: number, message: unknown): MembershipEffect[] {
    return this.input({ type: "message", from: idOf(from), message });
  }

  hear(from: number, ...gossip: unknown[]): MembershipEffect[] {
    return this.receive(from, { type: "gossip", gossip });
  }

  /**
   * Lets time pass, waking the machine as a node would; each message that goes out may be answered.
   */
  wait(durationMs: Millis, answer: (sent: Sent) => void = () => {}): MembershipEffect[] {
    const end = this.now + durationMs;
    const all: MembershipEffect[] = [];
    for (;;) {
      const next = this.machine.nextDeadline();
      if (next === undefined || next > end) break;
      this.now = Math.max(this.now, next);
      this.ticks++;
      const effects = this.input({ type: "tick" });
      all.push(...effects);
      for (const sent of sendsOf(effects)) answer(sent);
    }
    this.now = end;
    return all;
  }

  /** Acks probes of all but the silent. */
  answering(...silent: number[]): (sent: Sent) => void {
    return ({ to, message }) => {
      if (message.type !== "probe" || silent.some((n) => idOf(n) === to)) return;
      this.ack(to, message.sequence);
    };
  }

  /** Answers a probe for a member. */
  ack(from: string, sequence: number, target = from): MembershipEffect[] {
    const message = { type: "ack", sequence, target, gossip: [] };
    return this.input({ type: "message", from, message });
  }

  state(n: number): string | undefined {
    return this.machine.member(idOf(n))?.state;
  }
}

/** The messages among effects, or those of a type. */
export function sendsOf(effects: readonly MembershipEffect[], type?: string): Sent[] {
  return effects.filter((effect) => effect.type === "send")
    .filter((effect) => type === undefined || effect.message.type === type);
}

/** What was told of members, among effects. */
export function eventsOf(effects: readonly MembershipEffect[]): MemberEvent[] {
  return effects.flatMap((effect) => effect.type === "notify" ? [effect.event] : []);
}
