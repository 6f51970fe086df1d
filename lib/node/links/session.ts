import type { Link, LinkFailure, LinkHandler, Message, NodeId } from "../../core/mod.ts";
import { PendingCalls } from "../../services/mod.ts";
import type { CallContext, OutgoingCall } from "../calls/calls.ts";
import type { Channel } from "./handshake.ts";
import type { WaitingCall } from "../calls/waiting_call.ts";

/** What a session tells the node that owns it. */
export interface SessionOwner {
  message(session: Session, message: Message, characters: number): void;
  closed(session: Session, failure: LinkFailure): void;
}

/** Who is at the other end of an established link. */
export interface Peer {
  role: "member" | "client";
  /** The member's id; `undefined` for clients. */
  node: NodeId | undefined;
  /** What people call it, for errors; not there for clients. */
  name?: string;
  channel: Channel;
}

/** An established link: who is at the other end, and what is under way on it. */
export class Session implements LinkHandler {
  readonly link: Link;
  readonly peer: Readonly<Peer>;
  readonly #owner: SessionOwner;
  /** Calls that we made over this link. */
  readonly outgoing: PendingCalls<OutgoingCall> = new PendingCalls();
  /** Calls that wait for room on this link, the oldest first. */
  readonly waiting: Set<WaitingCall> = new Set();
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
  isParting = false;
  /** Whether we closed it: that the other side said good-bye is no reason to wait for it for ever. */
  #hasParted = false;
  /** Whether the link is over. */
  isOver = false;
  /** Watches that the other side has over this link: at most `WATCHES_PER_LINK`. */
  watches = 0;
  /** Guests that it introduced. */
  guests = 0;
  /** What to do when the session ends. */
  readonly onClosed: Array<() => void> = [];

  constructor(link: Link, peer: Peer, owner: SessionOwner) {
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

  /** Says that it closes on purpose, and closes. */
  part(reason: string): void {
    if (this.#hasParted) return;
    this.#hasParted = true;
    this.isParting = true;
    if (this.peer.role === "member") this.link.send({ type: "bye", reason });
    this.link.close(reason);
  }
}
