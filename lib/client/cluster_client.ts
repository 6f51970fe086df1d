import {
  type Address,
  CALL_TIMEOUT_MS,
  ClusterError,
  type ClusterId,
  type Json,
  type JsonObject,
  type Message,
  type Millis,
  type NodeId,
  type Ports,
} from "../core/mod.ts";
import { type MembersView, type NodeEvent, readMembersView } from "../wire/mod.ts";
import type { CallOptions } from "../rpc/mod.ts";
import {
  type AnswerTo,
  type AskOptions,
  type Attempt,
  EmbeddedEngine,
  type KvClient,
  kvClientOf,
  type Lease,
  Leases,
  type Lock,
  type LockOptions,
  noQuorum,
  type StateRequest,
  type StateRoute,
} from "../state/mod.ts";
import { FailoverClient } from "./failover_client.ts";
import { MemberEngine } from "./member_engine.ts";

/** Milliseconds for which one member may be silent before another is asked. */
const TRY_MS: Millis = 1_000;
/**
 * Milliseconds that a watch looks for a member that goes on telling: a failover, and a machine that
 * starts.
 */
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
 * A program's way into a cluster of which it is no member: it needs no port of its own, is not
 * probed and cannot vote.
 *
 * It goes through one member, and through another when that leaves, dies or falls silent; but never
 * into another cluster (`OTHER_CLUSTER`). Reads and writes of the shared state are repeated until
 * they are answered, each write is done once; a call that may have been started is never repeated.
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
   * @throws {ClusterError} the handler's error, `UNKNOWN_SERVICE`, `UNKNOWN_MEMBER`, `TIMEOUT`, …;
   * with `outcome: "unknown"` in its details it may have been done all the same.
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
  readonly #engine: EmbeddedEngine;
  readonly #lasting: FailoverClient;
  readonly #leases: Leases;
  readonly #closing = new AbortController();
  #closed: Promise<void> | undefined;

  constructor(ports: Ports, lasting: FailoverClient) {
    this.#lasting = lasting;
    this.cluster = lasting.cluster as ClusterId;
    const engine = new MemberEngine(ports.clock, lasting);
    const isOver = () => this.#closing.signal.aborted;
    this.#engine = new EmbeddedEngine(ports.clock, new ClientRoute(engine, isOver));
    this.kv = kvClientOf(this.#engine);
    this.#leases = new Leases(engine);
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
    this.#engine.stop();
    await this.#lasting[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #eventOf(message: Message): ClusterEvent | undefined {
    const { type, id: _id, ...rest } = message;
    if (type === "event") return rest as unknown as NodeEvent;
    if (type !== "watch") return undefined;
    return { event: "members", through: this.member ?? "", view: readMembersView(rest) };
  }
}

/** A client's way to the state: whichever member is asked finds the leader itself. */
class ClientRoute implements StateRoute {
  readonly isMajorityDead = false;
  readonly leader = WHOEVER_LEADS;
  readonly #engine: MemberEngine;
  readonly #isOver: () => boolean;

  constructor(engine: MemberEngine, isOver: () => boolean) {
    this.#engine = engine;
    this.#isOver = isOver;
  }

  get isOver(): boolean {
    return this.#isOver();
  }

  replicas(): readonly NodeId[] {
    return [WHOEVER_LEADS];
  }

  ask<Request extends StateRequest>(
    _node: NodeId,
    request: Request,
    timeoutMs: Millis,
  ): Attempt<AnswerTo<Request>> {
    const ending = new AbortController();
    const answer = this.#engine.ask(request, { timeoutMs, signal: ending.signal });
    return { answer, giveUp: () => ending.abort() };
  }

  /** Another member is asked by then. */
  failedBy(): void {}

  /** What failed last says more than that there is no majority: perhaps nobody answers at all. */
  noLeader(cause: unknown, isUnknown: boolean): ClusterError {
    if (!(cause instanceof ClusterError)) {
      return noQuorum({ silent: [], left: [] }, cause, isUnknown);
    }
    const { code, message, retryable, details } = cause;
    const known = isUnknown ? { ...details, outcome: "unknown" } : details;
    return ClusterError.from({
      code,
      message,
      retryable,
      ...(known === undefined ? {} : { details: known }),
    });
  }

  status(): JsonObject {
    return this.#engine.status();
  }
}
