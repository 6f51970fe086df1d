/** A broken invariant: a bug of ours, never something that remote input can cause. */
export class InvariantError extends Error {
  /** Tells it from other errors. */
  override readonly name = "InvariantError";
}

/**
 * Checks what must hold whatever the outside does.
 *
 * @throws {InvariantError} when `condition` does not hold.
 */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}
