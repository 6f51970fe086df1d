/** The bounds of membership that nothing else needs, each with its unit and why that number. */

/**
 * Milliseconds by which a member that was stopped is borne with at the most, the next time that it
 * is silent.
 */
export const STALL_MAX_MS = 10_000;
/** Milliseconds for which that holds: what stops a machine twice does so within a minute. */
export const STALL_REMEMBERED_MS = 60_000;
/** Milliseconds between two tellings that others reach a member whose address refuses our dials. */
export const OUT_OF_REACH_TOLD_MS = 600_000;
