import { clearImmediate, setImmediate } from "node:timers";
import type { Millis } from "../core/mod.ts";
import { ParseBudget } from "./parse_budget.ts";
import { COSTLY_BURST_MS, COSTLY_SHARE } from "./tcp_limits.ts";

/**
 * When the frames of one network that take long to parse are parsed: one after another, as what is
 * parsed of each takes many times the memory of its text, and piece by piece, each in a turn of the
 * event loop of its own. However many links send such frames, they have a share of the time
 * together.
 */
export class CostlyTurns {
  readonly #budget = new ParseBudget(COSTLY_SHARE, COSTLY_BURST_MS);
  /** Whose frame is unfinished, the one that is under way first; each with what it waits with. */
  readonly #queue = new Map<object, (() => void) | undefined>();
  #readyAt: Millis = 0;
  /** Ends the wait for the next piece. */
  #cancel: (() => void) | undefined;

  /** One has a costly frame, and keeps its place until it leaves. */
  enter(who: object): void {
    this.#queue.set(who, undefined);
  }

  /** Its frame is parsed, or nobody wants it any more. */
  leave(who: object): void {
    if (!this.#queue.delete(who)) return;
    this.#cancel?.();
    this.#cancel = undefined;
    this.#goOn();
  }

  /** Calls back when it is the turn of its next piece, unless it leaves before. */
  wait(who: object, goOn: () => void): void {
    this.#queue.set(who, goOn);
    this.#goOn();
  }

  /** So much was spent on a piece until `now`. */
  spent(ms: Millis, now: Millis): void {
    this.#budget.spent(ms, now);
    this.#readyAt = now + this.#budget.pauseMs();
  }

  #goOn(): void {
    const [first] = this.#queue;
    const goOn = first?.[1];
    if (first === undefined || goOn === undefined || this.#cancel !== undefined) return;
    const turn = () => {
      this.#cancel = undefined;
      this.#queue.set(first[0], undefined);
      goOn();
    };
    const pauseMs = this.#readyAt === 0 ? 0 : this.#readyAt - performance.now();
    if (pauseMs > 0) {
      const timer = setTimeout(turn, pauseMs);
      this.#cancel = () => clearTimeout(timer);
    } else {
      const turnOfLoop = setImmediate(turn);
      this.#cancel = () => clearImmediate(turnOfLoop);
    }
  }
}
