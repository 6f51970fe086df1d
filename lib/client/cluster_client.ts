import {
  type Address,
  CALL_TIMEOUT_MS,
  ClusterError,
  type ClusterId,
  type Json,
  type JsonObject,
  MASTER_WAIT_MS,
  type Message,
  type Millis,
  type NodeId,
  type Ports,
  WATCH_POLL_MS,
} from "../core/mod.ts";
import { type MembersView, type NodeEvent, readMembersView } from "../wire/mod.ts";
import type { CallOptions } from "../rpc/mod.ts";
import {
  type AskOptions,
  KvClient,
  type Lease,
  Leases,
  type Lock,
  type LockOptions,
} from "../state/mod.ts";
import { FailoverClient } from "./failover_client.ts";

/** Milliseconds for which one member may be silent before another is asked. */
const TRY_MS: Millis = 1_000;
/** Milliseconds that a watch looks for a member that goes on telling: a failover, and a machine that starts. */
const WATCH_PATIENCE_MS: Millis = 30_000;
/** Stands for whoever leads: the member that is asked finds the master itself. */
const WHOEVER_LEADS: NodeId = "master";

/** What {@linkcode ClusterClient.watch} tells. */
export type ClusterEvent =
  /** The members as they are: at first, and whenever another member goes on telling. */
  | { event: "members"; through: string; view: MembersView }
  /** Something happened. */
  | NodeEvent;

/**
 * A program's way into a cluster of which it is no member: it needs no port of its own, is not probed and
 * cannot vote.
 *
 * It goes through one member, and through another when that leaves, dies or falls silent; but never into
 * another cluster (`OTHER_CLUSTER`). Reads and writes of the shared state are repeated until they are answered,
 * each write is done once; a call that may have been started is never repeated.
 */
export interface ClusterClient extends AsyncDisposable {
  /** The cluster. */
  readonly cluster: ClusterId;
  /** The name of the member that it goes through at present; `undefined` between two. */
  readonly member: string | undefined;
  /** The small consistent state that the members share. */
  readonly kv: KvClient;
  /**
   * Calls a service of the member named, or of any that offers it.
   *
   * @returns the reply's body.
   * @throws {ClusterError} the handler's error, `UNKNOWN_SERVICE`, `UNKNOWN_MEMBER`, `TIMEOUT`, …; with
   * `outcome: "unknown"` in its details it may have been done all the same.
   */
  call(service: string, body?: Json, options?: CallOptions): Promise<Json>;
  /**
   * Acquires a lock that one holder in the cluster has at a time; see `Node.lock`.
   *
   * @throws {ClusterError} `LOCKED`, `CANCELLED`, `TIMEOUT`, `NO_QUORUM`.
   */
  lock(name: string, options?: LockOptions): Promise<Lock>;
  /**
   * Asks for a lease, and keeps it alive until it is revoked or lost; see `Node.lease`.
   *
   * @throws {ClusterError} `NO_QUORUM`.
   */
  lease(ttlMs?: Millis): Promise<Lease>;
  /** Who is there, as the asked member sees it. */
  members(options?: AskOptions): Promise<MembersView>;
  /**
   * What happens, from now on, until the loop over it ends or the signal comes.
   *
   * @throws {ClusterError} `NO_CLUSTER` when no member answers for 30 s, `OTHER_CLUSTER`.
   */
  watch(options?: { signal?: AbortSignal | undefined }): AsyncGenerator<ClusterEvent, void, void>;
  /** Releases locks and leases, and closes the link. */
  close(): Promise<void>;
}

/**
 * Connects to the first of the addresses at which a member answers.
 *
 * @param timeoutMs for the whole of it.
 * @throws {ClusterError} `NO_CLUSTER`, with what came of each address.
 */
export async function connectTo(
  ports: Ports,
  addresses: readonly Address[],
  timeoutMs: Millis,
): Promise<ClusterClient> {
  const lasting = await FailoverClient.connect(ports, addresses, { withinMs: timeoutMs });
  return new MemberlessClient(ports, lasting);
}

