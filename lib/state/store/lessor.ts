import { LEASE_STEP_MS, type Machine, type Millis } from "../../core/mod.ts";
import { EXPIRE_BATCH, EXPIRE_RETRY_MS } from "./limits.ts";
import type { Expire, Expired } from "./command.ts";
import type { ExpiryChange } from "./command_result.ts";

/** A lease or session that was granted or kept alive. */
export type ExpiryAlive = Extract<ExpiryChange, { type: "alive" }>;

/** What a `Lessor` is told. */
export type LessorInput =
  | { type: "tick" }
  /** This node leads: every lease and session of its state gets its full time, from now. */
  | { type: "elected"; alive: Iterable<ExpiryAlive> }
  /** This node leads no more. */
  | { type: "deposed" }
  | ExpiryChange;

/** Ask the log to commit the end of what outlived its time. */
export interface ProposeExpire {
  /** Which effect it is: the leader proposes what has run out. */
  type: "propose";
  /** What has run out. */
  command: Expire;
}

/** A lease or session under way. */
interface Timed {
  readonly kind: "lease" | "session";
  readonly id: number;
  counter: number;
  /** When it is over, or its expiry is proposed again. Never goes back. */
  deadline: Millis;
}

/** A place in the heap: `at <= timed.deadline`, as a keep-alive only moves the latter. */
interface Alarm {
  readonly at: Millis;
  readonly timed: Timed;
}

/** Dead alarms past which the heap is rebuilt: leases that were revoked long before their time. */
const HEAP_SLACK = 1_024;

/**
 * The leader's clock for leases and sessions: proposes their end when their time has passed.
 *
 * It only proposes. What ends them is the committed command, and only if nobody kept them alive
 * since.
 *
 * It reckons with a time of its own, which moves with the node's clock, but by no more than
 * `LEASE_STEP_MS` from one look to the next: a clock that leaps is no reason to believe that nobody
 * had a chance to be heard.
 */
export class Lessor implements Machine<LessorInput, ProposeExpire> {
  #isLeader = false;
  /** When it looked last, on the node's clock. */
  #lookedAt: Millis = -Infinity;
  /** Its own time then: all deadlines are of this. */
  #time: Millis = 0;
  readonly #timed = new Map<string, Timed>();
  /** A binary heap by `at`, with one alarm for each of `#timed`, and some dead ones. */
  #heap: Alarm[] = [];

  handle(now: Millis, input: LessorInput): ProposeExpire[] {
    this.#time += Math.max(0, Math.min(now - this.#lookedAt, LEASE_STEP_MS));
    this.#lookedAt = now;
    switch (input.type) {
      case "elected":
        this.#clear();
        this.#isLeader = true;
        for (const alive of input.alive) this.#keep(alive);
        break;
      case "deposed":
        this.#clear();
        this.#isLeader = false;
        break;
      case "alive":
        if (this.#isLeader) this.#keep(input);
        break;
      case "ended":
        this.#timed.delete(nameOf(input));
        this.#prune();
        break;
      case "tick":
        break;
    }
    return this.#due();
  }

  nextDeadline(): Millis | undefined {
    const first = this.#heap[0];
    if (first === undefined) return undefined;
    return this.#lookedAt + Math.min(first.at - this.#time, LEASE_STEP_MS / 2);
  }

  #clear(): void {
    this.#timed.clear();
    this.#heap = [];
  }

  #keep(alive: ExpiryAlive): void {
    const name = nameOf(alive);
    const deadline = this.#time + alive.ttlMs;
    const known = this.#timed.get(name);
    if (known !== undefined) {
      known.counter = alive.counter;
      known.deadline = Math.max(known.deadline, deadline);
      return;
    }
    const timed: Timed = { kind: alive.kind, id: alive.id, counter: alive.counter, deadline };
    this.#timed.set(name, timed);
    push(this.#heap, { at: deadline, timed });
  }

  #due(): ProposeExpire[] {
    const now = this.#time;
    const due: Timed[] = [];
    for (let top = this.#heap[0]; top !== undefined && top.at <= now; top = this.#heap[0]) {
      pop(this.#heap);
      const { timed } = top;
      if (this.#timed.get(nameOf(timed)) !== timed) continue;
      if (timed.deadline <= now) {
        due.push(timed);
        timed.deadline = now + EXPIRE_RETRY_MS;
      }
      push(this.#heap, { at: timed.deadline, timed });
    }
    const effects: ProposeExpire[] = [];
    for (let i = 0; i < due.length; i += EXPIRE_BATCH) {
      effects.push({ type: "propose", command: expireOf(due.slice(i, i + EXPIRE_BATCH)) });
    }
    return effects;
  }

  #prune(): void {
    const isEmpty = this.#timed.size === 0;
    if (!isEmpty && this.#heap.length <= 2 * this.#timed.size + HEAP_SLACK) return;
    this.#heap = [];
    for (const timed of this.#timed.values()) push(this.#heap, { at: timed.deadline, timed });
  }
}

function expireOf(due: readonly Timed[]): Expire {
  const of = (kind: Timed["kind"]): Expired[] =>
    due.filter((timed) => timed.kind === kind).map(({ id, counter }) => ({ id, counter }));
  return { type: "expire", leases: of("lease"), sessions: of("session") };
}

function nameOf({ kind, id }: { kind: "lease" | "session"; id: number }): string {
  return `${kind} ${id}`;
}

function push(heap: Alarm[], alarm: Alarm): void {
  let at = heap.length;
  heap.push(alarm);
  while (at > 0) {
    const parent = (at - 1) >>> 1;
    const above = heap[parent] as Alarm;
    if (above.at <= alarm.at) break;
    heap[at] = above;
    at = parent;
  }
  heap[at] = alarm;
}

/** Removes the first. */
function pop(heap: Alarm[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    const right = heap[child + 1];
    if (right !== undefined && right.at < (heap[child] as Alarm).at) child++;
    const below = heap[child] as Alarm;
    if (below.at >= last.at) break;
    heap[at] = below;
    at = child;
  }
  heap[at] = last;
}
