import {
  type Clock,
  ClusterError,
  type JsonObject,
  MASTER_WAIT_MS,
  type Millis,
  NO_QUORUM_WAIT_MS,
  type NodeId,
  SESSION_TTL_MS,
  sleep,
  WATCH_POLL_MS,
} from "../core/mod.ts";
import type {
  AnswerTo,
  AskOptions,
  GetRequest,
  ListRequest,
  StateEngine,
  StateRequest,
  WatchOutcome,
  WatchQuestion,
} from "./engine.ts";
import { resultOf } from "./outcome.ts";
import { leaderIsSlow, outcomeUnknown, Patience } from "./patience.ts";
import { type RequestId, RequestIds } from "./request_ids.ts";
import {
  type Command,
  type GetResult,
  type ListResult,
  type Outcome,
  type OutcomeOf,
  PROTOCOL_1_TABLES,
  type ReadOutcome,
  type TableRegistry,
} from "./store/mod.ts";

/** Milliseconds before a request that met no leader is tried again: an election takes tens. */
const RETRY_MS = 20;
/** Milliseconds that one try may take: a leader that is silent for so long is asked no more. */
const TRY_MS = 2_000;
/**
 * What a node answers that has done nothing, and never will: it did not even put the command into
 * its log.
 */
const REFUSALS: ReadonlySet<string> = new Set([
  "NOT_MASTER",
  "NO_QUORUM",
  "NOT_READY",
  "OVERLOADED",
]);

/** A request that was put to one node. */
export interface Attempt<Answer> {
  /** Resolves to the answer, or rejects when there is none. */
  readonly answer: Promise<Answer>;
  /** Waits for it no more: the answer is rejected. */
  giveUp(): void;
}

/** The way of requests to the nodes that can answer them. */
export interface StateRoute {
  /** Whether nothing is asked any more. */
  readonly isOver: boolean;
  /** Whether so many voters are dead that no leader can be elected: waiting would not help. */
  readonly isMajorityDead: boolean;
  /** Who leads; `undefined` while nobody does, as far as is known. */
  readonly leader: NodeId | undefined;
  /** Nodes that keep a copy of the state, for stale reads; this node first when it is one. */
  replicas(): readonly NodeId[];
  /** Asks a node once. */
  ask<Request extends StateRequest>(
    node: NodeId,
    request: Request,
    timeoutMs: Millis,
  ): Attempt<AnswerTo<Request>>;
  /**
   * The node that `leader` gave did not answer, or even said that it does not lead (`isDenied`).
   */
  failedBy(leader: NodeId, isDenied: boolean): void;
  /** The error of a request for which no leader was found. */
  noLeader(cause: unknown, isUnknown: boolean): ClusterError;
  /** What `status` shows of the state. */
  status(): JsonObject;
}

/**
 * The state that the voters of the cluster keep: requests are sent to their leader, again and again
 * until one has answered, for up to 3 s, or for as long as their caller has.
 *
 * Commands carry the number of their request, so that each is done once however often it is sent.
 * What was sent and never answered is of unknown outcome, and is told so.
 */
export class EmbeddedEngine implements StateEngine {
  readonly clock: Clock;
  readonly #route: StateRoute;
  readonly #registry: TableRegistry;
  /** What waits for the leader of now, and whom each asks. */
  readonly #attempts = new Map<Attempt<unknown>, NodeId>();
  /** Those whose leader was followed by another one. */
  readonly #overtaken = new WeakSet<Attempt<unknown>>();
  /** Ends every pause between two tries. */
  readonly #ending = new AbortController();
  #session: Promise<RequestIds> | undefined;
  /** Those of `#session`, once it is open. */
  #requestIds: RequestIds | undefined;

  /**
   * Asks along that route, for the commands that the registry knows.
   *
   * @param registry the tables of the state: they say which commands are harmless when repeated.
   */
  constructor(clock: Clock, route: StateRoute, registry: TableRegistry = PROTOCOL_1_TABLES) {
    this.clock = clock;
    this.#route = route;
    this.#registry = registry;
  }

