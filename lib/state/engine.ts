import {
  type Clock,
  ClusterError,
  isJsonObject,
  type Json,
  type JsonObject,
  type Millis,
} from "../core/mod.ts";
import type {
  Command,
  GetResult,
  KeyEvent,
  ListResult,
  Outcome,
  OutcomeOf,
  ReadOutcome,
  Selector,
} from "./store/mod.ts";

/**
 * The service by which clients use the state through any member: a {@linkcode StateRequest} as
 * JSON.
 */
export const KEY_VALUE_SERVICE = "muster.kv";

/** How to ask. */
export interface AskOptions {
  /**
   * Gives it up: the promise is rejected with `CANCELLED`, and whether a command was done is
   * unknown.
   */
  signal?: AbortSignal | undefined;
  /**
   * Milliseconds within which there is an answer: `NO_QUORUM` when there is no majority, else
   * `TIMEOUT`. Without it a request waits for 3 s for a leader to be elected.
   */
  timeoutMs?: Millis | undefined;
}

/** Has a command done. */
export interface ApplyRequest {
  /** Which request it is. */
  readonly op: "apply";
  /** What is to be done. */
  readonly command: Command;
}

/** At which revision a read is, and of whose copy. */
export interface ReadPlace {
  /** At an older revision. Default: the present. */
  readonly revision?: number;
  /** Any copy will do: possibly old, and readable without a majority. Default false. */
  readonly stale?: boolean;
}

/** Reads a key. */
export interface GetRequest extends ReadPlace {
  /** Which request it is. */
  readonly op: "get";
  /** Which key. */
  readonly key: string;
}

/** Reads a page of the keys with a prefix. */
export interface ListRequest extends ReadPlace {
  /** Which request it is. */
  readonly op: "list";
  /** What the keys begin with; empty: all. */
  readonly prefix: string;
  /** Entries at the most. Default and bound 1,000. */
  readonly limit?: number;
  /** Only keys behind this one. */
  readonly after?: string;
}

/** Asks for the changes from a revision on, or waits for the first. */
export type WatchQuestion = Selector & {
  readonly op: "watch";
  /** Default: the next revision. */
  readonly fromRevision?: number;
  /** How many changes of `fromRevision` are known already. Default 0. */
  readonly skip?: number;
  /**
   * Milliseconds to wait while there is no change, 20,000 at the most: then the answer has none.
   */
  readonly waitMs?: Millis;
  /** Any copy will do. Default false. */
  readonly stale?: boolean;
};

/** All that the shared state can be asked; on the wire it is the same, as JSON. */
export type StateRequest = ApplyRequest | GetRequest | ListRequest | WatchQuestion;

/** What a watch tells: the changes, and the revision from which to resume. */
export interface WatchBatch {
  /** In order; all of a revision or none. */
  events: KeyEvent[];
  /** From where to resume: all before has been told. */
  nextRevision: number;
}

/** What one answer to a watch brings: a revision that no frame takes comes in parts. */
export interface WatchAnswer extends WatchBatch {
  /**
   * How many changes of `nextRevision` have been told, too: the question for the next part says so.
   */
  skip?: number;
}

/** How a question for changes ended. `COMPACTED`: its details name the revision to resume from. */
export type WatchOutcome =
  | { ok: true; revision: number } & WatchAnswer
  | Extract<Outcome, { ok: false }>;

/** What answers each kind of request. */
export interface StateAnswers {
  /** What came of a command. */
  apply: Outcome;
  /** The key, or that there is none. */
  get: ReadOutcome<GetResult>;
  /** A page of keys. */
  list: ReadOutcome<ListResult>;
  /** The changes, perhaps none yet. */
  watch: WatchOutcome;
}

/** The answer to a request. */
export type AnswerTo<Request extends StateRequest> = StateAnswers[Request["op"]];

/**
 * The shared state, whoever keeps it: the voters of the cluster (embedded), or another program.
 *
 * Errors of the state are answers; what is thrown means that there is none. What is given and
 * answered may be shared with the state itself, so that nobody may change it: {@linkcode KvClient}
 * gives programs copies.
 */
export interface StateEngine {
  /** The clock that its leases are reckoned with. */
  readonly clock: Clock;
  /**
   * Has a command done, once however often that has to be sent: of keys, leases, locks, sessions or
   * a further table.
   *
   * @throws {ClusterError} `NO_QUORUM` when nobody answers: with `outcome: "unknown"` in its
   * details the command may have been done all the same; `TIMEOUT`, `CANCELLED`, `NOT_READY`.
   */
  apply<C extends Command>(command: C, options?: AskOptions): Promise<OutcomeOf<C>>;
  /** Reads a key: linearizable unless it is `stale`. */
  get(request: GetRequest, options?: AskOptions): Promise<ReadOutcome<GetResult>>;
  /** Reads a page of keys: linearizable unless it is `stale`. */
  list(request: ListRequest, options?: AskOptions): Promise<ReadOutcome<ListResult>>;
  /** Reads changes in order, without a gap and without a repetition, waiting for the first. */
  watch(request: WatchQuestion, options?: AskOptions): Promise<WatchOutcome>;
  /** What `status` shows of it. */
  status(): JsonObject;
  /**
   * Calls back whenever the way to the state broke, until the returned function is called. What
   * comes back in its place may be another cluster, and that must not be found out only at the next
   * keep-alive.
   */
  onLost?(callback: () => void): () => void;
}

/** Asks an engine what a request says. */
export function askEngine(
  engine: StateEngine,
  request: StateRequest,
  options?: AskOptions,
): Promise<StateAnswers[StateRequest["op"]]> {
  switch (request.op) {
    case "apply":
      return engine.apply(request.command, options);
    case "get":
      return engine.get(request, options);
    case "list":
      return engine.list(request, options);
    case "watch":
      return engine.watch(request, options);
  }
}

/**
 * The request that some JSON of the wire stands for. What its fields hold the state itself judges,
 * with an outcome.
 *
 * @param service what was asked, for the error.
 * @throws {ClusterError} `BAD_REQUEST` when it is none.
 */
export function parseStateRequest(body: Json, service: string): StateRequest {
  if (!isJsonObject(body)) throw new ClusterError("BAD_REQUEST", `"${service}" takes {"op": …}`);
  switch (body["op"]) {
    case "apply":
      if (isJsonObject(body["command"])) break;
      throw new ClusterError("BAD_REQUEST", '"apply" takes a "command"');
    case "get":
    case "list":
    case "watch":
      break;
    default:
      throw new ClusterError(
        "BAD_REQUEST",
        `"${service}" knows no op ${JSON.stringify(body["op"])}`,
      );
  }
  return body as unknown as StateRequest;
}
