import {
  ClusterError,
  isInteger,
  type Json,
  type JsonObject,
  type NodeId,
  type Random,
  randomId,
  WATCH_POLL_MS,
} from "../core/mod.ts";
import type { ConsensusService } from "../consensus/mod.ts";
import type { CallContext } from "../rpc/mod.ts";
import {
  type AnswerTo,
  parseStateRequest,
  type StateAnswers,
  type StateRequest,
  type WatchOutcome,
  type WatchQuestion,
} from "./engine.ts";
import type { StateReplica } from "./state_replica.ts";
import { type Command, isIdTaken, type Outcome, type TableRegistry } from "./store/mod.ts";

/**
 * The service by which members use the state where it is: `{op: "apply" | "get" | "list" |
 * "watch"}`.
 */
export const STATE_SERVICE = "muster.state";

/** Serves the state that this node keeps: commands as the leader, reads as any that has a copy. */
export class StateService {
  readonly #replica: StateReplica;
  readonly #consensus: ConsensusService;
  readonly #registry: TableRegistry;
  readonly #random: Random;
  #lastWatch = 0;

  /**
   * @param registry the tables of the state: they say who may propose what.
   * @param random draws the ids of leases and sessions.
   */
  constructor(
    replica: StateReplica,
    consensus: ConsensusService,
    registry: TableRegistry,
    random: Random,
  ) {
    this.#replica = replica;
    this.#registry = registry;
    this.#consensus = consensus;
    this.#random = random;
  }

  /**
   * Serves a request of another member.
   *
   * @returns the answer, errors of the state included.
   * @throws {ClusterError} `BAD_REQUEST`, or as `answer`.
   */
  async serve(body: Json, context: Pick<CallContext, "signal">): Promise<Json> {
    const answer = await this.answer(parseStateRequest(body, STATE_SERVICE), context.signal);
    return answer as unknown as Json;
  }

  /**
   * Answers a request from this node's copy; what is given and answered may be shared with it.
   *
   * @param signal ends the waiting of a watch.
   * @throws {ClusterError} `NOT_MASTER`, `NO_QUORUM` or `NOT_READY` when this node cannot say.
   */
  async answer<Request extends StateRequest>(
    request: Request,
    signal?: AbortSignal,
  ): Promise<AnswerTo<Request>>;
  async answer(
    request: StateRequest,
    signal?: AbortSignal,
  ): Promise<StateAnswers[StateRequest["op"]]> {
    if (request.op === "apply") return await this.#propose(request.command);
    const { raft, master } = this.#consensus;
    if (!raft.hasState) {
      throw new ClusterError("NOT_MASTER", "This node keeps no copy of the state", {
        details: { leader: master ?? null },
      });
    }
    if (request.op === "watch") return await this.#watch(request, signal);
    if (request.stale !== true) await raft.read();
    raft.readiness.check();
    const { state } = this.#replica;
    return request.op === "get"
      ? state.get(request.key, request)
      : state.list(request.prefix, request);
  }

  /** What `status` shows of this node's copy. */
  status(): JsonObject {
    return { ...this.#replica.state.status() };
  }

  /**
   * Puts a command into the log. It holds all that replicas must agree on, so ids are drawn here,
   * once: those of another cluster, or of this one before a restore, do not mean a lease or session
   * of now by chance.
   */
  async #propose(command: Command): Promise<Outcome> {
    const { type } = command;
    const known = this.#registry.find(type);
    if (known?.rule.proposedBy !== "clients") {
      throw new ClusterError(
        "BAD_REQUEST",
        known === undefined
          ? `Unknown command "${String(type).slice(0, 64)}"`
          : `Nobody but the master proposes "${type}"`,
      );
    }
    const { rule, further } = known;
    if (further !== undefined) return await this.#proposeFurther(command, further);
    if (rule.drawsId !== true) return await this.#proposeNow(command);
    while (true) {
      const outcome = await this.#proposeNow({
        ...command,
        drawnId: randomId(this.#random),
      } as Command);
      if (!isIdTaken(outcome)) return outcome;
    }
  }

  #proposeNow(command: Command, table?: string): Promise<Outcome> {
    return this.#consensus.raft.propose(command as unknown as Json, table) as Promise<Outcome>;
  }

  /**
   * Proposes a command of a table that older nodes do not know: while there is one, the error names
   * it.
   */
  async #proposeFurther(command: Command, table: string): Promise<Outcome> {
    try {
      return await this.#proposeNow(command, table);
    } catch (error) {
      const missing = error instanceof ClusterError && error.code === "NOT_READY" &&
        error.details?.["missing"];
      if (!Array.isArray(missing)) throw error;
      const names = missing.map((node: NodeId) => this.#consensus.nameOf(node));
      throw new ClusterError(
        "NOT_READY",
        `Every voter and learner has to know the table "${table}", and ${names.join(", ")} ` +
          "has not said so: it is of an older version, or has not answered; start it with this " +
          "version, or remove it",
        { cause: error, details: { table, missing: names } },
      );
    }
  }

  /** Answers with news, or with none when there was none for a while: the caller asks again. */
  async #watch(request: WatchQuestion, signal?: AbortSignal): Promise<WatchOutcome> {
    const [replica, raft] = [this.#replica, this.#consensus.raft];
    const { fromRevision, waitMs } = request;
    // Without a revision the watch begins after the latest write that anybody was told of.
    if (fromRevision === undefined) await raft.read();
    raft.readiness.check();
    const id = `poll-${++this.#lastWatch}`;
    const added = replica.watches.add(id, request);
    if (!added.ok) return { ok: false, revision: replica.state.revision, error: added.error };
    try {
      if (!added.isReady) {
        await this.#news(id, isInteger(waitMs, 0, WATCH_POLL_MS) ? waitMs : WATCH_POLL_MS, signal);
      }
      const news = replica.watches.take(id);
      const { revision } = replica.state;
      if (news === undefined || !news.ok) {
        const error = news?.error ??
          { code: "SHUTTING_DOWN", message: "Ask again", retryable: true };
        return { ok: false, revision, error };
      }
      const { events, nextRevision, skip } = news;
      return { ok: true, revision, events, nextRevision, ...(skip === 0 ? {} : { skip }) };
    } finally {
      replica.watches.remove(id);
      replica.onNews(id, undefined);
    }
  }

  #news(id: string, waitMs: number, signal?: AbortSignal): Promise<void> {
    const replica = this.#replica;
    return new Promise((resolve) => {
      const timer = replica.clock.setTimer(waitMs, resolve);
      const wake = () => {
        timer.cancel();
        resolve();
      };
      replica.onNews(id, wake);
      if (signal?.aborted === true) wake();
      else signal?.addEventListener("abort", wake, { once: true });
    });
  }
}
