import type { Timer } from "../core/mod.ts";
import { PROGRAM_GRACE_MS } from "./limits.ts";
import type { CommandContext } from "./context.ts";
import { sanitize } from "./terminal/mod.ts";
import type { ShutdownSignal } from "./shutdown_signal.ts";

/** What the help of the commands that run a program says of it. */
export const PROGRAM_DETAILS =
  "Every signal is passed on to CMD and to what it started; one that comes before CMD runs means that it " +
  "never does.\nIt takes the permission --allow-run=CMD; with that alone signals reach CMD, not what it " +
  "started: that takes\n--allow-run=CMD,kill, or --allow-run. What CMD started ends with it (SIGTERM, after " +
  "5 s SIGKILL). On a terminal\nCMD stays in its process group, so as to read it, and the terminal's own " +
  "signals reach all. SIGKILL of muster\ncannot be passed on: with --allow-run, or --allow-run=CMD,sh, a " +
  "guard then ends CMD, else it lives on.\nWhen there is no CMD the exit code is 127, when it cannot be " +
  "executed 126, when signal N ended it 128 + N.";

/**
 * Makes sure that a program may and can be run, before anything is waited for, and says once what
 * signals will not reach.
 *
 * @param isQuiet whether only errors are for whoever reads them: a program.
 * @throws {ClusterError} `NOT_PERMITTED` naming the permission, or that it cannot be run.
 */
export function checkProgram(context: CommandContext, program: string, isQuiet: boolean): void {
  const limits = context.checkMayRun(program);
  if (limits !== undefined && !isQuiet) context.output.err(`muster: ${sanitize(limits)}`);
}

/**
 * Runs a program to its end, and passes on every signal that we are sent.
 *
 * @param heard what has listened for signals so far, and has heard none.
 * @param over when aborted, the program is asked to end (SIGTERM), and killed when it has not in 5
 * s.
 * @returns its exit code.
 */
export async function supervise(
  context: CommandContext,
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
  heard: Pick<ShutdownSignal, "passTo">,
  over: AbortSignal,
): Promise<number> {
  const program = context.startProgram(command, environment);
  const stopPassing = heard.passTo(program);
  let killing: Timer | undefined;
  const end = () => {
    program.signal("SIGTERM");
    killing = context.ports().clock.setTimer(PROGRAM_GRACE_MS, () => program.signal("SIGKILL"));
  };
  over.addEventListener("abort", end, { once: true });
  if (over.aborted) end();
  try {
    return await program.ended;
  } finally {
    stopPassing();
    over.removeEventListener("abort", end);
    killing?.cancel();
  }
}
