import { Heap, type Millis } from "../../core/mod.ts";

/** A timer of a machine: run once at `at`, unless it was cancelled. */
export interface MachineTimer {
  at: Millis;
  isCancelled: boolean;
  readonly run: () => void;
}

/** What a machine wants to do later; cancelled timers stay until they surface. */
export class Timers {
  readonly #heap = new Heap<MachineTimer>((a, b) => a.at < b.at);

  /** Runs `run` once `at` has come. */
  set(at: Millis, run: () => void): MachineTimer {
    const timer: MachineTimer = { at, isCancelled: false, run };
    this.#heap.push(timer);
    return timer;
  }

  /** When the next timer is due. */
  next(): Millis | undefined {
    while (this.#heap.top?.isCancelled) this.#heap.pop();
    return this.#heap.top?.at;
  }

  /** Runs what is due, in order; what that sets for now or earlier waits for the next call. */
  runDue(now: Millis): void {
    const due: MachineTimer[] = [];
    for (let at = this.next(); at !== undefined && at <= now; at = this.next()) {
      due.push(this.#heap.pop() as MachineTimer);
    }
    for (const timer of due) if (!timer.isCancelled) timer.run();
  }

  /** Puts everything off by `lateness`; adding the same to all keeps the heap in order. */
  shift(lateness: Millis): void {
    for (const timer of this.#heap.values()) timer.at += lateness;
  }

  /** Forgets everything. */
  clear(): void {
    this.#heap.clear();
  }
}
