import { ClusterError } from "../core/mod.ts";
import { CannotRun } from "./process/mod.ts";
import { UsageError } from "./usage_error.ts";

/** What the program exits with; scripts may rely on it. */
export const EXIT = {
  /** It did what was asked. */
  done: 0,
  /** It did not. */
  failed: 1,
  /** What was typed makes no sense. */
  usage: 2,
  /** No cluster was reached. */
  noCluster: 3,
  /** A cluster was reached, and it refused. */
  refused: 4,
  /** The program to run is there and cannot be executed, as shells say it. */
  notExecutable: 126,
  /** There is no such program to run, as shells say it. */
  noSuchProgram: 127,
} as const;

/** One of the exit codes. */
export type ExitCode = typeof EXIT[keyof typeof EXIT];

const REFUSED: ReadonlySet<string> = new Set([
  "NAME_TAKEN",
  "ADDRESS_TAKEN",
  "OTHER_CLUSTER",
  "REMOVED",
  "PROTOCOL_MISMATCH",
  "NOT_A_MEMBER",
  "DIVERGED",
  "NEWER_CLUSTER",
  "RUNS_ELSEWHERE",
]);

/** The exit code that stands for what was thrown. */
export function exitCodeOf(thrown: unknown): ExitCode {
  if (thrown instanceof UsageError) return EXIT.usage;
  if (thrown instanceof CannotRun) return thrown.exitCode;
  if (!(thrown instanceof ClusterError)) return EXIT.failed;
  // A member that a call does not reach is another matter: some cluster said so.
  if (thrown.code === "NO_CLUSTER") return EXIT.noCluster;
  // An address that this machine did not give has the system's error as its cause: no cluster said
  // so.
  if (REFUSED.has(thrown.code) && thrown.cause === undefined) return EXIT.refused;
  return EXIT.failed;
}
