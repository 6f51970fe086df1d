import type { Millis } from "../core/mod.ts";
import type { ChildProgram } from "./process/mod.ts";
import type { CommandContext } from "./context.ts";

/** When a command that runs on is to end. */
export interface ShutdownSignal extends Disposable {
  /** Aborted by a signal of the system, when the time is over, and when nobody reads the output. */
  readonly signal: AbortSignal;
  /**
   * Passes every signal on to a program that has been started in this turn, until the returned
   * function is called. The listener stays the same: between two, one that comes at the wrong
   * moment would reach none.
   */
  passTo(program: Pick<ChildProgram, "signal">): () => void;
}

/**
 * Begins to listen for the end of a command; the time is without a bound unless `forMs` is given.
 *
 * @param which signals are heard, as `CommandContext.onEndSignal` has it.
 */
export function shutdownSignal(
  context: CommandContext,
  forMs: Millis | undefined,
  which: "usual" | "every" = "usual",
): ShutdownSignal {
  const controller = new AbortController();
  const end = () => controller.abort();
  let program: Pick<ChildProgram, "signal"> | undefined;
  const stopListening = context.onEndSignal((signal) => {
    program?.signal(signal);
    end();
  }, which);
  const timer = forMs === undefined ? undefined : context.ports().clock.setTimer(forMs, end);
  void context.output.closed.then(end);
  return {
    signal: controller.signal,
    passTo: (started) => {
      program = started;
      return () => program = undefined;
    },
    [Symbol.dispose]: () => {
      stopListening();
      timer?.cancel();
    },
  };
}
