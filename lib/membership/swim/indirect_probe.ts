import type { NodeId } from "../../core/mod.ts";
import { RELAYS_MAX } from "./limits.ts";
import type { Context } from "./context.ts";
import type { Dissemination } from "./dissemination.ts";
import type { AckMessage, ProbeRequestMessage } from "./messages.ts";
import { isLive } from "./record.ts";
import { isBeyondDials, type MemberEntry } from "./roster.ts";
import type { MachineTimer } from "./timers.ts";

/** When a helper says that it has no answer: before the asker gives up (memberlist's 80 %). */
const NACK_SHARE = 0.8;

/** A probe on behalf of another member. */
interface RelayedProbe {
  readonly asker: NodeId;
  /** Whether the asker's own dial was refused. */
  readonly isAskerRefused: boolean;
  /** The asker's number for it. */
  readonly sequence: number;
  readonly target: NodeId;
  readonly timers: MachineTimer[];
}

/** The helper's side of indirect probes. */
export class IndirectProbe {
  readonly #context: Context;
  readonly #dissemination: Dissemination;
  readonly #nextSequence: () => number;
  /** By our own number. At most `RELAYS_MAX`. */
  readonly #relayed = new Map<number, RelayedProbe>();

  constructor(context: Context, dissemination: Dissemination, nextSequence: () => number) {
    this.#context = context;
    this.#dissemination = dissemination;
    this.#nextSequence = nextSequence;
  }

  /** Probes a member for another one; only addresses that we know ourselves are dialled. */
  request(message: ProbeRequestMessage, from: NodeId): void {
    const { roster, profile, counters } = this.#context;
    const { sequence, target } = message;
    if (target === roster.selfId) {
      return this.#dissemination.send(from, { type: "ack", sequence, target });
    }
    const entry = roster.get(target);
    // Whoever asks for one that is gone has missed that it went.
    if (entry !== undefined && !isLive(entry.record.state)) {
      this.#dissemination.tell(from, entry.record);
    }
    if (entry === undefined || !isLive(entry.record.state) || this.#relayed.size >= RELAYS_MAX) {
      return this.#nack(from, sequence, target, false);
    }
    // Whom our own dial found gone just now need not be dialled again.
    if (entry.refusals !== undefined) return this.#nack(from, sequence, target, true);
    if (message.refused && this.#isRefused(entry, true)) {
      return this.#nack(from, sequence, target, true);
    }
    counters.relays++;
    const own = this.#nextSequence();
    const nackAfter = profile.probeTimeoutMs * NACK_SHARE;
    const timers = [
      this.#context.after(nackAfter, () => this.#nack(from, sequence, target, false)),
      this.#context.after(profile.probeIntervalMs, () => this.#relayed.delete(own)),
    ];
    const isAskerRefused = message.refused;
    this.#relayed.set(own, { asker: from, isAskerRefused, sequence, target, timers });
    this.#dissemination.send(target, { type: "probe", sequence: own, target });
  }

  /**
   * Carries an ack back.
   *
   * @returns whether it was the answer to a probe for another member.
   */
  ack(message: AckMessage, from: NodeId): boolean {
    const relayed = this.#relayed.get(message.sequence);
    if (relayed === undefined) return false;
    if (relayed.target !== from) {
      this.#context.reject(from, `ack of a probe of ${this.#context.nameOf(relayed.target)}`);
      return true;
    }
    this.#end(message.sequence, relayed);
    const { sequence, target } = relayed;
    this.#dissemination.send(relayed.asker, { type: "ack", sequence, target });
    return true;
  }

  /** A member's address refused our dial: every asker hears it at once. */
  refused(entry: MemberEntry): void {
    const target = entry.record.id;
    for (const [own, relayed] of this.#relayed) {
      if (relayed.target !== target) continue;
      const { asker, isAskerRefused, sequence } = relayed;
      this.#end(own, relayed);
      const isEvidence = !isBeyondDials(entry) || this.#isRefused(entry, isAskerRefused);
      this.#nack(asker, sequence, target, isEvidence);
    }
  }

  /**
   * Whether a member whose address always refuses us is gone: the others reached it, and now the
   * asker was refused as well. Of one that nobody can dial that says nothing.
   */
  #isRefused({ isOutOfReach, record }: MemberEntry, isAskerRefused: boolean): boolean {
    return isOutOfReach === true && record.undialable !== true && isAskerRefused;
  }

  /** Gives up what it does for others: we were stopped. */
  discard(): void {
    for (const [own, relayed] of this.#relayed) this.#end(own, relayed);
  }

  #end(own: number, relayed: RelayedProbe): void {
    for (const timer of relayed.timers) timer.isCancelled = true;
    this.#relayed.delete(own);
  }

  #nack(to: NodeId, sequence: number, target: NodeId, refused: boolean): void {
    // Plain SWIM has no nacks; a refusal is evidence all the same.
    if (!refused && !this.#context.hasLifeguard) return;
    this.#dissemination.send(to, { type: "nack", sequence, target, refused });
  }
}
