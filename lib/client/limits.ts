/** The bounds of a client, with their units and why those numbers. */

/**
 * Milliseconds of silence after which a client asks its member whether it is alive: a third of
 * `CLIENT_SILENCE_MS`.
 */
export const CLIENT_PING_MS = 5_000;
/**
 * Milliseconds of silence after which a client gives its member up: two questions that were not
 * answered.
 */
export const CLIENT_SILENCE_MS = 15_000;
