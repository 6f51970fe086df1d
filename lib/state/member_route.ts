import {
  type Clock,
  type ClusterError,
  type Json,
  type JsonObject,
  type Millis,
  type NodeId,
} from "../core/mod.ts";
import { type ConsensusService, keptHere } from "../consensus/mod.ts";
import {
  cancelled,
  DeadlineSweep,
  type MemberCalls,
  type PendingCall,
  PendingCalls,
  timedOut,
} from "../rpc/mod.ts";
import type { Attempt, StateRoute } from "./embedded_engine.ts";
import type { AnswerTo, StateRequest } from "./engine.ts";
import { noQuorum } from "./patience.ts";
import { STATE_SERVICE, type StateService } from "./state_service.ts";

/** A request that this node answers itself, and what gives it up. */
interface OwnRequest extends PendingCall {
  readonly timeoutMs: Millis;
  fail(error: ClusterError): void;
}

/**
 * A member's way to the state: this node itself where it can answer, else the service of the one
 * that can.
 *
 * What this node answers itself does not pass through JSON, and costs no timer of its own.
 */
export class MemberRoute implements StateRoute {
  isOver = false;
  readonly #id: NodeId;
  readonly #clock: Clock;
  readonly #consensus: ConsensusService;
  readonly #service: StateService;
  readonly #rpc: MemberCalls;
  readonly #own = new PendingCalls<OwnRequest>();
  readonly #sweep: DeadlineSweep<PendingCalls<OwnRequest>>;

  /**
   * @param service answers what is asked of this node itself.
   */
  constructor(
    id: NodeId,
    clock: Clock,
    consensus: ConsensusService,
    service: StateService,
    rpc: MemberCalls,
  ) {
    this.#id = id;
    this.#clock = clock;
    this.#consensus = consensus;
    this.#service = service;
    this.#rpc = rpc;
    this.#sweep = new DeadlineSweep(clock, (own, now) => {
      for (const [, { fail, timeoutMs }] of own.expire(now)) {
        fail(timedOut(STATE_SERVICE, timeoutMs, { name: undefined }));
      }
      return own.earliest;
    });
  }

  get isMajorityDead(): boolean {
    return this.#consensus.isMajorityDead();
  }

  get leader(): NodeId | undefined {
    return this.#consensus.master;
  }

  replicas(): readonly NodeId[] {
    return this.#consensus.replicas();
  }

  ask<Request extends StateRequest>(
    node: NodeId,
    request: Request,
    timeoutMs: Millis,
  ): Attempt<AnswerTo<Request>> {
    if (node === this.#id) return this.#askHere(request, timeoutMs);
    const ending = new AbortController();
    const answer = this.#rpc.call(node, {
      service: STATE_SERVICE,
      body: request as unknown as Json,
      timeoutMs,
      signal: ending.signal,
    });
    return {
      answer: answer as Promise<unknown> as Promise<AnswerTo<Request>>,
      giveUp: () => ending.abort(),
    };
  }

  failedBy(leader: NodeId, isDenied: boolean): void {
    this.#consensus.reportFailure(leader, isDenied);
  }

  noLeader(cause: unknown, isUnknown: boolean): ClusterError {
    const consensus = this.#consensus;
    return noQuorum(
      consensus.missingVoters(),
      cause,
      isUnknown,
      keptHere(consensus.secondCopy()),
      consensus.paceAdvice(),
    );
  }

  status(): JsonObject {
    return this.#service.status();
  }

  /** Ends it: nothing is asked any more, and what this node was asked itself is left to end. */
  stop(): void {
    this.isOver = true;
    this.#sweep.stop();
  }

  #askHere<Request extends StateRequest>(
    request: Request,
    timeoutMs: Millis,
  ): Attempt<AnswerTo<Request>> {
    const { promise: answer, resolve, reject } = Promise.withResolvers<AnswerTo<Request>>();
    // Only a watch can be told that nobody waits for it any more.
    const ending = request.op === "watch" ? new AbortController() : undefined;
    const deadline = this.#clock.now() + timeoutMs;
    const fail = (error: ClusterError) => {
      this.#own.take(number);
      ending?.abort();
      reject(error);
    };
    const number = this.#own.add({ deadline, timeoutMs, fail });
    this.#sweep.watch(this.#own, deadline);
    this.#service.answer(request, ending?.signal).then((given) => {
      this.#own.take(number);
      resolve(given);
    }, (error) => {
      this.#own.take(number);
      reject(error);
    });
    return { answer, giveUp: () => fail(cancelled(STATE_SERVICE, undefined, true)) };
  }
}
