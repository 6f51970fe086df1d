/** Milliseconds, of a duration or on a node's monotonic clock (whose zero is arbitrary). */
export type Millis = number;

/**
 * A protocol as a pure state machine: it is told the time and one input, and answers with effects.
 *
 * The shell performs the effects in order, and `persist` is finished before any `send` behind it. A
 * machine never throws on remote data, never reads a clock, never draws randomness of its own.
 */
export interface Machine<Input, Effect> {
  /** Takes one input at the monotonic time `now`, which never goes back. */
  handle(now: Millis, input: Input): Effect[];
  /**
   * When the machine wants to be given `{ type: "tick" }` next; `undefined`: only after an input.
   */
  nextDeadline(): Millis | undefined;
}
