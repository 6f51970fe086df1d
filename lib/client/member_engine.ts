import {
  type Clock,
  type JsonObject,
  MASTER_WAIT_MS,
  type Millis,
  WATCH_POLL_MS,
} from "../core/mod.ts";
import {
  type AnswerTo,
  type AskOptions,
  type Command,
  type GetRequest,
  type GetResult,
  type ListRequest,
  type ListResult,
  type OutcomeOf,
  type ReadOutcome,
  type StateEngine,
  type StateRequest,
  type WatchOutcome,
  type WatchQuestion,
} from "../state/mod.ts";
import type { AskTimeouts, FailoverClient } from "./failover_client.ts";

/** Milliseconds for which one member may be silent before another is asked. */
const TRY_MS: Millis = 1_000;

/** How long a request goes on, by the time that its caller has. */
export type TimeoutsOf = (request: StateRequest, withinMs: Millis) => AskTimeouts;

/**
 * The shared state as whoever is no member has it: through one member after another, which do what
 * there is to do.
 *
 * A request may so be made twice: a command has to be harmless when repeated, or numbered by its
 * caller.
 */
export class MemberEngine implements StateEngine {
  readonly clock: Clock;
  readonly #client: FailoverClient;
  readonly #timeoutsOf: TimeoutsOf;

  /** The state as the members keep it that the client reaches. */
  constructor(clock: Clock, client: FailoverClient, timeoutsOf: TimeoutsOf = timeoutsOfMember) {
    this.clock = clock;
    this.#client = client;
    this.#timeoutsOf = timeoutsOf;
  }

  apply<C extends Command>(command: C, options?: AskOptions): Promise<OutcomeOf<C>> {
    return this.ask({ op: "apply", command }, options) as Promise<OutcomeOf<C>>;
  }

  get(request: GetRequest, options?: AskOptions): Promise<ReadOutcome<GetResult>> {
    return this.ask(request, options);
  }

  list(request: ListRequest, options?: AskOptions): Promise<ReadOutcome<ListResult>> {
    return this.ask(request, options);
  }

  watch(request: WatchQuestion, options?: AskOptions): Promise<WatchOutcome> {
    return this.ask(request, options);
  }

  status(): JsonObject {
    return { kind: "member", through: this.#client.member ?? null };
  }

  onLost(callback: () => void): () => void {
    return this.#client.onLost(callback);
  }

  /** Asks one member after another until one has an answer. */
  ask<Request extends StateRequest>(
    request: Request,
    { timeoutMs = 0, signal }: AskOptions = {},
  ): Promise<AnswerTo<Request>> {
    return this.#client.ask(request, { ...this.#timeoutsOf(request, timeoutMs), signal });
  }
}

/** A question that waits for news is silent while there is none. */
function timeoutsOfMember(request: StateRequest, withinMs: Millis): AskTimeouts {
  const tryMs = request.op === "watch"
    ? (request.waitMs ?? WATCH_POLL_MS) + MASTER_WAIT_MS
    : TRY_MS;
  return { timeoutMs: Math.max(withinMs, tryMs), tryMs };
}
