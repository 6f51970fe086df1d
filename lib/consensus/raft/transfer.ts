import type { Millis, NodeId } from "../../core/mod.ts";
import type { RequestId } from "./input.ts";
import type { Progress } from "./progress.ts";
import type { Replica } from "./replica.ts";

/**
 * Leadership on its way to another voter (D §3.10): brought up to date first, then told to start.
 */
export class Transfer {
  readonly request: RequestId;
  readonly to: NodeId;
  readonly deadline: Millis;
  readonly #replica: Replica;
  #isSent = false;

  constructor(replica: Replica, request: RequestId, to: NodeId) {
    this.#replica = replica;
    this.request = request;
    this.to = to;
    this.deadline = replica.now + replica.electionTimeoutMs;
  }

  /** Whether the other was told to start. */
  get isSent(): boolean {
    return this.#isSent;
  }

  /** Tells the other to start, once it has the whole log. */
  advance(progress: Progress | undefined): void {
    if (this.#isSent || progress === undefined) return;
    if (progress.match < this.#replica.log.lastIndex) return;
    this.#isSent = true;
    this.#replica.send(this.to, { type: "timeout-now", term: this.#replica.term });
  }

  /** It is over, one way or the other. */
  end(ok: boolean): void {
    this.#replica.emit({ type: "transferred", request: this.request, to: this.to, ok });
  }
}

/** The other voter that has most of the log: the heir of a leader that names none. */
export function mostAdvancedVoter(
  replica: Replica,
  progress: ReadonlyMap<NodeId, Progress>,
): NodeId | undefined {
  let best: NodeId | undefined;
  for (const voter of replica.otherVoters()) {
    const match = progress.get(voter)?.match ?? -1;
    if (best === undefined || match > (progress.get(best)?.match ?? -1)) best = voter;
  }
  return best;
}
