import {
  type Clock,
  KEEP_ALIVE_MS,
  LINES_IDLE_MS,
  type Link,
  LINK_IDLE_MS,
  type Timer,
} from "../core/mod.ts";
import type { Messages } from "./router.ts";
import { Connection, type ConnectionOwner, type Peer } from "./connection.ts";

/** How often silence is looked at: one timer for all links. */
const SWEEP_MS = KEEP_ALIVE_MS / 3;

/**
 * The established links of a node: asks the silent ones whether they are alive, closes the dead
 * ones.
 */
export class Connections {
  /** Its name among the parts. */
  readonly name = "transport";
  /** What keeps a link alive. */
  readonly messages: Messages = {
    "ping": { from: "anyone", receive: (connection) => connection.send({ type: "pong" }) },
    // That it came is all that it says.
    "pong": { from: "anyone", receive: () => {} },
  };
  readonly #clock: Clock;
  readonly #owner: ConnectionOwner;
  readonly #sessions = new Set<Connection>();
  #timer: Timer | undefined;

  /** No link is open yet. */
  constructor(clock: Clock, owner: ConnectionOwner) {
    this.#clock = clock;
    this.#owner = owner;
  }

  /** How many links are established. */
  get size(): number {
    return this.#sessions.size;
  }

  /** Makes a connection of an open link; its messages go to the owner from now on. */
  establish(link: Link, peer: Peer): Connection {
    const connection = new Connection(link, peer, this.#owner);
    this.#sessions.add(connection);
    connection.onClosed.push(() => this.#sessions.delete(connection));
    this.#timer ??= this.#clock.setTimer(SWEEP_MS, () => this.#sweep());
    return connection;
  }

  /**
   * Says on every link over which others call this node that it is going to be closed.
   *
   * @param isLeaving whether the node leaves its cluster.
   * @returns the links of which the other side may still wait for an answer, or would hear one.
   */
  sayBye(reason: string, isLeaving: boolean): Connection[] {
    const calling = [...this.#sessions].filter(({ peer }) =>
      peer.isDialled !== true && (peer.role === "client" || peer.channel === "data")
    );
    for (const connection of calling) connection.sayBye(reason, isLeaving, this.#clock.now());
    return calling.filter(({ peer, owed }) => peer.role === "member" || owed > 0);
  }

  /** Closes all, in order, and resolves when the last is closed. */
  async stop(reason: string): Promise<void> {
    this.#timer?.cancel();
    const ends = [...this.#sessions].map((connection) =>
      new Promise<void>((resolve) => {
        connection.onClosed.push(resolve);
        connection.close(reason);
      })
    );
    await Promise.all(ends);
  }

  #sweep(): void {
    this.#timer = this.#sessions.size === 0
      ? undefined
      : this.#clock.setTimer(SWEEP_MS, () => this.#sweep());
    for (const connection of this.#sessions) {
      connection.silentMs = connection.hasSpoken ? 0 : connection.silentMs + SWEEP_MS;
      connection.hasSpoken = false;
      const isTyped = connection.link.mode === "lines";
      const idleMs = isTyped ? LINES_IDLE_MS : LINK_IDLE_MS;
      if (connection.silentMs >= idleMs) connection.close(`silent for ${idleMs} ms`);
      else if (connection.silentMs >= KEEP_ALIVE_MS && !isTyped) connection.send({ type: "ping" });
    }
  }
}
