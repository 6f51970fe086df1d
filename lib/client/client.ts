import {
  type Address,
  CALL_TIMEOUT_MS,
  type Clock,
  ClusterError,
  type ClusterId,
  DIAL_MS,
  EVENTS_WAITING,
  formatAddress,
  isInteger,
  type Json,
  type LinkFailure,
  type Message,
  type Millis,
  type NodeId,
  type Ports,
} from "../core/mod.ts";
import {
  ConnectionCalls,
  OUTCOME_UNKNOWN,
  OutgoingCalls,
  type OutgoingRequest,
} from "../rpc/mod.ts";
import {
  Connection,
  type DialLimits,
  type FailedDial,
  helloMessage,
  type NodeName,
  openFirstLink,
  type Welcome,
} from "../transport/mod.ts";
import { wholeAnswer } from "./whole_answer.ts";
import { CLIENT_SILENCE_MS } from "./limits.ts";
import { SilenceWatch } from "./silence_watch.ts";

/**
 * What ends an attempt to connect as a whole, however many addresses there are, and who will do.
 */
export interface ConnectBounds extends Omit<DialLimits, "eachMs"> {
  /** The cluster that is meant; any by default. */
  readonly cluster?: ClusterId | undefined;
}

/** A program that uses a cluster without being a member: it talks through one member. */
export class Client implements AsyncDisposable {
  /** The member that it talks to. */
  readonly node: NodeName;
  /** The cluster of that member; `undefined` when it was still joining one. */
  readonly cluster: ClusterId | undefined;
  /** Resolves when the link is over, whoever ended it. */
  readonly closed: Promise<void>;
  readonly #clock: Clock;
  readonly #connection: Connection;
  readonly #silence: SilenceWatch;
  readonly #calls: ConnectionCalls;
  /** What takes the answers to requests, by the number of each, which no call has either. */
  readonly #requests = new Map<number, (answer: Message | ClusterError) => void>();
  #failure: ClusterError | undefined;

