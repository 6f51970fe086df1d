/** What a person typed makes no sense: the exit code is 2, and the message says what to type. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
