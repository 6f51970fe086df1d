/** The bounds of commands, each with its unit and why that number. */

/**
 * Milliseconds for which a command waits for a voter to go: longer than one waits, whatever its
 * profile.
 */
export const DEPARTURE_MS = 20_000;
/** Characters of a node's log that wait for a reader; past that lines are lost, and counted. */
export const LOG_WAITING_CHARACTERS = 1_048_576;
/** Milliseconds for the last lines of a node's log to be read: a stopped terminal may never. */
export const OUTPUT_FLUSH_MS = 1_000;
/**
 * Milliseconds from asking a program to end to killing it: as long as most service managers' grace.
 */
export const PROGRAM_GRACE_MS = 5_000;
/**
 * Milliseconds between two questions whether the node that decides over a singleton still answers:
 * two fit into `SINGLETON_SILENCE_MS`.
 */
export const SINGLETON_POLL_MS = 300;
/**
 * Milliseconds that this answer may take: with a silence of 700 ms the others elect another master.
 */
export const SINGLETON_SILENCE_MS = 700;
/**
 * Members of one rehearsal: they know each other, so memory grows with the square; a thousand take
 * 1 GB.
 */
export const REHEARSAL_NODES = 1_000;
/** Milliseconds of one rehearsal: an hour shows what a day would. */
export const REHEARSAL_MS = 3_600_000;
/** Milliseconds between two looks of `health --wait`: an election takes tens, a start hundreds. */
export const HEALTH_POLL_MS = 200;
/**
 * Milliseconds that `health --wait` waits: machines that start at once find each other in seconds.
 */
export const HEALTH_WAIT_MS = 60_000;
/** Members that `status --cluster` asks at once: a laptop has files for so many. */
export const STATUS_DIALS = 64;