  private constructor(clock: Clock, link: Connection["link"], welcome: Welcome) {
    this.#clock = clock;
    this.node = welcome.node;
    this.cluster = welcome.cluster;
    this.#calls = new ConnectionCalls(clock);
    const node = welcome.node.id as NodeId;
    const peer = { role: "client", node, channel: "data", isDialled: true } as const;
    this.#connection = new Connection(link, peer, {
      message: (_, message) => this.#receive(message),
      closed: (_, failure) => this.#end(failure),
    });
    this.#silence = new SilenceWatch(clock, this.#connection, () => this.#giveUp());
    this.closed = new Promise((resolve) => this.#connection.onClosed.push(resolve));
  }

  /**
   * Connects to the first of the addresses that answers; they are tried overlapping.
   *
   * @param timeout for each address.
   * @param bounds what ends the attempt as a whole.
   * @throws {ClusterError} `NO_CLUSTER`, with what came of each address; `OTHER_CLUSTER` when
   * another cluster than the one meant answers.
   */
  static connect(
    ports: Pick<Ports, "clock" | "network">,
    addresses: readonly Address[],
    timeout: Millis = DIAL_MS,
    { cluster, ...bounds }: ConnectBounds = {},
  ): Promise<Client> {
    const hello = helloMessage({ role: "client", channel: "data", cluster });
    return new Promise((resolve, reject) => {
      openFirstLink(ports, addresses, hello, { ...bounds, eachMs: timeout }, {
        opened: (link, welcome) => resolve(new Client(ports.clock, link, welcome)),
        failed: (tried) => reject(strangerAmong(tried, cluster) ?? noMember(tried)),
      });
    });
  }

  /** Calls a service: of the member named, or of any that offers it. */
  call(request: OutgoingRequest): Promise<Json> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#connection.isClosing && !this.#connection.isOver) {
      const reason = `${this.node.name} is leaving the cluster; ask another member`;
      return Promise.reject(new ClusterError("SHUTTING_DOWN", reason));
    }
    return this.#calls.call(this.#connection, request);
  }

  /**
   * Asks the member something; the answer has the request's type. `members` that come in pages are
   * asked for until all are there.
   *
   * @param timeout for each page.
   */
  async request(message: Message, timeout: Millis): Promise<Message> {
    const first = await this.#ask(message, timeout);
    return await wholeAnswer(first, (after) => this.#ask({ type: "members", after }, timeout));
  }

  #ask(message: Message, timeout: Millis): Promise<Message> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      const id = this.#drawId();
      const timer = this.#clock.setTimer(timeout, () => {
        this.#requests.delete(id);
        reject(
          new ClusterError(
            "TIMEOUT",
            `No answer to "${message.type}" in ${timeout} ms`,
            OUTCOME_UNKNOWN,
          ),
        );
        this.#settled();
      });
      this.#requests.set(id, (answer) => {
        this.#requests.delete(id);
        timer.cancel();
        if (!(answer instanceof ClusterError)) resolve(answer);
        else if (answer !== this.#failure) reject(answer);
        else reject(new ClusterError("UNREACHABLE", answer.message, OUTCOME_UNKNOWN));
      });
      this.#connection.send({ ...message, id });
    });
  }

  /**
   * Asks for something that goes on: the first answer, then every message that follows. Whoever
   * does not read them in time has an error instead of a gap.
   */
  async *stream(message: Message): AsyncGenerator<Message, void, void> {
    if (this.#failure !== undefined) throw this.#failure;
    const id = this.#drawId();
    let queue: Array<Message | ClusterError> = [];
    let wake: (() => void) | undefined;
    this.#requests.set(id, (next) => {
      queue.push(next);
      if (queue.length >= EVENTS_WAITING) {
        this.#requests.delete(id);
        const reason = `${EVENTS_WAITING} messages of "${message.type}" were not read in time`;
        queue.push(new ClusterError("OVERLOADED", reason));
      }
      wake?.();
    });
    try {
      this.#connection.send({ ...message, id });
      while (true) {
        if (queue.length === 0) await new Promise<void>((resolve) => wake = resolve);
        const batch = queue;
        queue = [];
        for (const next of batch) {
          if (next instanceof ClusterError) throw next;
          // What changes meanwhile waits in the queue, behind the members that it changes.
          yield await wholeAnswer(
            next,
            (after) => this.#ask({ type: "members", after }, CALL_TIMEOUT_MS),
          );
        }
      }
    } finally {
      this.#requests.delete(id);
      this.#settled();
    }
  }

  /** Closes the link in order. */
  async close(): Promise<void> {
    this.#connection.close("done");
    await this.closed;
  }

  /** Closes the link in order. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #drawId(): number {
    return this.#connection.slot(OutgoingCalls).sent.draw();
  }

  #receive(message: Message): void {
    if (message.type === "ping") return void this.#connection.send({ type: "pong" });
    if (message.type === "bye") return this.#hearBye();
    const id = message["id"];
    if (!isInteger(id)) {
      if (message.type === "error") this.#failure ??= ClusterError.from(message);
      return;
    }
    const take = this.#requests.get(id);
    if (take === undefined) return this.#calls.receive(this.#connection, message);
    take(message.type === "error" ? ClusterError.from(message) : message);
    if (!this.#requests.has(id)) this.#settled();
  }

  /** The member closes, and lets us do it: once everything that it owes us is there. */
  #hearBye(): void {
    this.#connection.isClosing = true;
    this.#connection.settled = () => this.#settled();
    this.#settled();
  }

  #settled(): void {
    const { isClosing, awaited } = this.#connection;
    if (isClosing && awaited + this.#requests.size === 0) {
      this.#connection.close("the member says good-bye");
    }
  }

  /** The member is silent: nobody waits for it, nor for its link to be over in order. */
  #giveUp(): void {
    const seconds = CLIENT_SILENCE_MS / 1_000;
    this.#failure ??= new ClusterError(
      "UNREACHABLE",
      `${this.node.name} (${this.node.address}) has been silent for ${seconds} s: it hangs or cannot ` +
        "be reached; ask another member with --clusterip",
    );
    this.#fail({ kind: "timeout", message: `silent for ${seconds} s` });
    this.#connection.close("silent");
  }

  #end(failure: LinkFailure): void {
    this.#silence.stop();
    this.#failure ??= new ClusterError(
      "UNREACHABLE",
      `The link to ${this.node.name} is over: ${failure.message}`,
    );
    this.#fail(failure);
    this.#calls.stop();
  }

  /** Fails all that waits for the member. */
  #fail(failure: LinkFailure): void {
    const error = this.#failure as ClusterError;
    this.#calls.closed(this.#connection, failure);
    for (const take of this.#requests.values()) take(error);
  }
}

function noMember(tried: readonly FailedDial[]): ClusterError {
  const each = tried.map(({ address, failure }) =>
    `${formatAddress(address)} (${failure.message})`
  );
  if (tried.every(({ failure }) => failure.kind === "unpermitted")) {
    return new ClusterError("NOT_PERMITTED", `Cannot connect to ${each.join(", ")}`);
  }
  return new ClusterError(
    "NO_CLUSTER",
    `No member answers at ${each.join(", ")}; name one that runs with --clusterip HOST:PORT`,
    {
      details: {
        tried: tried.map(({ address, failure }) => ({
          address: formatAddress(address),
          reason: failure.message,
        })),
      },
    },
  );
}

/**
 * A stranger where a member was is an answer, as is a node that is not there yet; the silence of
 * others is none.
 */
function strangerAmong(
  tried: readonly FailedDial[],
  meant: ClusterId | undefined,
): ClusterError | undefined {
  const said = (code: string) => tried.find(({ refusal }) => refusal?.code === code);
  const stranger = said("OTHER_CLUSTER");
  if (stranger === undefined) return said("NOT_A_MEMBER")?.refusal;
  return new ClusterError(
    "OTHER_CLUSTER",
    `At ${formatAddress(stranger.address)} there is another cluster now than ${meant}, which ` +
      "this began with: its locks, leases and revisions mean nothing there; start it anew to use that one",
  );
}
