/** The bounds of what runs consensus, each with its unit and why that number. */

/** Chunks of one snapshot: at 256 KiB each, four times what the state may hold. */
export const SNAPSHOT_CHUNKS = 4_096;
/**
 * Bytes of entries applied since the last snapshot at which the next is taken, however few entries
 * they are: the log is in memory, too.
 */
export const SNAPSHOT_BYTES = 67_108_864;
/**
 * Milliseconds after its start for which a node that has known no master advises nobody to give
 * voters up: machines that start together do so within seconds.
 */
export const YOUTH_MS = 10_000;
/**
 * Milliseconds between two looks of the master at its voters: less than any profile waits before
 * it replaces a voter.
 */
export const AUTOPILOT_MS = 500;
/** Milliseconds between two looks at how far apart the voters are: it hardly ever changes. */
export const PACE_LOOK_MS = 5_000;
/**
 * Milliseconds between two lines of the log that say so: a person reads the first, and a later one
 * in a new log.
 */
export const PACE_WARNING_MS = 60_000;
/**
 * Milliseconds between two looks of the master at its voters while one of them wants to go: a
 * person or a supervisor waits for it.
 */
export const LEAVING_LOOK_MS = 50;
/**
 * Milliseconds between two tellings of a voter that it wants to go: it may not know the next master
 * yet.
 */
export const LEAVING_RETRY_MS = 200;
/**
 * Milliseconds after which a voter that does not say any more that it wants to go stays: ten
 * tellings lost.
 */
export const LEAVING_FORGOTTEN_MS = 2_000;
/**
 * Milliseconds that a leaving voter waits for the others to do without it, beyond the time after
 * which a dead one is removed: so long it may take until one that fell silent is held for dead.
 */
export const LEAVING_GRACE_MS = 5_000;
/**
 * Milliseconds that handing the master's part over may take: less than the ten seconds of
 * `DRAIN_MS`.
 */
export const HANDOVER_MS = 8_000;
/** Recorded changes of master, for `why master`: a bad night of elections, 8 kB. */
export const MASTER_CHANGES = 64;
/**
 * Bytes of one command as JSON: an `append` with it alone fits a frame, whatever its numbers are.
 */
export const COMMAND_BYTES = 1_044_480;
