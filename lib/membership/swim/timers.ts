import type { Millis } from "../../core/mod.ts";

/** A timer of a machine: run once at `at`, unless it was cancelled. */
export interface MachineTimer {
  at: Millis;
  isCancelled: boolean;
  readonly run: () => void;
}

/** What a machine wants to do later: a binary heap, in which cancelled timers stay until they surface. */
export class Timers {
  /** Each parent is due no later than its children. */
  readonly #heap: MachineTimer[] = [];

  /** Runs `run` once `at` has come. */
  set(at: Millis, run: () => void): MachineTimer {
    const timer: MachineTimer = { at, isCancelled: false, run };
    const heap = this.#heap;
    heap.push(timer);
    let child = heap.length - 1;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if ((heap[parent] as MachineTimer).at <= at) break;
      heap[child] = heap[parent] as MachineTimer;
      child = parent;
    }
    heap[child] = timer;
    return timer;
  }

  /** When the next timer is due. */
  next(): Millis | undefined {
    while (this.#heap[0]?.isCancelled) this.#pop();
    return this.#heap[0]?.at;
  }

  /** Runs what is due, in order; what that sets for now or earlier waits for the next call. */
  runDue(now: Millis): void {
    const due: MachineTimer[] = [];
    for (let at = this.next(); at !== undefined && at <= now; at = this.next()) {
      due.push(this.#pop());
    }
    for (const timer of due) if (!timer.isCancelled) timer.run();
  }

  /** Puts everything off by `lateness`; adding the same to all keeps the heap in order. */
  shift(lateness: Millis): void {
    for (const timer of this.#heap) timer.at += lateness;
  }

  /** Forgets everything. */
  clear(): void {
    this.#heap.length = 0;
  }

  #pop(): MachineTimer {
    const heap = this.#heap;
    const top = heap[0] as MachineTimer;
    const last = heap.pop() as MachineTimer;
    if (heap.length === 0) return top;
    let parent = 0;
    for (;;) {
      let child = parent * 2 + 1;
      if (child >= heap.length) break;
      const right = heap[child + 1];
      if (right !== undefined && right.at < (heap[child] as MachineTimer).at) child++;
      if ((heap[child] as MachineTimer).at >= last.at) break;
      heap[parent] = heap[child] as MachineTimer;
      parent = child;
    }
    heap[parent] = last;
    return top;
  }
}