  /**
   * A command that carries a session of its caller's own goes as it is: it may be sent through
   * another member.
   */
  apply<C extends Command>(command: C, options: AskOptions = {}): Promise<OutcomeOf<C>> {
    return this.#apply(command, options) as Promise<OutcomeOf<C>>;
  }

  get(request: GetRequest, options: AskOptions = {}): Promise<ReadOutcome<GetResult>> {
    return this.#ask(request, new Patience(this.clock, options), { failed: 0 });
  }

  list(request: ListRequest, options: AskOptions = {}): Promise<ReadOutcome<ListResult>> {
    return this.#ask(request, new Patience(this.clock, options), { failed: 0 });
  }

  watch(request: WatchQuestion, options: AskOptions = {}): Promise<WatchOutcome> {
    return this.#ask(request, new Patience(this.clock, options), { failed: 0 });
  }

  status(): JsonObject {
    return this.#route.status();
  }

  /**
   * Another node leads: what waits for an earlier leader is asked of this one, at once. An earlier
   * leader that is silent, and not dead, would keep it waiting.
   */
  leaderChanged(leader: NodeId): void {
    for (const [attempt, node] of [...this.#attempts]) {
      if (node === leader) continue;
      this.#overtaken.add(attempt);
      attempt.giveUp();
    }
  }

  /** Ends every pause between two tries: there is nobody to be asked any more. */
  stop(): void {
    this.#ending.abort();
  }

  async #apply(command: Command, options: AskOptions): Promise<Outcome> {
    const isRepeatable = this.#registry.find(command.type)?.rule.isRepeatable === true;
    const patience = new Patience(this.clock, options);
    if (isRepeatable || command.session !== undefined) {
      return await this.#ask({ op: "apply", command }, patience, { failed: 0 });
    }
    for (let isFirst = true;; isFirst = false) {
      const session = this.#session ??= this.#openSession();
      const opened = this.#requestIds;
      const now = opened?.takeNow();
      const { requestIds, id } = opened !== undefined && now !== undefined
        ? { requestIds: opened, id: now }
        : await this.#number(session, patience);
      const tries = { failed: 0 };
      try {
        const numbered = { ...command, ...id };
        const outcome = await this.#ask({ op: "apply", command: numbered }, patience, tries);
        const isExpired = !outcome.ok && outcome.error.code === "SESSION_EXPIRED";
        if (!isExpired) return outcome;
        // A node that was silent for long finds its session ended.
        if (this.#session === session) this.#forgetSession();
        if (tries.failed > 0) throw outcomeUnknown();
        if (!isFirst) return outcome;
      } finally {
        requestIds.give(id);
      }
    }
  }

  /** The session is for all who ask: it is opened on when this caller's time is over. */
  async #number(
    session: Promise<RequestIds>,
    patience: Patience,
  ): Promise<{ requestIds: RequestIds; id: RequestId }> {
    const taking = session.then(async (requestIds) => ({
      requestIds,
      id: await requestIds.take(),
    }));
    const taken = await patience.wait(taking);
    if (taken !== undefined) return taken;
    taking.then(({ requestIds, id }) => requestIds.give(id), () => {});
    throw this.#givenUp(undefined, false);
  }

