import {
  type Clock,
  ClusterError,
  HANDSHAKE_MS,
  type Link,
  type Message,
  type Timer,
} from "../core/mod.ts";
import { errorMessage } from "../wire/mod.ts";
import {
  type Hello,
  type Host,
  judgeHello,
  type NodeName,
  parseHello,
  welcomeMessage,
} from "./handshake.ts";
import type { Connection, Peer } from "./connection.ts";

/** Connections that are refused at once for saying nothing: a millisecond or two, and as much when they close. */
const REFUSED_AT_ONCE = 8;
/** Milliseconds until the next are refused: 1,600 a second, which leaves most of the time to others. */
const REFUSE_PAUSE_MS = 5;

/** Who answers at the door. */
export interface LocalIdentity extends Host {
  /** Who and where it says it is. */
  self: NodeName;
  /** Which process of its node this is. */
  life: string;
}

/** What the front door needs of the node behind it. */
export interface AcceptorOwner {
  /** Its clock. */
  readonly clock: Clock;
  /** Who answers, as of now: while somebody waits at the door, the node may join a cluster. */
  localIdentity(): LocalIdentity;
  /**
   * Whether a member may come in.
   *
   * @throws {ClusterError} `NOT_A_MEMBER` or `SHUTTING_DOWN`.
   */
  checkOpen(hello: Hello): void;
  /** A member is let in over this link: it shows by which of our addresses others reach us. */
  welcoming(link: Link): void;
  /** Makes the connection of a link whose hello is good. */
  establish(link: Link, peer: Peer): Connection;
  /** A member opened a link, from its address as it says. */
  accept(connection: Connection, node: NodeName): void;
  /** Who opened it is a member already: it dialled the address that it knows of this node. */
  dialled(): void;
  /** Somebody was sent away, with its hello if it was understood. */
  rejected(link: Link, error: ClusterError, hello?: Hello): void;
}

/** Receives connections: the first message says who it is, in time, or it is refused with the reason. */
export class Acceptor {
  readonly #owner: AcceptorOwner;
  /** Those whose first message is awaited, and those who were refused and are not gone yet. */
  readonly #waiting = new Map<Link, Timer>();
  /** Those of them that took too long. */
  readonly #late = new Set<Link>();
  #lateTimer: Timer | undefined;
  #isStopped = false;
  #whenEmpty: (() => void) | undefined;

  /** Turns nobody away yet, and lets nobody in. */
  constructor(owner: AcceptorOwner) {
    this.#owner = owner;
  }

  /** Receives a connection. */
  receive(link: Link): void {
    const timer = this.#owner.clock.setTimer(HANDSHAKE_MS, () => this.#expire(link));
    this.#waiting.set(link, timer);
    if (this.#isStopped) return this.#refuse(link, new ClusterError("SHUTTING_DOWN", "It stopped"));
    link.attach({
      closed: () => this.#leave(link),
      message: (message, characters = 0) => {
        try {
          this.#greet(link, message, characters);
        } catch (error) {
          if (!(error instanceof ClusterError)) throw error;
          this.#refuse(link, error);
        }
      },
    });
  }

  /** Sends away all who still wait, and resolves when the last is gone. */
  async stop(reason: string): Promise<void> {
    const waiting = this.#isStopped ? [] : [...this.#waiting.keys()];
    this.#isStopped = true;
    this.#lateTimer?.cancel();
    this.#late.clear();
    for (const link of waiting) {
      this.#refuse(link, new ClusterError("SHUTTING_DOWN", reason));
    }
    if (this.#waiting.size > 0) await new Promise<void>((resolve) => this.#whenEmpty = resolve);
  }

  #greet(link: Link, message: Message, characters: number): void {
    const owner = this.#owner;
    if (link.mode === "lines" && message.type !== "hello") {
      const connection = owner.establish(link, {
        role: "client",
        node: undefined,
        channel: "data",
      });
      this.#leave(link);
      // Lines, typed by a person or an old program: what it says first is a message like those that follow.
      return connection.message(message, characters);
    }
    const hello = parseHello(message);
    let protocol: number;
    try {
      protocol = judgeHello(hello, owner.localIdentity());
      if (hello.role === "member") owner.checkOpen(hello);
    } catch (error) {
      if (!(error instanceof ClusterError)) throw error;
      return this.#refuse(link, error, hello);
    }
    if (hello.role === "member") owner.welcoming(link);
    const { cluster, self, life } = owner.localIdentity();
    link.send(welcomeMessage(protocol, cluster, self, life));
    link.batch = hello.batch && link.mode === "frames";
    const node = hello.role === "member" ? hello.node : undefined;
    const { role, channel } = hello;
    const connection = owner.establish(link, {
      role,
      node: node?.id,
      ...(node === undefined ? {} : { name: node.name }),
      channel,
    });
    this.#leave(link);
    if (node !== undefined) owner.accept(connection, node);
    if (node !== undefined && hello.cluster !== undefined) owner.dialled();
  }

  #refuse(link: Link, error: ClusterError, hello?: Hello): void {
    const { code } = error;
    this.#waiting.get(link)?.cancel();
    link.attach({ message: () => {}, closed: () => this.#leave(link) });
    const { id, life } = this.#owner.localIdentity();
    // The id lets a member tell "not ready yet" from "somebody else is at that address".
    const details = { ...error.details, node: id, ...(code === "SELF" ? { life } : {}) };
    link.send({ ...errorMessage(error), type: "refuse", details });
    link.close(error.message);
    this.#owner.rejected(link, error, hello);
  }

  /** Thousands that came at once are late at once: they are refused a few at a time, so that others have theirs. */
  #expire(link: Link): void {
    this.#late.add(link);
    this.#lateTimer ??= this.#owner.clock.setTimer(0, () => this.#refuseLate());
  }

  #refuseLate(): void {
    this.#lateTimer = undefined;
    const error = new ClusterError("TIMEOUT", `No whole first message within ${HANDSHAKE_MS} ms`);
    let refused = 0;
    for (const link of this.#late) {
      if (refused === REFUSED_AT_ONCE) break;
      this.#late.delete(link);
      // It may have said something meanwhile, or gone.
      if (!this.#waiting.has(link)) continue;
      this.#refuse(link, error);
      refused++;
    }
    if (this.#late.size === 0) return;
    this.#lateTimer = this.#owner.clock.setTimer(REFUSE_PAUSE_MS, () => this.#refuseLate());
  }

  #leave(link: Link): void {
    this.#waiting.get(link)?.cancel();
    this.#waiting.delete(link);
    if (this.#waiting.size === 0) this.#whenEmpty?.();
  }
}
