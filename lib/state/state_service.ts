import {
  ClusterError,
  isInteger,
  isJsonObject,
  type Json,
  type JsonObject,
  type Random,
  randomId,
  WATCH_POLL_MS,
} from "../core/mod.ts";
import { isIdTaken, type Outcome, PROTOCOL_1_TABLES, type WatchRequest } from "./store/mod.ts";
import type { ConsensusService } from "../consensus/mod.ts";
import type { EmbeddedEngine } from "./embedded_engine.ts";
import type { CallContext } from "../rpc/mod.ts";

/** The service by which members use the state where it is: `{op: "apply" | "get" | "list" | "watch"}`. */
export const STATE_SERVICE = "muster.state";

/** Serves the state that this node keeps: commands as the master, reads as any that has a copy. */
export class StateService {
  readonly #engine: EmbeddedEngine;
  readonly #consensus: ConsensusService;
  readonly #random: Random;
  #lastWatch = 0;

  /** @param random draws the ids of leases and sessions. */
  constructor(engine: EmbeddedEngine, consensus: ConsensusService, random: Random) {
    this.#engine = engine;
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
    const known = PROTOCOL_1_TABLES.find(type);
    if (known?.rule.proposedBy !== "clients") {
      throw new ClusterError(
        "BAD_REQUEST",
        known === undefined
          ? `Unknown command "${String(type).slice(0, 64)}"`
          : `Nobody but the master proposes "${type}"`,
      );
    }
    if (known.rule.drawsId !== true) return await this.#consensus.raft.propose(command) as Outcome;
    while (true) {
      const drawn = { ...command as JsonObject, drawnId: randomId(this.#random) };
      const outcome = await this.#consensus.raft.propose(drawn as Json) as Outcome;
      if (!isIdTaken(outcome)) return outcome;
    }
  }

  #read(op: "get" | "list", body: JsonObject): Json {
    const { state } = this.#engine;
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
    const [engine, raft] = [this.#engine, this.#consensus.raft];
    // Without a revision the watch begins after the latest write that anybody was told of.
    if (body["fromRevision"] === undefined) await raft.read();
    raft.readiness.check();
    const id = `poll-${++this.#lastWatch}`;
    const { key, prefix, fromRevision, skip: known, waitMs } = body;
    const request = { key, prefix, fromRevision, skip: known } as unknown as WatchRequest;
    const added = engine.watches.add(id, request);
    if (!added.ok) {
      return {
        ok: false,
        revision: engine.state.revision,
        error: added.error,
      } as unknown as Json;
    }
    try {
      if (!added.isReady) {
        await this.#news(id, isInteger(waitMs, 0, WATCH_POLL_MS) ? waitMs : WATCH_POLL_MS, signal);
      }
      const news = engine.watches.take(id);
      if (news === undefined || !news.ok) {
        const error = news?.error ??
          { code: "SHUTTING_DOWN", message: "Ask again", retryable: true };
        return { ok: false, revision: engine.state.revision, error } as unknown as Json;
      }
      const { events, nextRevision, skip } = news;
      return {
        ok: true,
        revision: engine.state.revision,
        events,
        nextRevision,
        ...(skip === 0 ? {} : { skip }),
      } as unknown as Json;
    } finally {
      engine.watches.remove(id);
      engine.onNews(id, undefined);
    }
  }

  #news(id: string, waitMs: number, signal: AbortSignal): Promise<void> {
    const engine = this.#engine;
    return new Promise((resolve) => {
      const timer = engine.clock.setTimer(waitMs, resolve);
      const wake = () => {
        timer.cancel();
        resolve();
      };
      engine.onNews(id, wake);
      if (signal.aborted) wake();
      else signal.addEventListener("abort", wake, { once: true });
    });
  }
}
