/** The bounds of joining that nothing else needs, each with its unit and why that number. */

/** Milliseconds until a member that could not be dialled is dialled again by whoever let it in. */
export const ADDRESS_RECHECK_MS = 5_000;
/**
 * Dials of a newcomer in a row without any answer after which it counts as one that cannot be
 * dialled.
 */
export const ADDRESS_SILENCES = 3;
/**
 * Milliseconds for the answer to a join, when a node is told to end meanwhile: a member may have
 * let it in, and it leaves in order then, where the others would see a crash.
 */
export const GIVE_UP_MS = 250;
/**
 * Members of other clusters that dialled a joining node and that it remembers: each is tried in
 * turn.
 */
export const CALLERS = 8;
/** Milliseconds between two lines on members of one other cluster, however often they dial. */
export const OTHER_CLUSTER_TOLD_MS = 60_000;
/** Other clusters of which a node keeps notes, and addresses of each. */
export const OTHER_CLUSTERS = 8;
