import { ClusterError, messageOf } from "../../core/mod.ts";
import { CannotRun } from "./cannot_run.ts";
import { endGroup, groupSignals, mayRun } from "./process_group.ts";
import { startGuard } from "./program_guard.ts";

/** A program that this one started; it has our standard input and output. */
export interface ChildProgram {
  /**
   * Resolves, when it and all that it started (as far as we reach that) have ended, to its exit
   * code; 128 and the number of the signal that ended it.
   */
  readonly ended: Promise<number>;
  /** Sends it, and what it started, a signal, unless they have ended. */
  signal(signal: string): void;
}

/**
 * Bytes of an argument that no system takes: the program is looked up, opened, and never started.
 */
const IMPOSSIBLE_ARGUMENT_BYTES = 4_194_304;
/**
 * What a terminal sends to all programs on it: passed on, it would come twice, which means "at
 * once" to many.
 */
const KEYS: ReadonlySet<string> = new Set(["SIGINT", "SIGQUIT"]);

/**
 * Makes sure that a program may and can be started; it never asks for the permission.
 *
 * @returns what a person should know: that signals do not reach what the program starts.
 * @throws {ClusterError} `NOT_PERMITTED`, naming exactly the permission that is missing.
 * @throws {CannotRun} when there is no such program, or it is no program.
 */
export function checkMayRun(program: string): string | undefined {
  const isPermitted = mayRun(program);
  // On a terminal an attempt without the permission would make Deno ask for it.
  const mayTry = isPermitted || !(Deno.stdin.isTerminal() && Deno.stderr.isTerminal());
  if (mayTry && Deno.build.os !== "windows") tryToRun(program);
  if (!isPermitted) throw notPermitted(program);
  if (Deno.stdin.isTerminal() || Deno.build.os === "windows") return undefined;
  return groupSignals() === undefined
    ? `signals reach ${program} alone, not what it starts: that needs --allow-run=${program},kill`
    : undefined;
}

/**
 * Starts a program. No way in which we end leaves it alive, as far as our permissions reach: it
 * ends with us when we exit or an error goes uncaught, and a guard ends it when we are killed.
 *
 * @param environment what it finds there beside our own.
 * @throws {ClusterError} `NOT_PERMITTED` when it may not be started.
 * @throws {CannotRun} when it cannot be.
 */
export function startChildProgram(
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
): ChildProgram {
  const [program = "", ...args] = command;
  if (!mayRun(program)) throw notPermitted(program);
  const isOnTerminal = Deno.stdin.isTerminal();
  // A session of its own would take the terminal away from it.
  const group = isOnTerminal ? undefined : groupSignals();
  const guard = startGuard();
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(program, {
      args,
      env: { ...environment },
      stdin: "inherit",
      stdout: "inherit",
      stderr: "inherit",
      detached: group !== undefined,
    }).spawn();
  } catch (error) {
    void guard?.dismiss();
    throw cannotRun(program, error);
  }
  const { pid } = child;
  guard?.watch(group === undefined ? pid : -pid);
  let wasAsked = false;
  const send = (signal: Deno.Signal) => {
    wasAsked ||= signal === "SIGTERM";
    if (group !== undefined) return void group.send(pid, signal);
    try {
      child.kill(signal);
    } catch {
      // It has ended already.
    }
  };
  const stopMinding = mindOurEnd(() => send("SIGKILL"));
  const end = async () => {
    const { code } = await child.status;
    if (group !== undefined) await endGroup(group, pid, wasAsked);
    stopMinding();
    await guard?.dismiss();
    return code;
  };
  return {
    ended: end(),
    signal(signal) {
      if (!isOnTerminal || !KEYS.has(signal)) send(signal as Deno.Signal);
    },
  };
}

/** Calls back when this process is about to end otherwise than by a signal. */
function mindOurEnd(callback: () => void): () => void {
  const events = ["unload", "error", "unhandledrejection"];
  for (const event of events) globalThis.addEventListener(event, callback);
  return () => {
    for (const event of events) globalThis.removeEventListener(event, callback);
  };
}

/**
 * Has the system look a program up, without starting it: the argument is longer than any system
 * takes. No permission but the one to run it is needed for that.
 */
function tryToRun(program: string): void {
  try {
    const args = ["x".repeat(IMPOSSIBLE_ARGUMENT_BYTES)];
    const stdio = { stdin: "null", stdout: "null", stderr: "null" } as const;
    new Deno.Command(program, { args, ...stdio }).spawn().kill("SIGKILL");
  } catch (error) {
    const isWrong = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.PermissionDenied;
    if (isWrong) throw cannotRun(program, error);
  }
}

function notPermitted(program: string): ClusterError {
  return new ClusterError(
    "NOT_PERMITTED",
    `Cannot run ${program}: give the permission --allow-run=${program}, as in ` +
      `deno run --allow-net --allow-run=${program} main.ts`,
  );
}

function cannotRun(program: string, error: unknown): CannotRun {
  const why = error instanceof Deno.errors.NotFound
    ? "there is no such program"
    : error instanceof Deno.errors.PermissionDenied
    ? "it is no program that may be executed"
    : messageOf(error);
  return new CannotRun(program, why, error);
}
