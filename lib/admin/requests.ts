import {
  ClusterError,
  isText,
  type JsonObject,
  type Message,
  REQUESTS_PER_LINK,
  WATCHERS,
  WATCHES_PER_LINK,
} from "../core/mod.ts";
import { errorMessage, failureOf, numberOf } from "../wire/mod.ts";
import type { NodeEvent } from "../node/mod.ts";
import { membersPage, type MembersView } from "../membership/mod.ts";
import type { Session } from "../transport/mod.ts";

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
  on(listener: (event: NodeEvent) => void): () => void;
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
export class Requests {
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
  async answer(session: Session, message: Message): Promise<void> {
    const id = numberOf(message);
    try {
      if (message.type === "watch") return this.#watch(session, id);
      if (message.type === "leave") {
        return void await this.#node.leave("asked to leave", {
          isForced: message["force"] === true,
          // The answer goes out before the links close.
          leaves: () => session.send({ type: "leave", ...id }),
        });
      }
      const single = Object.hasOwn(SINGLE, message.type) ? SINGLE[message.type] : undefined;
      if (single === undefined) {
        throw new ClusterError("UNKNOWN_TYPE", `This version knows no "${message.type}" message`);
      }
      if (session.requests >= REQUESTS_PER_LINK) {
        const reason = `${REQUESTS_PER_LINK} requests of one link wait for other members already`;
        throw new ClusterError("OVERLOADED", reason);
      }
      const answer = single(this.#node, message);
      // What is known at once is answered at once: a person who types reads answers in order.
      const known = answer instanceof Promise ? await this.#later(session, answer) : answer;
      // A node's own `id` gives way to the request's, which a client waits for.
      session.send({ ...known, type: message.type, ...id });
    } catch (error) {
      session.send(errorMessage(failureOf(`The request "${message.type}"`, error), id));
    }
  }

  async #later(session: Session, answer: Promise<JsonObject>): Promise<JsonObject> {
    session.requests++;
    try {
      return await answer;
    } finally {
      session.requests--;
    }
  }

  /** Sends the state of now, then each change, until the link closes. */
  #watch(session: Session, id: { id?: number }): void {
    if (this.#watchers >= WATCHERS) {
      throw new ClusterError("OVERLOADED", `${WATCHERS} clients watch this node already`);
    }
    if (session.watches >= WATCHES_PER_LINK) {
      throw new ClusterError("OVERLOADED", `${WATCHES_PER_LINK} watches go over this link already`);
    }
    session.send({ type: "watch", ...id, ...membersPage(this.#node.membersView()) });
    session.watches++;
    this.#watchers++;
    const stop = this.#node.on((event) => {
      if (!session.link.isWritable) {
        stop();
        session.part("a watcher that does not read");
        return;
      }
      session.send({ type: "event", ...id, ...event });
    });
    session.onClosed.push(() => {
      this.#watchers--;
      stop();
    });
  }
}

function textOf(message: Message, field: string): string {
  const text = message[field];
  if (isText(text, 300)) return text;
  throw new ClusterError("BAD_REQUEST", `"${message.type}" needs a text "${field}"`);
}
