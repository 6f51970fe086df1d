import { ClusterError } from "../../core/mod.ts";

/** A program cannot be run: the exit code is the one that shells give, 127 or 126. */
export class CannotRun extends ClusterError {
  /** 127: there is no such program; 126: it is there, and cannot be executed. */
  readonly exitCode: 126 | 127;

  /**
   * Says which program could not be run, and why.
   *
   * @param cause what the system said.
   */
  constructor(program: string, why: string, cause: unknown) {
    super("NOT_PERMITTED", `Cannot run ${program}: ${why}`, { cause });
    this.exitCode = cause instanceof Deno.errors.NotFound ? 127 : 126;
  }
}
