import {
  type LinkFailure,
  type Millis,
  RETURN_DIAL_MS,
  STRANGER_REDIAL_MS,
  type UnreachableKind,
} from "../core/mod.ts";
import { STRANGER_REDIAL_SHORTEST_MS, STRANGERS } from "./limits.ts";

/** What came of dialling the address of a member. */
export interface Found {
  readonly address: string;
  readonly kind: UnreachableKind;
  readonly failure: LinkFailure;
}

/** Who was met at an address, and when it is dialled again. */
interface Meeting {
  readonly found: Found;
  /**
   * Whether it is a stranger for certain; else it took a connection and ended it without a word.
   */
  readonly isStrange: boolean;
  readonly waitMs: Millis;
  readonly until: Millis;
}

/**
 * Who listens at the addresses of members instead of them, a node of another cluster or another
 * kind of server: dialling it often would be of no use to anybody. It is dialled ever more seldom,
 * so that one that was there for a short time only is soon known to be gone.
 *
 * What takes connections and ends them without a word may be a member that is about to end, or no
 * Muster: whoever looks for one of the gone dials it ever more seldom, too, and what is sent to
 * live members is not held up.
 */
export class Strangers {
  /**
   * By address: several members may have been at one. The oldest meeting first; at most
   * `STRANGERS`.
   */
  readonly #met = new Map<string, Meeting>();

  /** Takes note of what was found, if it is a stranger; whether it is one for certain. */
  meet(found: Found, now: Millis): boolean {
    const { address, kind, failure } = found;
    const before = this.#met.get(address);
    this.#met.delete(address);
    const isStrange = kind === "other-cluster" || kind === "not-muster";
    if (!isStrange && failure.kind !== "closed" && failure.kind !== "reset") return false;
    const shortestMs = isStrange ? STRANGER_REDIAL_SHORTEST_MS : RETURN_DIAL_MS;
    const waitMs = before === undefined
      ? shortestMs
      : Math.min(2 * before.waitMs, STRANGER_REDIAL_MS);
    this.#met.set(address, { found, isStrange, waitMs, until: now + waitMs });
    const [oldest] = this.#met.keys();
    if (this.#met.size > STRANGERS && oldest !== undefined) this.#met.delete(oldest);
    return isStrange;
  }

  /** Whether it is time to look if one of the gone is back at its address. */
  mayLook(address: string, now: Millis): boolean {
    const met = this.#met.get(address);
    return met === undefined || met.isStrange || met.until <= now;
  }

  /** Who answered at that address a while ago; `undefined` when it is time to dial it. */
  at(address: string, now: Millis): Found | undefined {
    const met = this.#met.get(address);
    return met?.isStrange === true && met.until > now ? met.found : undefined;
  }

  /** A member was heard from that address. */
  forget(address: string): void {
    this.#met.delete(address);
  }
}
