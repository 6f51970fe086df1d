import {
  type LinkFailure,
  type Millis,
  type NodeId,
  RETURN_DIAL_MS,
  STRANGER_REDIAL_MS,
  type UnreachableKind,
} from "../core/mod.ts";
import { DialBackOff } from "./dial_back_off.ts";
import { STRANGER_REDIAL_SHORTEST_MS } from "./limits.ts";

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
  /** Each until when its address is not dialled again; they go with their members. */
  readonly #met = new Map<NodeId, Found & { until: Millis; waitMs: Millis }>();
  readonly #mute = new DialBackOff(RETURN_DIAL_MS, STRANGER_REDIAL_MS);

  /** Takes note of what was found, if it is a stranger; whether it is one. */
  meet(node: NodeId, found: Found, now: Millis): boolean {
    const { address, kind, failure } = found;
    const isMute = failure.kind === "closed" || failure.kind === "reset";
    if (isMute) this.#mute.refused(node, address, now);
    else this.#mute.forget(node);
    const before = this.#met.get(node);
    this.#met.delete(node);
    if (kind !== "other-cluster" && kind !== "not-muster") return false;
    const waitMs = before?.address === address
      ? Math.min(2 * before.waitMs, STRANGER_REDIAL_MS)
      : STRANGER_REDIAL_SHORTEST_MS;
    this.#met.set(node, { ...found, until: now + waitMs, waitMs });
    return true;
  }

  /** Whether it is time to look if one of the gone is back at its address. */
  mayDial(node: NodeId, address: string, now: Millis): boolean {
    return this.#mute.mayDial(node, address, now);
  }

  /** Who answered at that address a while ago; `undefined` when it is time to dial it. */
  at(node: NodeId, address: string, now: Millis): Found | undefined {
    const found = this.#met.get(node);
    return found?.address === address && found.until > now ? found : undefined;
  }

  /** The member itself was heard, or is no more. */
  forget(node: NodeId): void {
    this.#met.delete(node);
    this.#mute.forget(node);
  }
}
