import {
  invariant,
  type Link,
  type LinkFailure,
  type LinkHandler,
  type Message,
  type Millis,
  type NodeId,
} from "../core/mod.ts";
import type { Channel } from "./handshake.ts";

/** Whom a connection hands what comes. */
export interface ConnectionOwner {
  /** A message came, of so many characters of text. */
  message(connection: Connection, message: Message, characters: number): void;
  /** The connection is over. */
  closed(connection: Connection, failure: LinkFailure): void;
}

/** Who is at the other end of an established link. */
export interface Peer {
  /** Whether a member is at the other end, or a program that is none. */
  role: "member" | "client";
  /** The member's id; `undefined` for clients. */
  node: NodeId | undefined;
  /** What people call it, for errors; not there for clients. */
  name?: string;
  /** What the link is for. */
  channel: Channel;
  /** Whether this node made the link: over a data link it is then the one that calls. */
  isDialled?: boolean;
}

/** What a part keeps of one connection, and whether it has something under way there. */
export interface SlotState {
  /** How many answers this side waits for over it. */
  readonly awaited?: number;
  /** How many the other side waits for, or has not had the time to read. */
  readonly owed?: number;
}

/** The class of what a part keeps of each connection: it stands for the part. */
export type SlotClass<T extends object = object> = new (connection: Connection) => T;

/** An established link: who is at the other end, and what is under way on it. */
export class Connection implements LinkHandler {
  /** What it sends and reads through. */
  readonly link: Link;
  /** Who is at the other end. */
  readonly peer: Readonly<Peer>;
  readonly #owner: ConnectionOwner;
  /** What each part keeps of it, by the class of that. */
  readonly #slots = new Map<SlotClass, SlotState>();
  /** Whether anything came since the last look; the sweep reckons silence with it. */
  hasSpoken = true;
  /** Milliseconds without a message, as of the last look. */
  silentMs = 0;
  /** Whether one side said that it closes: the end is no evidence of a crash then. */
  isClosing = false;
  /**
   * Called when an answer that we waited for has come; set once the other side says that it closes.
   */
  settled: (() => void) | undefined;
  /** When we said that we close it, as far as that matters; `-Infinity` before. */
  byeAt: Millis = -Infinity;
  #hasSaidBye = false;
  /**
   * Whether we closed it: that the other side said good-bye is no reason to wait for it for ever.
   */
  #hasParted = false;
  /** Whether the link is over. */
  isOver = false;
  /** Whether the other side understands a good-bye: the programs of the tutorial do not. */
  knowsBye = true;
  /** What to do when the connection ends. */
  readonly onClosed: Array<() => void> = [];

  /** Takes the link over: what comes in goes to the owner. */
  constructor(link: Link, peer: Peer, owner: ConnectionOwner) {
    this.link = link;
    this.peer = peer;
    this.#owner = owner;
    link.attach(this);
  }

  /**
   * A part's own state of this connection, made when the part first asks for it.
   *
   * @param State the class of that state.
   */
  slot<T extends object>(State: SlotClass<T>): T {
    // Invariant: what is kept by a class is an instance of it.
    let state = this.#slots.get(State) as T | undefined;
    if (state === undefined) this.#slots.set(State, state = new State(this));
    return state;
  }

  /** How many answers this side waits for, as its parts reckon. */
  get awaited(): number {
    let count = 0;
    for (const { awaited } of this.#slots.values()) if (awaited !== undefined) count += awaited;
    return count;
  }

  /** How many answers the other side waits for, as the parts of this one reckon. */
  get owed(): number {
    let count = 0;
    for (const { owed } of this.#slots.values()) if (owed !== undefined) count += owed;
    return count;
  }

  /**
   * The member at the other end: who handles what only members may send need not ask whether it is
   * one.
   */
  get member(): NodeId {
    const { role, node } = this.peer;
    invariant(role === "member" && node !== undefined, "only members are asked for their id");
    return node;
  }

  message(message: Message, characters = 0): void {
    this.hasSpoken = true;
    this.#owner.message(this, message, characters);
  }

  closed(failure: LinkFailure): void {
    this.isOver = true;
    this.#owner.closed(this, failure);
    for (const callback of this.onClosed.splice(0)) callback();
  }

  /** Sends one message; see `Link.send`. */
  send(message: Message): boolean {
    return this.link.send(message);
  }

  /**
   * Says that this link is going to be closed: the other side sends no call over it any more, waits
   * for its answers, and closes it. Until then it is read, and answered.
   *
   * @param isLeaving whether the node leaves its cluster: no call should come over another link
   * either.
   */
  sayBye(reason: string, isLeaving = false, now = -Infinity): void {
    if (this.#hasSaidBye || this.isOver) return;
    this.#hasSaidBye = true;
    this.byeAt = now;
    this.isClosing = true;
    // A client need not know why else a link is closed.
    if (this.peer.role === "member" || (isLeaving && this.knowsBye)) {
      this.link.send({ type: "bye", reason, ...(isLeaving ? { leaving: true } : {}) });
    }
  }

  /** The other side says so: what we wait for over this link ends, then it is closed. */
  hearBye(reason: string): void {
    this.isClosing = true;
    if (this.peer.isDialled !== true || this.peer.channel !== "data") return;
    this.settled = () => {
      if (this.awaited === 0) this.close(reason);
    };
    this.settled();
  }

  /** Says that it closes on purpose, and closes. */
  close(reason: string): void {
    if (this.#hasParted) return;
    this.#hasParted = true;
    this.sayBye(reason);
    this.link.close(reason);
  }
}
