import type { Millis, NodeId } from "../core/mod.ts";
import {
  DIAL_BACK_OFF_LONGEST_MS,
  DIAL_BACK_OFF_MEMBERS,
  DIAL_BACK_OFF_SHORTEST_MS,
} from "./limits.ts";

/** What is kept of a member whose address refused. */
interface Refusals {
  readonly address: string;
  /** How long the wait for the next dial is. */
  readonly waitMs: Millis;
  /** When it may go out. */
  readonly mayDialAt: Millis;
}

/**
 * How often a member is dialled whose address refuses: ever more seldom, so that it costs next to
 * nothing.
 *
 * Each dial that comes as soon as it may doubles the wait for the next. Who dials now and then
 * anyway, as membership does to see whether one of the dead is back, is never kept from it.
 */
export class DialBackOff {
  /** In the order of the last refusal, the oldest first. At most `DIAL_BACK_OFF_MEMBERS`. */
  readonly #refusals = new Map<NodeId, Refusals>();

  /** Whether a member may be dialled at that address now. */
  mayDial(node: NodeId, address: string, now: Millis): boolean {
    const refusals = this.#refusals.get(node);
    return refusals === undefined || refusals.address !== address || now >= refusals.mayDialAt;
  }

  /** A dial was refused. */
  refused(node: NodeId, address: string, now: Millis): void {
    const before = this.#refusals.get(node);
    const isEager = before?.address === address && now <= before.mayDialAt + before.waitMs;
    const waitMs = isEager
      ? Math.min(DIAL_BACK_OFF_LONGEST_MS, 2 * before.waitMs)
      : DIAL_BACK_OFF_SHORTEST_MS;
    this.#refusals.delete(node);
    this.#refusals.set(node, { address, waitMs, mayDialAt: now + waitMs });
    if (this.#refusals.size <= DIAL_BACK_OFF_MEMBERS) return;
    const [oldest] = this.#refusals.keys();
    this.#refusals.delete(oldest as NodeId);
  }

  /** There is a link to a member, or it is dead or no more. */
  forget(node: NodeId): void {
    this.#refusals.delete(node);
  }
}
