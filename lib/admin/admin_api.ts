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
import type { Connection, MessageHandler, Messages } from "../transport/mod.ts";

/** What requests may ask of the node. */
export interface RequestTarget {
  /** What `members` shows. */
  membersView(): MembersView;
  /** What `status` shows. */
  statusView(): JsonObject;
  /** What `why` shows: of a member, or of `master`. */
  historyOf(nodeText: string): Answer;
  /** Forces a member out, or forgets one that is gone. */
  removeMember(nodeText: string, isForced?: boolean): Promise<JsonObject>;
  /** The round-trip time between two members, as the first of them measures it. */
  roundTrip(fromText: string | undefined, toText: string): Promise<JsonObject>;
  /** `leaves` is called when it is certain. */
  leave(reason: string, how?: { isForced: boolean; leaves: () => void }): Promise<void>;
  /** Tells what happens from now on; the returned function ends that. */
  on(listener: EventListener): () => void;
}

/** An answer, or the promise of one. */
export type Answer = JsonObject | Promise<JsonObject>;

/** What one connection has asked that goes on. */
class UnderWay {
  /** Requests that wait for another member: at most `REQUESTS_PER_LINK`. */
  requests = 0;
  /** At most `WATCHES_PER_LINK`. */
  watches = 0;
}

/**
 * Answers the requests of clients and members: what people and programs ask of a node.
 *
 * An answer has the request's `type` and `id`; an error has `type: "error"` and that `id`.
 */
export class AdminApi {
  /** Its name among the parts. */
  readonly name = "admin";
  /** What people and programs ask. */
  readonly messages: Messages = {
    "members": this.#request((message) => {
      const after = message["after"] === undefined ? undefined : textOf(message, "after");
      return { ...membersPage(this.#node.membersView(), after) };
    }),
    "status": this.#request(() => this.#node.statusView()),
    "why": this.#request((message) => this.#node.historyOf(textOf(message, "node"))),
    "remove": this.#request((message) =>
      this.#node.removeMember(textOf(message, "node"), message["force"] === true)
    ),
    "rtt": this.#request((message) =>
      this.#node.roundTrip(
        message["from"] === undefined ? undefined : textOf(message, "from"),
        textOf(message, "to"),
      )
    ),
    "watch": {
      from: "anyone",
      receive: (connection, message) => this.#watch(connection, message),
    },
    // Between members a `leave` is the sender's own.
    "leave": {
      from: "client",
      receive: (connection, message) => void this.#leave(connection, message),
    },
  };
  readonly #node: RequestTarget;
  #watchers = 0;

  /** Answers for that node. */
  constructor(node: RequestTarget) {
    this.#node = node;
  }

  /** How many clients watch. */
  get watchers(): number {
    return this.#watchers;
  }

  /** A request with one answer, which has the type of the request. */
  #request(answerTo: (message: Message) => Answer): MessageHandler {
    return {
      from: "anyone",
      receive: (connection, message) => void answer(connection, message, answerTo),
    };
  }

  async #leave(connection: Connection, message: Message): Promise<void> {
    try {
      await this.#node.leave("asked to leave", {
        isForced: message["force"] === true,
        // The answer goes out before the links close.
        leaves: () => connection.send({ type: "leave", ...numberOf(message) }),
      });
    } catch (error) {
      refuse(connection, message, error);
    }
  }

  /** Sends the state of now, then each change, until the link closes. */
  #watch(connection: Connection, message: Message): void {
    const id = numberOf(message);
    const underWay = connection.slot(UnderWay);
    if (this.#watchers >= WATCHERS) {
      const reason = `${WATCHERS} clients watch this node already`;
      return refuse(connection, message, new ClusterError("OVERLOADED", reason));
    }
    if (underWay.watches >= WATCHES_PER_LINK) {
      const reason = `${WATCHES_PER_LINK} watches go over this link already`;
      return refuse(connection, message, new ClusterError("OVERLOADED", reason));
    }
    connection.send({ type: "watch", ...id, ...membersPage(this.#node.membersView()) });
    underWay.watches++;
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

async function answer(
  connection: Connection,
  message: Message,
  answerTo: (message: Message) => Answer,
): Promise<void> {
  const underWay = connection.slot(UnderWay);
  try {
    if (underWay.requests >= REQUESTS_PER_LINK) {
      const reason = `${REQUESTS_PER_LINK} requests of one link wait for other members already`;
      throw new ClusterError("OVERLOADED", reason);
    }
    const given = answerTo(message);
    // What is known at once is answered at once: a person who types reads answers in order.
    const known = given instanceof Promise ? await waitFor(given, underWay) : given;
    // A node's own `id` gives way to the request's, which a client waits for.
    connection.send({ ...known, type: message.type, ...numberOf(message) });
  } catch (error) {
    refuse(connection, message, error);
  }
}

async function waitFor(answer: Promise<JsonObject>, underWay: UnderWay): Promise<JsonObject> {
  underWay.requests++;
  try {
    return await answer;
  } finally {
    underWay.requests--;
  }
}

function refuse(connection: Connection, message: Message, error: unknown): void {
  const failure = failureOf(`The request "${message.type}"`, error);
  connection.send(errorMessage(failure, numberOf(message)));
}

function textOf(message: Message, field: string): string {
  const text = message[field];
  if (isNonEmptyString(text, 300)) return text;
  throw new ClusterError("BAD_REQUEST", `"${message.type}" needs a text "${field}"`);
}
