import {
  type Address,
  CALL_TIMEOUT_MS,
  ClusterError,
  type ClusterId,
  formatAddress,
  JOIN_MS,
  type Json,
  type JsonObject,
  KNOWN_MEMBERS,
  MASTER_WAIT_MS,
  type Message,
  type Millis,
  parseAddress,
  type Ports,
  REDIAL_MS,
  sleep,
} from "../core/mod.ts";
import { readMembersView } from "../wire/mod.ts";
import type { CallFate, OutgoingRequest } from "../rpc/mod.ts";
import { type AnswerTo, KEY_VALUE_SERVICE, type StateRequest } from "../state/mod.ts";
import type { Client, ConnectBounds } from "./client.ts";
import { PinnedCluster } from "./pinned_cluster.ts";

/** Milliseconds before the members are tried again when none answered. */
const RETRY_MS = 100;
/** Failures of a call that was not started with which another member may do better. */
const PASSING: ReadonlySet<string> = new Set([
  "NO_CLUSTER",
  "NOT_A_MEMBER",
  "SHUTTING_DOWN",
  "UNREACHABLE",
]);

/** How long a request may take. */
export interface AskTimeouts {
  /** After which it fails with what failed last. */
  readonly timeoutMs: Millis;
  /** After which a member that is silent is given up for another. Default a little over 3 s. */
  readonly tryMs?: Millis;
  /** Gives it up. */
  readonly signal?: AbortSignal | undefined;
  /** Told of each try that failed and is made again. */
  readonly onFailure?: (error: ClusterError) => void;
}

/**
 * A client that outlives the member it talks to: it knows the others, and goes on through them, as
 * long as they are of the cluster that it began with.
 *
 * A request may so be served twice: only what is harmless when repeated is asked here.
 */
export class FailoverClient implements AsyncDisposable {
  readonly #ports: Ports;
  readonly #cluster: PinnedCluster;
  /** The next to try is the first; at most `KNOWN_MEMBERS`. */
  #addresses: Address[];
  #client: Client | undefined;
  #connecting: Promise<Client> | undefined;
  readonly #closing = new Set<Promise<void>>();
  readonly #onLost = new Set<() => void>();
  /** Aborted when it is closed: no request waits for its next try then. */
  readonly #over = new AbortController();
  #isClosed = false;

  private constructor(ports: Ports, addresses: readonly Address[]) {
    this.#ports = ports;
    this.#cluster = new PinnedCluster(ports);
    this.#addresses = [...addresses];
  }

  /**
   * Connects to the first of the addresses that answers, and learns of the other members. A node
   * that is still joining a cluster is waited for.
   *
   * @param bounds what ends the attempt as a whole.
   * @throws {ClusterError} `NO_CLUSTER`, also when it was given up, or `NOT_A_MEMBER` when a node
   * joins for too long.
   */
  static async connect(
    ports: Ports,
    addresses: readonly Address[],
    bounds: ConnectBounds = {},
  ): Promise<FailoverClient> {
    const lasting = new FailoverClient(ports, addresses);
    const { clock } = ports;
    const giveUpAt = clock.now() + Math.min(JOIN_MS, bounds.withinMs ?? Infinity);
    while (true) {
      const withinMs = bounds.withinMs && Math.max(1, Math.ceil(giveUpAt - clock.now()));
      try {
        await lasting.#learn(await lasting.#connect({ ...bounds, withinMs }));
        return lasting;
      } catch (error) {
        const isJoining = error instanceof ClusterError && error.code === "NOT_A_MEMBER";
        const isOver = bounds.signal?.aborted === true || clock.now() + RETRY_MS >= giveUpAt;
        if (!isJoining || isOver) throw error;
      }
      await sleep(clock, RETRY_MS, bounds.signal);
    }
  }

  /** The cluster that it began with. */
  get cluster(): ClusterId | undefined {
    return this.#cluster.id;
  }

  /** The name of the member that it goes through at present; `undefined` between two. */
  get member(): string | undefined {
    return this.#client?.node.name;
  }

  /**
   * Calls back whenever the link to a member broke: whoever believes in something should ask
   * whether it still is so.
   *
   * @returns what stops that.
   */
  onLost(callback: () => void): () => void {
    this.#onLost.add(callback);
    return () => void this.#onLost.delete(callback);
  }

