import { PROGRAM_GRACE_MS, type Timer } from "../core/mod.ts";
import type { CommandContext } from "./context.ts";

/**
 * Runs a program to its end, and passes on the signals that we are sent.
 *
 * @param over when aborted, the program is asked to end (SIGTERM), and killed when it has not in 5 s.
 * @returns its exit code.
 */
export async function supervise(
  context: CommandContext,
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
  over: AbortSignal,
): Promise<number> {
  const program = context.startProgram(command, environment);
  let killing: Timer | undefined;
  const end = () => {
    program.signal("SIGTERM");
    killing = context.ports().clock.setTimer(PROGRAM_GRACE_MS, () => program.signal("SIGKILL"));
  };
  const stopListening = context.onEndSignal((signal) => program.signal(signal));
  over.addEventListener("abort", end, { once: true });
  if (over.aborted) end();
  try {
    return await program.ended;
  } finally {
    stopListening();
    over.removeEventListener("abort", end);
    killing?.cancel();
  }
}
