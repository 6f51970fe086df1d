import type { Machine, Millis } from "./machine.ts";
import type { Clock, Timer } from "./ports.ts";

/**
 * Runs one pure machine: one inbox, effects in order, one timer.
 *
 * What performing an effect brings about (a link that breaks while it is written to) waits in the
 * inbox until the effects of the input before it are done.
 */
export class MachineRunner<Input, Effect> {
  readonly #clock: Clock;
  readonly #machine: Machine<Input, Effect>;
  readonly #tick: Input;
  readonly #perform: (effect: Effect) => void;
  #inbox: Input[] = [];
  #isRunning = false;
  #isStopped = false;
  #timer: Timer | undefined;
  /** When the timer fires; `Infinity` without one. */
  #armedFor: Millis = Infinity;

  /** Runs that machine. */
  constructor(
    clock: Clock,
    machine: Machine<Input, Effect>,
    tick: Input,
    perform: (effect: Effect) => void,
  ) {
    this.#clock = clock;
    this.#machine = machine;
    this.#tick = tick;
    this.#perform = perform;
  }

  /** Hands an input to the machine and performs what comes of it. */
  input(input: Input): void {
    if (this.#isStopped) return;
    this.#inbox.push(input);
    if (this.#isRunning) return;
    this.#isRunning = true;
    try {
      for (let next = this.#inbox.shift(); next !== undefined; next = this.#inbox.shift()) {
        for (const effect of this.#machine.handle(this.#clock.now(), next)) {
          this.#perform(effect);
          // An effect that failed for good ends the machine: nothing behind it may happen.
          if (this.#isStopped) return;
        }
      }
    } finally {
      this.#isRunning = false;
    }
    this.#arm();
  }

  /** Takes no more inputs and sets no more timers. */
  stop(): void {
    this.#isStopped = true;
    this.#inbox = [];
    this.#timer?.cancel();
  }

  #arm(): void {
    const deadline = this.#machine.nextDeadline() ?? Infinity;
    // A timer that is too early costs one harmless tick; setting it anew for each input costs more.
    if (this.#isStopped || deadline >= this.#armedFor) return;
    this.#timer?.cancel();
    this.#armedFor = deadline;
    this.#timer = this.#clock.setTimer(Math.max(0, deadline - this.#clock.now()), () => {
      this.#armedFor = Infinity;
      this.input(this.#tick);
    });
  }
}