  async #openSession(): Promise<RequestIds> {
    try {
      const outcome = await this.apply({ type: "session-open", ttlMs: SESSION_TTL_MS });
      return this.#requestIds = new RequestIds(resultOf(outcome).session);
    } catch (error) {
      this.#forgetSession();
      throw error;
    }
  }

  #forgetSession(): void {
    this.#session = undefined;
    this.#requestIds = undefined;
  }

  /** @param tries counts those that failed and may have been done all the same. */
  async #ask<Request extends StateRequest>(
    request: Request,
    patience: Patience,
    tries: { failed: number },
  ): Promise<AnswerTo<Request>> {
    const { clock } = this;
    const route = this.#route;
    const isStale = request.op !== "apply" && request.stale === true;
    let leaderAt = clock.now() + MASTER_WAIT_MS;
    while (true) {
      if (route.isOver) {
        throw new ClusterError("SHUTTING_DOWN", "This node is leaving the cluster");
      }
      patience.check();
      const node = isStale ? replicaOf(route, tries.failed) : route.leader;
      const triedAt = clock.now();
      let failure: unknown;
      if (node !== undefined) {
        const timeoutMs = tryMs(request, Math.min(leaderAt, patience.callerAt) - triedAt);
        try {
          return await this.#try(node, request, timeoutMs, isStale, patience.signal);
        } catch (error) {
          const isPassing = error instanceof ClusterError && error.retryable;
          if (!isPassing) throw error;
          // Another copy may be readable where this one is not.
          if (isStale || !REFUSALS.has(error.code)) tries.failed++;
          failure = error;
          if (!isStale) route.failedBy(node, error.code === "NOT_MASTER");
        }
      }
      // A watch may have waited for long at a leader that went only now.
      const hasWaited = request.op === "watch" && clock.now() - triedAt > RETRY_MS;
      if (hasWaited) leaderAt = clock.now() + MASTER_WAIT_MS;
      // Members that restart together find each other in moments; what is dead for longer stays
      // away.
      const isIdle = node === undefined || isNotReady(failure);
      const isHopeless = isIdle && route.isMajorityDead &&
        clock.now() >= leaderAt - MASTER_WAIT_MS + NO_QUORUM_WAIT_MS;
      const isUnknown = request.op === "apply" && tries.failed > 0;
      if (isHopeless || clock.now() >= leaderAt) throw this.#noLeader(failure, isUnknown);
      if (patience.isOver) throw this.#givenUp(failure, isUnknown);
      await this.#pause(patience.signal);
    }
  }

  /** Asks one node once; fails as `UNREACHABLE` when another leads before it has answered. */
  async #try<Request extends StateRequest>(
    node: NodeId,
    request: Request,
    timeoutMs: Millis,
    isStale: boolean,
    signal: AbortSignal | undefined,
  ): Promise<AnswerTo<Request>> {
    const attempt = this.#route.ask(node, request, timeoutMs);
    const giveUp = () => attempt.giveUp();
    signal?.addEventListener("abort", giveUp, { once: true });
    if (!isStale) this.#attempts.set(attempt, node);
    try {
      return await attempt.answer;
    } catch (error) {
      if (!this.#overtaken.has(attempt) || signal?.aborted === true) throw error;
      const reason = "Another node became the master before that one answered";
      throw new ClusterError("UNREACHABLE", reason, { cause: error });
    } finally {
      this.#attempts.delete(attempt);
      signal?.removeEventListener("abort", giveUp);
    }
  }

  /**
   * Waits before the next try, unless the caller gives up or there is nobody to be asked any more.
   */
  #pause(signal: AbortSignal | undefined): Promise<void> {
    const ending = this.#ending.signal;
    return sleep(
      this.clock,
      RETRY_MS,
      signal === undefined ? ending : AbortSignal.any([signal, ending]),
    );
  }

  /**
   * The caller's time is over: there is no majority, as far as this node knows, or the leader is
   * slow.
   */
  #givenUp(failure: unknown, isUnknown: boolean): ClusterError {
    const isRefused = isNotReady(failure) ||
      (failure instanceof ClusterError && failure.code === "NO_QUORUM");
    const isMissing = this.#route.leader === undefined || this.#route.isMajorityDead;
    return isRefused || isMissing
      ? this.#noLeader(failure, isUnknown)
      : leaderIsSlow(failure, isUnknown);
  }

  #noLeader(cause: unknown, isUnknown: boolean): ClusterError {
    return isNotReady(cause) ? cause : this.#route.noLeader(cause, isUnknown);
  }
}

/** @param failed how many tries have failed: one copy may be read where another may not yet. */
function replicaOf(route: StateRoute, failed: number): NodeId | undefined {
  const replicas = route.replicas();
  return replicas[failed % replicas.length];
}

/** Whether a node was there that may not answer yet. */
function isNotReady(failure: unknown): failure is ClusterError {
  return failure instanceof ClusterError && failure.code === "NOT_READY";
}

/**
 * The whole milliseconds that one try of a request may take; a watch is silent while nothing
 * happens.
 */
function tryMs(request: StateRequest, leftMs: Millis): Millis {
  if (request.op === "watch") return WATCH_POLL_MS + TRY_MS;
  return Math.max(1, Math.ceil(Math.min(TRY_MS, leftMs)));
}
