import {
  ClusterError,
  isId,
  isObject,
  type Json,
  LEAVING_LOOK_MS,
  LEAVING_RETRY_MS,
  type Millis,
  type NodeId,
  type Ports,
} from "../../core/mod.ts";
import type { CallMember } from "../calls/call_member.ts";
import type { HandedOver } from "./handover.ts";

/** The service by which a member has the master let a voter go that is to be removed. */
export const RELEASE_SERVICE = "muster.release";

/** What releasing needs of governing. */
export interface ReleaseOwner {
  readonly id: NodeId;
  readonly ports: Ports;
  readonly isStopped: boolean;
  readonly master: NodeId | undefined;
  /** How long the others may take to do without a voter. */
  readonly patienceMs: Millis;
  call: CallMember;
  /** Whether a node has a vote, or may have: what only the master can say. */
  hasVote(node: NodeId): boolean;
  /** A voter is to go: says for which others it has to wait. */
  lets(voter: NodeId): NodeId[];
}

/**
 * How a voter is taken out that is to be removed: as one that leaves, and its vote goes before it does.
 * Removed at once, it would take the majority with it when another has just fallen silent.
 */
export class Release {
  readonly #owner: ReleaseOwner;

  constructor(owner: ReleaseOwner) {
    this.#owner = owner;
  }

  /** Has the master let a voter go, whoever the master is meanwhile. */
  async run(node: NodeId): Promise<HandedOver> {
    const { ports: { clock }, patienceMs, call } = this.#owner;
    const giveUpAt = clock.now() + patienceMs;
    let silent: NodeId[] = [];
    while (!this.#owner.isStopped && clock.now() < giveUpAt) {
      const { master } = this.#owner;
      const leftMs = Math.ceil(giveUpAt - clock.now());
      try {
        if (master !== undefined) {
          const answer = await call(master, RELEASE_SERVICE, { node, forMs: leftMs }, leftMs + 1);
          const released = readAnswer(answer);
          if (released.ok) return released;
          silent = released.silent;
        }
      } catch (error) {
        // An older master lets a voter go when it is gone.
        if (error instanceof ClusterError && error.code === "UNKNOWN_SERVICE") return { ok: true };
      }
      await this.#pause(LEAVING_RETRY_MS);
    }
    return { ok: false, silent };
  }

  /** Serves it, as the master: `{node, forMs}`. */
  async serve(body: Json): Promise<Json> {
    const { ports: { clock }, patienceMs, id } = this.#owner;
    const { node, forMs }: Record<string, unknown> = isObject(body) ? body : {};
    if (!isId(node)) throw new ClusterError("BAD_REQUEST", `"${RELEASE_SERVICE}" takes a "node"`);
    const waitMs = typeof forMs === "number" ? Math.min(forMs, patienceMs) : patienceMs;
    const giveUpAt = clock.now() + waitMs;
    let silent: NodeId[] = [];
    while (!this.#owner.isStopped && this.#owner.hasVote(node)) {
      if (this.#owner.master !== id) throw new ClusterError("NOT_MASTER", "Another node leads");
      silent = this.#owner.lets(node);
      if (clock.now() >= giveUpAt) return { ok: false, silent };
      await this.#pause(LEAVING_LOOK_MS);
    }
    return { ok: true };
  }

  #pause(pauseMs: Millis): Promise<void> {
    return new Promise((resolve) => this.#owner.ports.clock.setTimer(pauseMs, resolve));
  }
}

function readAnswer(answer: Json): HandedOver {
  if (!isObject(answer) || answer["ok"] === true) return { ok: true };
  const { silent } = answer;
  return { ok: false, silent: Array.isArray(silent) ? silent.filter(isId) : [] };
}
