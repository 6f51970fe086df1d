import type { Clock, Timer } from "../core/mod.ts";
import type { Connection } from "../transport/mod.ts";
import { CLIENT_PING_MS, CLIENT_SILENCE_MS } from "./limits.ts";

/**
 * Asks a silent member whether it is there, and notices when it is not: a process that was stopped,
 * or a machine that lost its power, says nothing of it, and its link stays.
 *
 * Only the looks are counted, not the time between them: a program that was itself suspended finds
 * one of them late when it goes on, and hears the member before the next.
 */
export class SilenceWatch {
  readonly #clock: Clock;
  readonly #connection: Connection;
  readonly #isSilent: () => void;
  #silentMs = 0;
  #timer: Timer;

  /** @param isSilent told once, when the member has not answered for `CLIENT_SILENCE_MS`. */
  constructor(clock: Clock, connection: Connection, isSilent: () => void) {
    this.#clock = clock;
    this.#connection = connection;
    this.#isSilent = isSilent;
    connection.hasSpoken = false;
    this.#timer = this.#next();
  }

  /** Asks no more. */
  stop(): void {
    this.#timer.cancel();
  }

  #next(): Timer {
    return this.#clock.setTimer(CLIENT_PING_MS, () => this.#look());
  }

  #look(): void {
    this.#silentMs = this.#connection.hasSpoken ? 0 : this.#silentMs + CLIENT_PING_MS;
    this.#connection.hasSpoken = false;
    if (this.#silentMs >= CLIENT_SILENCE_MS) return this.#isSilent();
    this.#timer = this.#next();
    if (this.#silentMs > 0) this.#connection.send({ type: "ping" });
  }
}
