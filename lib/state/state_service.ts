import {
  ClusterError,
  isInteger,
  isJsonObject,
  type Json,
  type JsonObject,
  type NodeId,
  type Random,
  randomId,
  WATCH_POLL_MS,
} from "../core/mod.ts";
import { isIdTaken, type Outcome, type TableRegistry, type WatchRequest } from "./store/mod.ts";
import type { ConsensusService } from "../consensus/mod.ts";
import type { StateReplica } from "./state_replica.ts";
import type { CallContext } from "../rpc/mod.ts";

/** The service by which members use the state where it is: `{op: "apply" | "get" | "list" | "watch"}`. */
export const STATE_SERVICE = "muster.state";

/** Serves the state that this node keeps: commands as the master, reads as any that has a copy. */
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
   * Serves one request.
   *
   * @returns a state's outcome, errors of the state included.
   * @throws {ClusterError} `NOT_MASTER`, `NO_QUORUM` or `NOT_READY` when this node cannot say.
   */
  async serve(body: Json, context: Pick<CallContext, "signal">): Promise<Json> {
    if (!isJsonObject(body)) {
      throw new ClusterError("BAD_REQUEST", `"${STATE_SERVICE}" takes an object`);
    }
    const { op } = body;
    if (op === "apply") {
      return await this.#propose(body["command"] as Json) as unknown as Json;
    }
    if (op !== "get" && op !== "list" && op !== "watch") {
      throw new ClusterError("BAD_REQUEST", `"${STATE_SERVICE}" knows no op ${JSON.stringify(op)}`);
    }
    if (!this.#consensus.raft.hasState) {
      throw new ClusterError("NOT_MASTER", "This node keeps no copy of the state", {
        details: { leader: this.#consensus.master ?? null },
      });
    }
    if (op === "watch") return await this.#watch(body, context.signal);
    if (body["stale"] !== true) await this.#consensus.raft.read();
    this.#consensus.raft.readiness.check();
    return this.#read(op, body);
  }

  /**
   * Puts a command into the log. It holds all that replicas must agree on, so ids are drawn here, once: those of
   * another cluster, or of this one before a restore, do not mean a lease or session of now by chance.
   */
  async #propose(command: Json): Promise<Outcome> {
    const type = isJsonObject(command) ? command["type"] : undefined;
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
    if (rule.drawsId !== true) return await this.#consensus.raft.propose(command) as Outcome;
    while (true) {
      const drawn = { ...command as JsonObject, drawnId: randomId(this.#random) };
      const outcome = await this.#consensus.raft.propose(drawn as Json) as Outcome;
      if (!isIdTaken(outcome)) return outcome;
    }
  }

  /** Proposes a command of a table that older nodes do not know: while there is one, the error names it. */
  async #proposeFurther(command: Json, table: string): Promise<Outcome> {
    try {
      return await this.#consensus.raft.propose(command, table) as Outcome;
    } catch (error) {
      const missing = error instanceof ClusterError && error.code === "NOT_READY" &&
        error.details?.["missing"];
      if (!Array.isArray(missing)) throw error;
      const names = missing.map((node: NodeId) => this.#consensus.nameOf(node));
      throw new ClusterError(
        "NOT_READY",
        `Every voter and learner has to know the table "${table}", and ${names.join(", ")} ` +
          "has not said so: it is of an older version, or has not answered; start it with this version, or remove it",
        { cause: error, details: { table, missing: names } },
      );
    }
  }

  #read(op: "get" | "list", body: JsonObject): Json {
    const { state } = this.#replica;
    const { key, prefix, revision, limit, after } = body;
    const at = revision === undefined ? {} : { revision: revision as number };
    if (op === "get") return state.get(key as string, at) as unknown as Json;
    const page = {
      ...at,
      ...(limit === undefined ? {} : { limit: limit as number }),
      ...(after === undefined ? {} : { after: after as string }),
    };
    return state.list(prefix as string, page) as unknown as Json;
  }

  /** Answers with news, or with none when there was none for a while: the caller asks again. */
  async #watch(body: JsonObject, signal: AbortSignal): Promise<Json> {
    const [replica, raft] = [this.#replica, this.#consensus.raft];
    // Without a revision the watch begins after the latest write that anybody was told of.
    if (body["fromRevision"] === undefined) await raft.read();
    raft.readiness.check();
    const id = `poll-${++this.#lastWatch}`;
    const { key, prefix, fromRevision, skip: known, waitMs } = body;
    const request = { key, prefix, fromRevision, skip: known } as unknown as WatchRequest;
    const added = replica.watches.add(id, request);
    if (!added.ok) {
      return {
        ok: false,
        revision: replica.state.revision,
        error: added.error,
      } as unknown as Json;
    }
    try {
      if (!added.isReady) {
        await this.#news(id, isInteger(waitMs, 0, WATCH_POLL_MS) ? waitMs : WATCH_POLL_MS, signal);
      }
      const news = replica.watches.take(id);
      if (news === undefined || !news.ok) {
        const error = news?.error ??
          { code: "SHUTTING_DOWN", message: "Ask again", retryable: true };
        return { ok: false, revision: replica.state.revision, error } as unknown as Json;
      }
      const { events, nextRevision, skip } = news;
      return {
        ok: true,
        revision: replica.state.revision,
        events,
        nextRevision,
        ...(skip === 0 ? {} : { skip }),
      } as unknown as Json;
    } finally {
      replica.watches.remove(id);
      replica.onNews(id, undefined);
    }
  }

  #news(id: string, waitMs: number, signal: AbortSignal): Promise<void> {
    const replica = this.#replica;
    return new Promise((resolve) => {
      const timer = replica.clock.setTimer(waitMs, resolve);
      const wake = () => {
        timer.cancel();
        resolve();
      };
      replica.onNews(id, wake);
      if (signal.aborted) wake();
      else signal.addEventListener("abort", wake, { once: true });
    });
  }
}
