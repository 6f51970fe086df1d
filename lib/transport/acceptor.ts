import {
  type Clock,
  ClusterError,
  HANDSHAKE_MS,
  type Link,
  type Message,
  type NodeId,
  Signal,
  type Timer,
} from "../core/mod.ts";
import { errorMessage } from "../wire/mod.ts";
import { type Hello, judgeHello, parseHello, welcomeMessage } from "./handshake.ts";
import type { Connections } from "./connections.ts";
import type { LocalIdentity } from "./local_identity.ts";
import type { PeerPool } from "./peer_pool.ts";

/**
 * Connections that are refused at once for saying nothing: a millisecond or two, and as much when
 * they close.
 */
const REFUSED_AT_ONCE = 8;
/**
 * Milliseconds until the next are refused: 1,600 a second, which leaves most of the time to others.
 */
const REFUSE_PAUSE_MS = 5;

/** Who may come in, beside what the hello itself decides: set by who knows the members. */
export interface Gatekeeper {
  /** Whether the node of that id may not come back: an operator removed it. */
  isRemoved(node: NodeId): boolean;
  /**
   * Whether a member may come in now.
   *
   * @throws {ClusterError} `NOT_A_MEMBER` or `SHUTTING_DOWN`.
   */
  checkOpen(hello: Hello): void;
}

/**
 * Receives connections: the first message says who it is, in time, or it is refused with the
 * reason.
 */
export class Acceptor {
  /** What it is called. */
  readonly name = "acceptor";
  /** Who may come in. */
  gatekeeper: Gatekeeper = { isRemoved: () => false, checkOpen: () => {} };
  /** A member of the cluster opened a link: it dialled the address that it knows of this node. */
  readonly onDialled: Signal = new Signal();
  /** Somebody was sent away, with its hello if that was understood. */
  readonly onRejected: Signal<[link: Link, error: ClusterError, hello: Hello | undefined]> =
    new Signal();
  readonly #clock: Clock;
  readonly #local: LocalIdentity;
  readonly #connections: Connections;
  readonly #peers: PeerPool;
  /** Those whose first message is awaited, and those who were refused and are not gone yet. */
  readonly #waiting = new Map<Link, Timer>();
  /** Those of them that took too long. */
  readonly #late = new Set<Link>();
  #lateTimer: Timer | undefined;
  #isStopped = false;
  #whenEmpty: (() => void) | undefined;

  /**
   * Lets nobody in before it has a gatekeeper.
   *
   * @param local who answers.
   * @param peers gets the links that members open.
   */
  constructor(clock: Clock, local: LocalIdentity, connections: Connections, peers: PeerPool) {
    this.#clock = clock;
    this.#local = local;
    this.#connections = connections;
    this.#peers = peers;
  }

  /** Receives a connection. */
  receive(link: Link): void {
    const timer = this.#clock.setTimer(HANDSHAKE_MS, () => this.#expire(link));
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
    if (link.mode === "lines" && message.type !== "hello") {
      const peer = { role: "client", node: undefined, channel: "data" } as const;
      const connection = this.#connections.establish(link, peer);
      this.#leave(link);
      // Lines, typed by a person or an old program: what it says first is a message like those that
      // follow.
      return connection.message(message, characters);
    }
    const hello = parseHello(message);
    let protocol: number;
    try {
      const { id, cluster } = this.#local;
      const isRemoved = (node: NodeId) => this.gatekeeper.isRemoved(node);
      protocol = judgeHello(hello, { id, cluster, isRemoved });
      if (hello.role === "member") this.gatekeeper.checkOpen(hello);
    } catch (error) {
      if (!(error instanceof ClusterError)) throw error;
      return this.#refuse(link, error, hello);
    }
    if (hello.role === "member") this.#local.learn(link);
    const { cluster, self, life } = this.#local;
    link.send(welcomeMessage(protocol, cluster, self, life));
    link.batch = hello.batch && link.mode === "frames";
    const node = hello.role === "member" ? hello.node : undefined;
    const { role, channel } = hello;
    const connection = this.#connections.establish(link, {
      role,
      node: node?.id,
      ...(node === undefined ? {} : { name: node.name }),
      channel,
    });
    this.#leave(link);
    if (node === undefined) return;
    this.#peers.accept(connection, node.address);
    if (hello.cluster !== undefined) this.onDialled.emit();
  }

  #refuse(link: Link, error: ClusterError, hello?: Hello): void {
    const { code } = error;
    this.#waiting.get(link)?.cancel();
    link.attach({ message: () => {}, closed: () => this.#leave(link) });
    const { id, life } = this.#local;
    // The id lets a member tell "not ready yet" from "somebody else is at that address".
    const details = { ...error.details, node: id, ...(code === "SELF" ? { life } : {}) };
    link.send({ ...errorMessage(error), type: "refuse", details });
    link.close(error.message);
    this.onRejected.emit(link, error, hello);
  }

  /**
   * Thousands that came at once are late at once: they are refused a few at a time, so that others
   * have theirs.
   */
  #expire(link: Link): void {
    this.#late.add(link);
    this.#lateTimer ??= this.#clock.setTimer(0, () => this.#refuseLate());
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
    this.#lateTimer = this.#clock.setTimer(REFUSE_PAUSE_MS, () => this.#refuseLate());
  }

  #leave(link: Link): void {
    this.#waiting.get(link)?.cancel();
    this.#waiting.delete(link);
    if (this.#waiting.size === 0) this.#whenEmpty?.();
  }
}
