import {
  ClusterError,
  isId,
  isJsonObject,
  type Json,
  LEAVING_SAY_MS,
  type Millis,
  type NodeId,
  type Ports,
  sleep,
} from "../core/mod.ts";
import { LEAVING_LOOK_MS, LEAVING_RETRY_MS } from "./limits.ts";
import type { MemberCalls } from "../rpc/mod.ts";
import type { HandedOver } from "./voter_drain.ts";

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
  readonly rpc: MemberCalls;
  /** Whether a node has a vote, or may have: what only the master can say. */
  hasVote(node: NodeId): boolean;
  /** A voter is to go: says for which others it has to wait. */
  release(voter: NodeId): NodeId[];
  /** For which others a voter had to wait if it went, by what they acknowledged since then. */
  missedBy(voter: NodeId, since: Millis): NodeId[];
  /** Has the voters acknowledge something: resolves when a majority has. */
  confirm(): Promise<void>;
}

/**
 * How a voter is taken out that is to be removed: as one that leaves, and its vote goes before it
 * does. Removed at once, it would take the majority with it when another has just fallen silent.
 */
export class Release {
  readonly #owner: ReleaseOwner;

  constructor(owner: ReleaseOwner) {
    this.#owner = owner;
  }

  /** Has the master let a voter go, whoever the master is meanwhile. */
  async run(node: NodeId): Promise<HandedOver> {
    const { ports: { clock }, patienceMs } = this.#owner;
    const giveUpAt = clock.now() + patienceMs;
    let silent: NodeId[] = [];
    while (!this.#owner.isStopped && clock.now() < giveUpAt) {
      const forMs = Math.ceil(giveUpAt - clock.now());
      const released = await this.#ask({ node, forMs }, forMs + 1);
      if (released?.ok === true) return released;
      silent = released?.silent ?? silent;
      await sleep(this.#owner.ports.clock, LEAVING_RETRY_MS);
    }
    return { ok: false, silent };
  }

  /**
   * Waits until the others could do without a voter, which keeps its vote for now.
   *
   * @param isNeeded whether anybody has to be asked.
   * @param waits told once, if that takes long: whom it waits for.
   */
  async await(
    node: NodeId,
    isNeeded: () => boolean,
    waits: (silent: NodeId[]) => void,
  ): Promise<HandedOver> {
    const { ports: { clock }, patienceMs } = this.#owner;
    const startedAt = clock.now();
    let silent: NodeId[] = [];
    let hasSaid = false;
    while (!this.#owner.isStopped && isNeeded()) {
      if (clock.now() >= startedAt + patienceMs) return { ok: false, silent };
      const question = { node, forMs: LEAVING_RETRY_MS, isAsked: true };
      const answer = await this.#ask(question, LEAVING_SAY_MS);
      if (answer?.ok === true) return answer;
      silent = answer?.silent ?? silent;
      if (!hasSaid && clock.now() >= startedAt + LEAVING_SAY_MS) {
        hasSaid = true;
        waits(silent);
      }
      await sleep(this.#owner.ports.clock, LEAVING_RETRY_MS);
    }
    return { ok: true };
  }

  /** Asks the master; `undefined` when there is none, or it does not answer. */
  async #ask(body: Json, timeoutMs: Millis): Promise<HandedOver | undefined> {
    const { master, rpc } = this.#owner;
    if (master === undefined) return undefined;
    try {
      return readAnswer(await rpc.call(master, { service: RELEASE_SERVICE, body, timeoutMs }));
    } catch (error) {
      // An older master lets a voter go when it is gone.
      const isOlder = error instanceof ClusterError && error.code === "UNKNOWN_SERVICE";
      return isOlder ? { ok: true } : undefined;
    }
  }

  /**
   * Serves it, as the master: `{node, forMs}` lets the voter go, with `isAsked` it only says
   * whether the others could do without it.
   */
  async serve(body: Json): Promise<Json> {
    const { ports: { clock }, patienceMs, id } = this.#owner;
    const { node, forMs, isAsked }: Record<string, unknown> = isJsonObject(body) ? body : {};
    if (!isId(node)) throw new ClusterError("BAD_REQUEST", `"${RELEASE_SERVICE}" takes a "node"`);
    const waitMs = typeof forMs === "number" ? Math.min(forMs, patienceMs) : patienceMs;
    const startedAt = clock.now();
    const giveUpAt = startedAt + waitMs;
    if (isAsked === true) await this.#confirmed();
    let silent: NodeId[] = [];
    while (!this.#owner.isStopped && this.#owner.hasVote(node)) {
      if (this.#owner.master !== id) throw new ClusterError("NOT_MASTER", "Another node leads");
      if (isAsked !== true) silent = this.#owner.release(node);
      else {
        silent = this.#owner.missedBy(node, startedAt);
        if (silent.length === 0) return { ok: true };
      }
      if (clock.now() >= giveUpAt) return { ok: false, silent };
      await sleep(this.#owner.ports.clock, LEAVING_LOOK_MS);
    }
    return { ok: true };
  }

  /** Waits until a majority has acknowledged something, until the next look at the most. */
  #confirmed(): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        timer.cancel();
        resolve();
      };
      const timer = this.#owner.ports.clock.setTimer(LEAVING_LOOK_MS, end);
      this.#owner.confirm().then(end, end);
    });
  }
}

function readAnswer(answer: Json): HandedOver {
  if (!isJsonObject(answer) || answer["ok"] === true) return { ok: true };
  const { silent } = answer;
  return { ok: false, silent: Array.isArray(silent) ? silent.filter(isId) : [] };
}
