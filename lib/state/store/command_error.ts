import { CODES, type ErrorCode, type ErrorData } from "../../core/mod.ts";

/** Why a command or read cannot be done: the same on every replica. */
export class CommandError {
  /** What the outcome says. */
  readonly error: ErrorData;

  /** A command that was refused, with a reason. */
  constructor(code: ErrorCode, message: string, details?: Record<string, unknown>) {
    this.error = { code, message, retryable: CODES[code] };
    if (details !== undefined) this.error.details = details;
  }
}
