import { ClusterError, messageOf } from "../core/mod.ts";

/** A program that this one started; it has our standard input and output. */
export interface ChildProgram {
  /** Resolves to its exit code; 128 and the number of the signal that ended it. */
  readonly ended: Promise<number>;
  /** Sends it a signal, unless it has ended. */
  signal(signal: string): void;
}

/**
 * Makes sure that a program may be started; it never asks for the permission.
 *
 * @throws {ClusterError} `NOT_PERMITTED`, naming exactly the permission that is missing.
 */
export function checkMayRun(program: string): void {
  const { state } = Deno.permissions.querySync({ name: "run", command: program });
  if (state === "granted") return;
  throw new ClusterError(
    "NOT_PERMITTED",
    `Cannot run ${program}: give the permission --allow-run=${program}, as in ` +
      `deno run --allow-net --allow-run=${program} main.ts`,
  );
}

/**
 * Starts a program.
 *
 * @param environment what it finds there beside our own.
 * @throws {ClusterError} `NOT_PERMITTED` when it may not or cannot be started.
 */
export function startChildProgram(
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
): ChildProgram {
  const [program = "", ...args] = command;
  checkMayRun(program);
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(program, {
      args,
      env: { ...environment },
      stdin: "inherit",
      stdout: "inherit",
      stderr: "inherit",
    }).spawn();
  } catch (error) {
    const why = error instanceof Deno.errors.NotFound
      ? "there is no such program"
      : messageOf(error);
    throw new ClusterError("NOT_PERMITTED", `Cannot run ${program}: ${why}`, {
      cause: error,
    });
  }
  return {
    ended: child.status.then(({ code }) => code),
    signal(signal) {
      // A terminal sends its Ctrl-C to all programs on it: twice would mean "at once" to many.
      if (signal === "SIGINT" && Deno.stdin.isTerminal()) return;
      try {
        child.kill(signal as Deno.Signal);
      } catch {
        // It has ended already.
      }
    },
  };
}
