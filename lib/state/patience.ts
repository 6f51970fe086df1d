import { ANSWER_MARGIN_MS, type Clock, ClusterError, type Millis } from "../core/mod.ts";
import {
  missingAdvice,
  missingText,
  type MissingVoters,
  type PaceAdvice,
} from "../consensus/mod.ts";
import type { AskOptions } from "./engine.ts";

/** How long a request goes on: its caller may have less time than an election takes. */
export class Patience {
  readonly signal: AbortSignal | undefined;
  /** When the caller must have an answer, on our clock, less what its way back takes. */
  readonly callerAt: Millis;
  readonly #clock: Clock;

  /** Begins now. */
  constructor(clock: Clock, { signal, timeoutMs }: AskOptions) {
    this.#clock = clock;
    this.signal = signal;
    this.callerAt = timeoutMs === undefined
      ? Infinity
      : clock.now() + timeoutMs - Math.min(ANSWER_MARGIN_MS, timeoutMs / 5);
  }

  /** Whether the caller's time is over. */
  get isOver(): boolean {
    return this.#clock.now() >= this.callerAt;
  }

  /** Throws `CANCELLED` when the caller gave up. */
  check(): void {
    if (this.signal?.aborted !== true) return;
    throw new ClusterError("CANCELLED", "The caller gave up", { cause: this.signal.reason });
  }

  /** What `work` comes to, or `undefined` when the caller's time is over first; `work` goes on. */
  async wait<T>(work: Promise<T>): Promise<T | undefined> {
    if (this.callerAt === Infinity) return await work;
    return await new Promise((resolve, reject) => {
      const delay = Math.max(0, this.callerAt - this.#clock.now());
      const timer = this.#clock.setTimer(delay, () => resolve(undefined));
      work.then(resolve, reject).finally(() => timer.cancel());
    });
  }
}

/** The error of a request for which no leader was found. */
export function noQuorum(
  missing: MissingVoters,
  cause: unknown,
  isUnknown: boolean,
  kept?: string,
  pace?: PaceAdvice,
): ClusterError {
  const doubt = isUnknown ? "; whether the command was done is unknown" : "";
  const gone = missingText(missing);
  const names = [...missing.silent, ...missing.left].map(({ name }) => name);
  const what = kept === undefined ? "" : `; ${kept}`;
  // Of nobody who is known to be missing there is nothing to advise either.
  const who = gone === undefined ? ": none is elected yet" : `: ${gone}`;
  const known = gone === undefined ? "" : `; ${missingAdvice(missing)}`;
  const advice = pace === undefined ? known : `; ${pace.text}`;
  return new ClusterError(
    "NO_QUORUM",
    `No majority of the voters agrees on a master${who}${advice}${what}${doubt}`,
    {
      cause,
      details: {
        missing: names,
        ...(pace === undefined ? {} : { roundTripMs: Math.round(pace.roundTripMs) }),
        ...(isUnknown ? { outcome: "unknown" } : {}),
      },
    },
  );
}

/** The error of a request that the leader did not answer in its caller's time. */
export function leaderIsSlow(cause: unknown, isUnknown: boolean): ClusterError {
  const doubt = isUnknown ? "; whether the command was done is unknown" : "";
  return new ClusterError("TIMEOUT", `The master did not answer in time${doubt}`, {
    cause,
    ...(isUnknown ? { details: { outcome: "unknown" } } : {}),
  });
}

/** An earlier try may have been done, and what would tell so is gone: once more might be twice. */
export function outcomeUnknown(): ClusterError {
  return new ClusterError(
    "UNREACHABLE",
    "Whether the command was done is unknown: the session ended before an answer came",
    { details: { outcome: "unknown" } },
  );
}
