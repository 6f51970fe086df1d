import {
  ClusterError,
  isNonEmptyString,
  type JsonObject,
  type Message,
  REQUESTS_PER_LINK,
  WATCHERS,
  WATCHES_PER_LINK,
} from "../core/mod.ts";
import {
  errorMessage,
  type EventListener,
  failureOf,
  membersPage,
  type MembersView,
  numberOf,
} from "../wire/mod.ts";
import type { Connection } from "../transport/mod.ts";

/** What requests may ask of the node. */
export interface RequestTarget {
  membersView(): MembersView;
  statusView(): JsonObject;
  historyOf(nodeText: string): Answer;
  removeMember(nodeText: string, isForced?: boolean): Promise<JsonObject>;
  /** The round-trip time between two members, as the first of them measures it. */
  roundTrip(fromText: string | undefined, toText: string): Promise<JsonObject>;
  /** `leaves` is called when it is certain. */
  leave(reason: string, how?: { isForced: boolean; leaves: () => void }): Promise<void>;
  on(listener: EventListener): () => void;
}

type Answer = JsonObject | Promise<JsonObject>;

/** Requests with one answer, which has the type of the request. */
const SINGLE: Readonly<Record<string, (node: RequestTarget, message: Message) => Answer>> = {
  members: (node, message) => {
    const after = message["after"] === undefined ? undefined : textOf(message, "after");
    return { ...membersPage(node.membersView(), after) };
  },
  status: (node) => node.statusView(),
  why: (node, message) => node.historyOf(textOf(message, "node")),
  remove: (node, message) => node.removeMember(textOf(message, "node"), message["force"] === true),
  rtt: (node, message) =>
    node.roundTrip(
      message["from"] === undefined ? undefined : textOf(message, "from"),
      textOf(message, "to"),
    ),
};

/**
 * Answers the requests of clients and members: what people and programs ask of a node.
 *
 * An answer has the request's `type` and `id`; an error has `type: "error"` and that `id`.
 */
export class AdminApi {
  readonly #node: RequestTarget;
  #watchers = 0;

  constructor(node: RequestTarget) {
    this.#node = node;
  }

  /** How many clients watch. */
  get watchers(): number {
    return this.#watchers;
  }

  /** Answers one request. */
  async answer(connection: Connection, message: Message): Promise<void> {
    const id = numberOf(message);
    try {
      if (message.type === "watch") return this.#watch(connection, id);
      if (message.type === "leave") {
        return void await this.#node.leave("asked to leave", {
          isForced: message["force"] === true,
          // The answer goes out before the links close.
          leaves: () => connection.send({ type: "leave", ...id }),
        });
      }
      const single = Object.hasOwn(SINGLE, message.type) ? SINGLE[message.type] : undefined;
      if (single === undefined) {
        throw new ClusterError("UNKNOWN_TYPE", `This version knows no "${message.type}" message`);
      }
      if (connection.requests >= REQUESTS_PER_LINK) {
        const reason = `${REQUESTS_PER_LINK} requests of one link wait for other members already`;
        throw new ClusterError("OVERLOADED", reason);
      }
      const answer = single(this.#node, message);
      // What is known at once is answered at once: a person who types reads answers in order.
      const known = answer instanceof Promise ? await this.#later(connection, answer) : answer;
      // A node's own `id` gives way to the request's, which a client waits for.
      connection.send({ ...known, type: message.type, ...id });
    } catch (error) {
      connection.send(errorMessage(failureOf(`The request "${message.type}"`, error), id));
    }
  }

  async #later(connection: Connection, answer: Promise<JsonObject>): Promise<JsonObject> {
    connection.requests++;
    try {
      return await answer;
    } finally {
      connection.requests--;
    }
  }

  /** Sends the state of now, then each change, until the link closes. */
  #watch(connection: Connection, id: { id?: number }): void {
    if (this.#watchers >= WATCHERS) {
      throw new ClusterError("OVERLOADED", `${WATCHERS} clients watch this node already`);
    }
    if (connection.watches >= WATCHES_PER_LINK) {
      throw new ClusterError("OVERLOADED", `${WATCHES_PER_LINK} watches go over this link already`);
    }
    connection.send({ type: "watch", ...id, ...membersPage(this.#node.membersView()) });
    connection.watches++;
    this.#watchers++;
    const stop = this.#node.on((event) => {
      if (!connection.link.isWritable) {
        stop();
        connection.close("a watcher that does not read");
        return;
      }
      connection.send({ type: "event", ...id, ...event });
    });
    connection.onClosed.push(() => {
      this.#watchers--;
      stop();
    });
  }
}

function textOf(message: Message, field: string): string {
  const text = message[field];
  if (isNonEmptyString(text, 300)) return text;
  throw new ClusterError("BAD_REQUEST", `"${message.type}" needs a text "${field}"`);
}
