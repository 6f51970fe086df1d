import { type LinkFailure, type Millis, type NodeId, STRANGER_REDIAL_MS } from "../core/mod.ts";
import type { UnreachableKind } from "../membership/swim/mod.ts";

/** What came of dialling the address of a member. */
export interface Found {
  readonly address: string;
  readonly kind: UnreachableKind;
  readonly failure: LinkFailure;
}

/**
 * Who listens at the addresses of members instead of them, a node of another cluster or another kind of server:
 * dialling it often would be of no use to anybody.
 */
export class Strangers {
  /** Each until when its address is not dialled again; they go with their members. */
  readonly #met = new Map<NodeId, Found & { until: Millis }>();

  /** Takes note of what was found, if it is a stranger; whether it is one. */
  meet(node: NodeId, found: Found, now: Millis): boolean {
    if (found.kind !== "other-cluster" && found.kind !== "not-muster") return false;
    this.#met.set(node, { ...found, until: now + STRANGER_REDIAL_MS });
    return true;
  }

  /** Who answered at that address a while ago; `undefined` when it is time to dial it. */
  at(node: NodeId, address: string, now: Millis): Found | undefined {
    const found = this.#met.get(node);
    return found?.address === address && found.until > now ? found : undefined;
  }

  /** The member itself was heard, or is no more. */
  forget(node: NodeId): void {
    this.#met.delete(node);
  }
}
