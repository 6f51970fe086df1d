import { type Address, type Clock, type Millis, parseAddress } from "../core/mod.ts";
import { CALLERS } from "./limits.ts";
import type { Hello } from "../transport/mod.ts";

/**
 * Members of a cluster that dialled this node while it belonged to none: they look for a member of
 * theirs at its address, so it was one of them before it was started anew.
 *
 * Whoever left them in order and names others to join is free: it does not want to go back.
 */
export class Callers {
  readonly #clock: Clock;
  readonly #namesOthers: () => boolean;
  /** Those that dialled and did not count, as `host:port`; at most `CALLERS`. */
  readonly passedBy = new Set<string>();
  /** Those that have not been taken; at most `CALLERS`. */
  readonly #addresses = new Map<string, Address>();
  #wake: (() => void) | undefined;

  /**
   * Nobody has dialled yet.
   *
   * @param namesOthers whether this node was told to join through others than itself.
   */
  constructor(clock: Clock, namesOthers: () => boolean) {
    this.#clock = clock;
    this.#namesOthers = namesOthers;
  }

  /** A member said hello. */
  receive({ cluster, node, leftInOrder }: Hello): void {
    if (cluster === undefined || node === undefined) return;
    if (leftInOrder && this.#namesOthers()) {
      if (this.passedBy.size < CALLERS) this.passedBy.add(node.address);
      return;
    }
    if (this.#addresses.size >= CALLERS) return;
    this.#addresses.set(node.address, parseAddress(node.address));
    this.#wake?.();
  }

  /** Whether somebody dialled whom nobody has taken. */
  get areThere(): boolean {
    return this.#addresses.size > 0;
  }

  /**
   * Takes the addresses of those that dialled, and waits for one if there is none.
   *
   * @param until when the waiting ends, with none.
   */
  async next(until: Millis, signal: AbortSignal): Promise<Address[]> {
    const waitMs = until - this.#clock.now();
    if (this.#addresses.size === 0 && waitMs > 0 && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const timer = this.#clock.setTimer(waitMs, resolve);
        this.#wake = () => {
          timer.cancel();
          resolve();
        };
        signal.addEventListener("abort", this.#wake, { once: true });
      });
      if (this.#wake !== undefined) signal.removeEventListener("abort", this.#wake);
      this.#wake = undefined;
    }
    const addresses = [...this.#addresses.values()];
    this.#addresses.clear();
    return addresses;
  }
}
