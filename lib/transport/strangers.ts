import {
  type LinkFailure,
  type Millis,
  RETURN_DIAL_MS,
  STRANGER_REDIAL_MS,
  type UnreachableKind,
} from "../core/mod.ts";
import { DialBackOff } from "./dial_back_off.ts";
import { STRANGER_REDIAL_SHORTEST_MS, STRANGERS } from "./limits.ts";

/** What came of dialling the address of a member. */
export interface Found {
  readonly address: string;
  readonly kind: UnreachableKind;
  readonly failure: LinkFailure;
}

/**
 * Who listens at the addresses of members instead of them, a node of another cluster or another kind of server:
 * dialling it often would be of no use to anybody. It is dialled ever more seldom, so that one that was there for
 * a short time only is soon known to be gone.
 *
 * What takes connections and ends them without a word may be a member that is about to end, or no Muster: whoever
 * looks for one of the gone dials it ever more seldom, too, and what is sent to live members is not held up.
 */
export class Strangers {
  /**
   * By address, each until when it is not dialled again: several members may have been at one. In the order of the
   * last meeting, the oldest first; at most `STRANGERS`.
   */
  readonly #met = new Map<string, Found & { until: Millis; waitMs: Millis }>();
  /** By address, too. */
  readonly #mute = new DialBackOff(RETURN_DIAL_MS, STRANGER_REDIAL_MS);

  /** Takes note of what was found, if it is a stranger; whether it is one. */
  meet(found: Found, now: Millis): boolean {
    const { address, kind, failure } = found;
    const isMute = failure.kind === "closed" || failure.kind === "reset";
    if (isMute) this.#mute.refused(address, address, now);
    else this.#mute.forget(address);
    const before = this.#met.get(address);
    this.#met.delete(address);
    if (kind !== "other-cluster" && kind !== "not-muster") return false;
    const waitMs = before === undefined
      ? STRANGER_REDIAL_SHORTEST_MS
      : Math.min(2 * before.waitMs, STRANGER_REDIAL_MS);
    this.#met.set(address, { ...found, until: now + waitMs, waitMs });
    const [oldest] = this.#met.keys();
    if (this.#met.size > STRANGERS && oldest !== undefined) this.#met.delete(oldest);
    return true;
  }

  /** Whether it is time to look if one of the gone is back at its address. */
  mayLook(address: string, now: Millis): boolean {
    return this.#mute.mayDial(address, address, now);
  }

  /** Who answered at that address a while ago; `undefined` when it is time to dial it. */
  at(address: string, now: Millis): Found | undefined {
    const found = this.#met.get(address);
    return found !== undefined && found.until > now ? found : undefined;
  }

  /** A member was heard from that address. */
  forget(address: string): void {
    this.#met.delete(address);
    this.#mute.forget(address);
  }
}
