import type { Link, LinkFailure, LinkHandler, Message, Millis, NodeId } from "../core/mod.ts";
import { type CallContext, type OutgoingCall, PendingCalls, type QueuedCall } from "../rpc/mod.ts";
import type { Channel } from "./handshake.ts";

/** What a connection tells the node that owns it. */
export interface ConnectionOwner {
  message(connection: Connection, message: Message, characters: number): void;
  closed(connection: Connection, failure: LinkFailure): void;
}

/** Who is at the other end of an established link. */
export interface Peer {
  role: "member" | "client";
  /** The member's id; `undefined` for clients. */
  node: NodeId | undefined;
  /** What people call it, for errors; not there for clients. */
  name?: string;
  channel: Channel;
  /** Whether this node made the link: over a data link it is then the one that calls. */
  isDialled?: boolean;
}

/** An established link: who is at the other end, and what is under way on it. */
export class Connection implements LinkHandler {
  readonly link: Link;
  readonly peer: Readonly<Peer>;
  readonly #owner: ConnectionOwner;
  /** Calls that we made over this link. */
  readonly outgoing: PendingCalls<OutgoingCall> = new PendingCalls();
  /** Calls that wait for room on this link, the oldest first. */
  readonly waiting: Set<QueuedCall> = new Set();
  /** Calls of the other side that are being served and that it waits for, by its numbers. */
  readonly incoming: Map<number, CallContext> = new Map();
  /** Handlers that run for the other side, also for calls that it gave up: never fewer than `incoming`. */
  serving = 0;
  /** Characters of the calls of those handlers. */
  servingCharacters = 0;
  /** Requests of the other side that wait for another member: at most `REQUESTS_PER_LINK`. */
  requests = 0;
  /** Whether its request to join is being judged: one at a time, as the judge may have to dial. */
  isJoining = false;
  /** Whether anything came since the last look; the sweep reckons silence with it. */
  hasSpoken = true;
  /** Milliseconds without a message, as of the last look. */
  silentMs = 0;
  /** Whether one side said that it closes: the end is no evidence of a crash then. */
  isClosing = false;
  /** Whether a call of the other side was answered after we had said that we close. */
  isAnsweredLate = false;
  /** Called when a call that we made over it has ended; set once the other side says that it closes. */
  settled: (() => void) | undefined;
  /** When we said that we close it, as far as that matters; `-Infinity` before. */
  byeAt: Millis = -Infinity;
  #hasSaidBye = false;
  /** Whether we closed it: that the other side said good-bye is no reason to wait for it for ever. */
  #hasParted = false;
  /** Whether the link is over. */
  isOver = false;
  /** Watches that the other side has over this link: at most `WATCHES_PER_LINK`. */
  watches = 0;
  /** Guests that it introduced. */
  guests = 0;
  /** What to do when the connection ends. */
  readonly onClosed: Array<() => void> = [];

  constructor(link: Link, peer: Peer, owner: ConnectionOwner) {
    this.link = link;
    this.peer = peer;
    this.#owner = owner;
    link.attach(this);
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
   * Says that this link is going to be closed: the other side sends no call over it any more, waits for
   * its answers, and closes it. Until then it is read, and answered.
   *
   * @param isLeaving whether the node leaves its cluster: no call should come over another link either.
   */
  sayBye(reason: string, isLeaving = false, now = -Infinity): void {
    if (this.#hasSaidBye || this.isOver) return;
    this.#hasSaidBye = true;
    this.byeAt = now;
    this.isClosing = true;
    // A client need not know why else a link is closed, and the tutorial's programs know no "bye".
    if (this.peer.role === "member" || (isLeaving && this.guests === 0)) {
      this.link.send({ type: "bye", reason, ...(isLeaving ? { leaving: true } : {}) });
    }
  }

  /** The other side says so: our calls over this link end, then it is closed. */
  hearBye(reason: string): void {
    this.isClosing = true;
    if (this.peer.isDialled !== true || this.peer.channel !== "data") return;
    this.settled = () => {
      if (this.outgoing.size + this.waiting.size === 0) this.close(reason);
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
