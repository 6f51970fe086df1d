import {
  type Address,
  ClusterError,
  formatAddress,
  JOIN_MS,
  type Json,
  type JsonObject,
  KNOWN_MEMBERS,
  MASTER_WAIT_MS,
  type Millis,
  parseAddress,
  type Ports,
  REDIAL_MS,
} from "../core/mod.ts";
import { type Client, type ConnectBounds, KEY_VALUE_SERVICE, PinnedCluster } from "../node/mod.ts";
import type { Outcome } from "../state/mod.ts";
import { readMembersView } from "./members_table.ts";

/** Milliseconds before the members are tried again when none answered. */
const RETRY_MS = 100;

/** How long a request may take. */
export interface AskPatience {
  /** After which it fails with what failed last. */
  readonly timeoutMs: Millis;
  /** After which a member that is silent is given up for another. Default a little over 3 s. */
  readonly tryMs?: Millis;
  readonly signal?: AbortSignal | undefined;
  /** Told of each try that failed and is made again. */
  readonly onFailure?: (error: ClusterError) => void;
}

/**
 * A client that outlives the member it talks to: it knows the others, and goes on through them, as long as they are
 * of the cluster that it began with.
 *
 * A request may so be served twice: only what is harmless when repeated is asked here.
 */
export class LastingClient implements AsyncDisposable {
  readonly #ports: Ports;
  readonly #cluster: PinnedCluster;
  /** The next to try is the first; at most `KNOWN_MEMBERS`. */
  #addresses: Address[];
  #client: Client | undefined;
  #connecting: Promise<Client> | undefined;
  readonly #closing = new Set<Promise<void>>();
  readonly #onLost = new Set<() => void>();
  #isClosed = false;

  private constructor(ports: Ports, addresses: readonly Address[]) {
    this.#ports = ports;
    this.#cluster = new PinnedCluster(ports);
    this.#addresses = [...addresses];
  }

  /**
   * Connects to the first of the addresses that answers, and learns of the other members. A node that is still
   * joining a cluster is waited for.
   *
   * @param bounds what ends the attempt as a whole.
   * @throws {ClusterError} `NO_CLUSTER`, also when it was given up, or `NOT_A_MEMBER` when a node joins for too long.
   */
  static async connect(
    ports: Ports,
    addresses: readonly Address[],
    bounds: ConnectBounds = {},
  ): Promise<LastingClient> {
    const lasting = new LastingClient(ports, addresses);
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
      await pause(ports);
    }
  }

  /**
   * Calls back whenever the link to a member broke: whoever believes in something should ask whether it still is so.
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
   * @throws {ClusterError} `CANCELLED`, `OTHER_CLUSTER` when another cluster answers and ours does not, or what
   * failed last.
   */
  async ask(body: JsonObject, patience: AskPatience): Promise<Outcome> {
    const { clock } = this.#ports;
    const { timeoutMs, tryMs = MASTER_WAIT_MS + RETRY_MS, signal } = patience;
    const giveUpAt = clock.now() + timeoutMs;
    while (true) {
      let client: Client | undefined;
      try {
        client = await this.#connected();
        const leftMs = Math.max(1, Math.ceil(Math.min(tryMs, giveUpAt - clock.now())));
        const request = {
          service: KEY_VALUE_SERVICE,
          body: body as Json,
          timeoutMs: leftMs,
          signal,
        };
        return await client.call(request) as unknown as Outcome;
      } catch (error) {
        const isPassing = error instanceof ClusterError && error.retryable;
        if (!isPassing || this.#isClosed) throw error;
        patience.onFailure?.(error);
        // Another member may be on the side of the majority.
        if (client !== undefined) this.#drop(client);
        if (clock.now() + RETRY_MS >= giveUpAt) throw error;
      }
      await pause(this.#ports);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
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

function pause({ clock }: Ports): Promise<void> {
  return new Promise((resolve) => void clock.setTimer(RETRY_MS, resolve));
}