  /**
   * Asks the shared state, through one member after another until one has an answer.
   *
   * @returns the state's outcome, its errors included.
   * @throws {ClusterError} `CANCELLED`, `OTHER_CLUSTER` when another cluster answers and ours does
   * not, or what failed last.
   */
  async ask<Request extends StateRequest>(
    request: Request,
    patience: AskTimeouts,
  ): Promise<AnswerTo<Request>> {
    const { signal } = patience;
    const body = request as unknown as Json;
    return await this.#anew(patience, async (client, timeoutMs) => {
      const answer = await client.call({ service: KEY_VALUE_SERVICE, body, timeoutMs, signal });
      return answer as unknown as AnswerTo<Request>;
    });
  }

  /**
   * Asks a member what it knows, through one after another until one answers.
   *
   * @returns the answer, without the fields of the envelope.
   * @throws {ClusterError} as `ask`.
   */
  async request(message: Message, patience: AskTimeouts): Promise<JsonObject> {
    return await this.#anew(patience, async (client, timeoutMs) => {
      const { type: _type, id: _id, ...answer } = await client.request(message, timeoutMs);
      return answer;
    });
  }

  /**
   * Calls a service. A call that may have been started is never made again: what became of it is
   * unknown then.
   *
   * @throws {ClusterError} the handler's, or as `ask`.
   */
  async call(request: OutgoingRequest): Promise<Json> {
    const { timeoutMs = CALL_TIMEOUT_MS, signal } = request;
    const fate: CallFate = { isUnstarted: true };
    const isOver = ({ code }: ClusterError) => !fate.isUnstarted || !PASSING.has(code);
    return await this.#anew({ timeoutMs, tryMs: timeoutMs, signal }, async (client, leftMs) => {
      fate.isUnstarted = true;
      return await client.call({ ...request, timeoutMs: leftMs, fate });
    }, isOver);
  }

  /**
   * What happens in the cluster: the members at first, then each change; and again from the
   * beginning whenever another member goes on telling.
   *
   * @throws {ClusterError} when no member has answered for a while, or another cluster does.
   */
  async *watch(patience: AskTimeouts): AsyncGenerator<Message, void, void> {
    const { signal } = patience;
    const ended = Promise.withResolvers<undefined>();
    const end = () => ended.resolve(undefined);
    signal?.addEventListener("abort", end, { once: true });
    try {
      while (signal?.aborted !== true) {
        const client = await this.#anew(patience, (connected) => Promise.resolve(connected));
        const stream = client.stream({ type: "watch" });
        try {
          while (true) {
            const next = await Promise.race([stream.next(), ended.promise]);
            if (next === undefined || next.done === true) return;
            yield next.value;
          }
        } catch (error) {
          const isPassing = error instanceof ClusterError && error.retryable;
          if (!isPassing || this.#isClosed) throw error;
          this.#drop(client);
        } finally {
          // One that waits for a message ends with its link alone: nobody waits for it here.
          void stream.return();
        }
      }
    } finally {
      signal?.removeEventListener("abort", end);
    }
  }

  /** @param isOver whether a failure that may pass is final all the same. */
  async #anew<T>(
    patience: AskTimeouts,
    attempt: (client: Client, timeoutMs: Millis) => Promise<T>,
    isOver: (error: ClusterError) => boolean = () => false,
  ): Promise<T> {
    const { clock } = this.#ports;
    const { timeoutMs, tryMs = MASTER_WAIT_MS + RETRY_MS, signal } = patience;
    const giveUpAt = clock.now() + timeoutMs;
    while (true) {
      let client: Client | undefined;
      checkWanted(signal);
      try {
        client = await this.#connected();
        const leftMs = Math.max(1, Math.ceil(Math.min(tryMs, giveUpAt - clock.now())));
        return await attempt(client, leftMs);
      } catch (error) {
        const isPassing = error instanceof ClusterError && error.retryable && !isOver(error);
        if (!isPassing || this.#isClosed || signal?.aborted === true) throw error;
        patience.onFailure?.(error);
        // Another member may be on the side of the majority.
        if (client !== undefined) this.#drop(client);
        if (clock.now() + RETRY_MS >= giveUpAt) throw error;
      }
      const over = this.#over.signal;
      await sleep(clock, RETRY_MS, signal === undefined ? over : AbortSignal.any([signal, over]));
    }
  }

  /** Closes the link, and gives up what is asked. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#over.abort();
    if (this.#client !== undefined) this.#drop(this.#client);
    await this.#connecting?.then((client) => client.close(), () => {});
    await Promise.all(this.#closing);
  }

  #connected(): Promise<Client> {
    if (this.#isClosed) throw new ClusterError("SHUTTING_DOWN", "The client is closed");
    if (this.#client !== undefined) return Promise.resolve(this.#client);
    this.#connecting ??= this.#connect()
      .then((client) => {
        void this.#learn(client);
        return client;
      })
      .finally(() => this.#connecting = undefined);
    return this.#connecting;
  }

  async #connect(bounds: ConnectBounds = {}): Promise<Client> {
    const client = await this.#cluster.connect(this.#addresses, REDIAL_MS, bounds);
    if (this.#isClosed) await client.close();
    else this.#use(client);
    return client;
  }

  #use(client: Client): void {
    this.#client = client;
    void client.closed.then(() => {
      if (this.#client !== client) return;
      this.#drop(client);
      if (this.#isClosed) return;
      for (const lost of [...this.#onLost]) lost();
    });
  }

  async #learn(client: Client): Promise<void> {
    try {
      const answer = await client.request({ type: "members" }, REDIAL_MS);
      const live = readMembersView(answer).members.filter(({ state }) => state === "alive");
      const known = new Map(this.#addresses.map((address) => [formatAddress(address), address]));
      for (const { address } of live) {
        if (known.size < KNOWN_MEMBERS) known.set(address, parseAddress(address));
      }
      this.#addresses = [...known.values()];
    } catch {
      // What it knows already has to do.
    }
  }

  #postpone(address: Address): void {
    const wanted = formatAddress(address);
    const isIt = (each: Address) => formatAddress(each) === wanted;
    this.#addresses = [
      ...this.#addresses.filter((each) => !isIt(each)),
      ...this.#addresses.filter(isIt),
    ];
  }

  #drop(client: Client): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    this.#postpone(parseAddress(client.node.address));
    const closing = client.close().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }
}

/** Throws `CANCELLED` when the caller gave up. */
function checkWanted(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw new ClusterError("CANCELLED", "The caller gave up", { cause: signal.reason });
}