class MemberlessClient implements ClusterClient {
  readonly cluster: ClusterId;
  readonly kv: KvClient;
  readonly #lasting: FailoverClient;
  readonly #leases: Leases;
  readonly #closing = new AbortController();
  #closed: Promise<void> | undefined;

  constructor(ports: Ports, lasting: FailoverClient) {
    this.#lasting = lasting;
    this.cluster = lasting.cluster as ClusterId;
    this.kv = new KvClient({
      id: WHOEVER_LEADS,
      ports,
      isOver: () => this.#closing.signal.aborted,
      master: () => WHOEVER_LEADS,
      replicas: () => [WHOEVER_LEADS],
      rpc: {
        call: async (_, { body, timeoutMs = CALL_TIMEOUT_MS, signal }) =>
          await this.#ask(body as JsonObject, timeoutMs, signal) as unknown as Json,
      },
      isMajorityDead: () => false,
      missingVoters: () => ({ silent: [], left: [] }),
      keptHere: () => undefined,
      failedBy: () => {},
      gaveUp: (failure, isUnknown) => failureOf(failure, isUnknown),
    });
    this.#leases = new Leases({
      clock: ports.clock,
      onLost: (callback) => lasting.onLost(callback),
      ask: (body, withinMs, signal) => this.#ask(body, withinMs, signal),
    });
  }

  get member(): string | undefined {
    return this.#lasting.member;
  }

  call(service: string, body: Json = null, options: CallOptions = {}): Promise<Json> {
    return this.#lasting.call({ service, body, ...options });
  }

  lock(name: string, options: LockOptions = {}): Promise<Lock> {
    return this.#leases.lock(name, options);
  }

  lease(ttlMs?: Millis): Promise<Lease> {
    return this.#leases.lease(ttlMs);
  }

  async members(options: AskOptions = {}): Promise<MembersView> {
    const { timeoutMs = CALL_TIMEOUT_MS, signal } = options;
    const patience = { timeoutMs, tryMs: TRY_MS, signal };
    return readMembersView(await this.#lasting.request({ type: "members" }, patience));
  }

  async *watch(
    options: { signal?: AbortSignal | undefined } = {},
  ): AsyncGenerator<ClusterEvent, void, void> {
    const closing = this.#closing.signal;
    const signal = options.signal === undefined
      ? closing
      : AbortSignal.any([options.signal, closing]);
    const patience = { timeoutMs: WATCH_PATIENCE_MS, signal };
    for await (const message of this.#lasting.watch(patience)) {
      const event = this.#eventOf(message);
      if (event !== undefined) yield event;
    }
  }

  close(): Promise<void> {
    return this.#closed ??= this.#close();
  }

  async #close(): Promise<void> {
    await this.#leases.releaseAll();
    this.#closing.abort();
    this.kv.stop();
    await this.#lasting[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** A question that waits for news is silent while there is none. */
  #ask(body: JsonObject, withinMs: Millis, signal: AbortSignal | undefined) {
    const isWatch = body["op"] === "watch";
    const waitMs = typeof body["waitMs"] === "number" ? body["waitMs"] : WATCH_POLL_MS;
    const tryMs = isWatch ? waitMs + MASTER_WAIT_MS : TRY_MS;
    return this.#lasting.ask(body, { timeoutMs: Math.max(withinMs, tryMs), tryMs, signal });
  }

  #eventOf(message: Message): ClusterEvent | undefined {
    const { type, id: _id, ...rest } = message;
    if (type === "event") return rest as unknown as NodeEvent;
    if (type !== "watch") return undefined;
    return { event: "members", through: this.member ?? "", view: readMembersView(rest) };
  }
}

/** What failed last says more than that there is no majority: perhaps nobody answers at all. */
function failureOf(failure: unknown, isUnknown: boolean): ClusterError | undefined {
  if (!(failure instanceof ClusterError)) return undefined;
  const { code, message, retryable, details } = failure;
  const known = isUnknown ? { ...details, outcome: "unknown" } : details;
  return ClusterError.from({
    code,
    message,
    retryable,
    ...(known === undefined ? {} : { details: known }),
  });
}
