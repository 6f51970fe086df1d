import {
  type Clock,
  KEEP_ALIVE_MS,
  LINES_IDLE_MS,
  type Link,
  LINK_IDLE_MS,
  type Timer,
} from "../core/mod.ts";
import { type Peer, Session, type SessionOwner } from "./session.ts";

/** How often silence is looked at: one timer for all links. */
const SWEEP_MS = KEEP_ALIVE_MS / 3;

/** The established links of a node: asks the silent ones whether they are alive, closes the dead ones. */
export class Sessions {
  readonly #clock: Clock;
  readonly #owner: SessionOwner;
  readonly #sessions = new Set<Session>();
  #timer: Timer | undefined;

  constructor(clock: Clock, owner: SessionOwner) {
    this.#clock = clock;
    this.#owner = owner;
  }

  /** How many links are established. */
  get size(): number {
    return this.#sessions.size;
  }

  /** Makes a session of an open link; its messages go to the owner from now on. */
  establish(link: Link, peer: Peer): Session {
    const session = new Session(link, peer, this.#owner);
    this.#sessions.add(session);
    session.onClosed.push(() => this.#sessions.delete(session));
    this.#timer ??= this.#clock.setTimer(SWEEP_MS, () => this.#sweep());
    return session;
  }

  /**
   * Says on every link over which others call this node that it is going to be closed.
   *
   * @param isLeaving whether the node leaves its cluster.
   * @returns the links of which the other side may still wait for an answer, or would hear one.
   */
  sayBye(reason: string, isLeaving: boolean): Session[] {
    const calling = [...this.#sessions].filter(({ peer }) =>
      peer.isDialled !== true && (peer.role === "client" || peer.channel === "data")
    );
    for (const session of calling) session.sayBye(reason, isLeaving, this.#clock.now());
    return calling.filter(({ peer, incoming, isAnsweredLate }) =>
      peer.role === "member" || incoming.size > 0 || isAnsweredLate
    );
  }

  /** Closes all, in order, and resolves when the last is closed. */
  async stop(reason: string): Promise<void> {
    this.#timer?.cancel();
    const ends = [...this.#sessions].map((session) =>
      new Promise<void>((resolve) => {
        session.onClosed.push(resolve);
        session.part(reason);
      })
    );
    await Promise.all(ends);
  }

  #sweep(): void {
    this.#timer = this.#sessions.size === 0
      ? undefined
      : this.#clock.setTimer(SWEEP_MS, () => this.#sweep());
    for (const session of this.#sessions) {
      session.silentMs = session.hasSpoken ? 0 : session.silentMs + SWEEP_MS;
      session.hasSpoken = false;
      const isTyped = session.link.mode === "lines";
      const idleMs = isTyped ? LINES_IDLE_MS : LINK_IDLE_MS;
      if (session.silentMs >= idleMs) session.part(`silent for ${idleMs} ms`);
      else if (session.silentMs >= KEEP_ALIVE_MS && !isTyped) session.send({ type: "ping" });
    }
  }
}
