import { ClusterError, type LinkFailure, type Message } from "../core/mod.ts";
import { errorMessage, numberOf } from "../wire/mod.ts";
import type { Connection, ConnectionOwner } from "./connection.ts";

/**
 * Who may send a message, or call a service: members; clients, as who says no hello is one too; or
 * anyone.
 */
export type Sender = "member" | "client" | "anyone";

/** What answers the messages of one type. */
export interface MessageHandler {
  /** Who may send them: to others that type is unknown. */
  readonly from: Sender;
  /**
   * Takes one; an answer goes back over its connection.
   *
   * @param characters how long its text was.
   */
  receive(connection: Connection, message: Message, characters: number): void;
}

/** Handlers by the type of the messages that they answer. */
export type Messages = Readonly<Record<string, MessageHandler>>;

/** The same handler for messages of several types. */
export function oneHandler(types: readonly string[], handler: MessageHandler): Messages {
  return Object.fromEntries(types.map((type) => [type, handler]));
}

/** What the router knows of a part. */
export interface MessageReceiver {
  /** What the part is called. */
  readonly name: string;
  /** What it answers. */
  readonly messages?: Messages;
  /** A connection is over. */
  disconnected?(connection: Connection, failure: LinkFailure): void;
}

/** One type of messages, as it was registered. */
export interface RegisteredMessage {
  /** The type of the message. */
  readonly type: string;
  /** Who may send it. */
  readonly from: Sender;
  /** The part that answers it. */
  readonly part: string;
}

/**
 * Hands each message to the part that declares its type, if its sender may send it. One type may
 * mean two things, one when a member says it and one when a client does.
 */
export class Router implements ConnectionOwner {
  readonly #ofMembers = new Map<string, MessageHandler>();
  readonly #ofClients = new Map<string, MessageHandler>();
  readonly #registered: RegisteredMessage[] = [];
  readonly #parts: MessageReceiver[] = [];

  /**
   * Gives a part the messages that it declares.
   *
   * @throws {TypeError} when another part has one of them from the same senders already.
   */
  register(part: MessageReceiver): void {
    this.#parts.push(part);
    for (const [type, handler] of Object.entries(part.messages ?? {})) {
      const { from } = handler;
      const tables = [
        ...(from === "client" ? [] : [this.#ofMembers]),
        ...(from === "member" ? [] : [this.#ofClients]),
      ];
      if (tables.some((table) => table.has(type))) {
        const other = this.#registered.find((each) => each.type === type)?.part;
        throw new TypeError(`Both ${other} and ${part.name} declare the message "${type}"`);
      }
      for (const table of tables) table.set(type, handler);
      this.#registered.push({ type, from, part: part.name });
    }
  }

  /** All that is registered, in that order. */
  get registered(): readonly RegisteredMessage[] {
    return this.#registered;
  }

  /** Takes a message that came over a connection. */
  message(connection: Connection, message: Message, characters: number): void {
    const table = connection.peer.role === "member" ? this.#ofMembers : this.#ofClients;
    const handler = table.get(message.type);
    if (handler !== undefined) return handler.receive(connection, message, characters);
    const reason = `This version knows no "${message.type}" message`;
    connection.send(errorMessage(new ClusterError("UNKNOWN_TYPE", reason), numberOf(message)));
  }

  /** A connection is over: every part hears of it. */
  closed(connection: Connection, failure: LinkFailure): void {
    for (const part of this.#parts) part.disconnected?.(connection, failure);
  }
}
