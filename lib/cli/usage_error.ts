/** What a person typed makes no sense: the exit code is 2, and the message says what to type. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  /** The flag that is missing, where that is what is wrong. */
  readonly missing: string | undefined;

  constructor(message: string, options: ErrorOptions & { missing?: string } = {}) {
    const { missing, ...rest } = options;
    super(message, rest);
    this.missing = missing;
  }
}
