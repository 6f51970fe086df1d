/** The bounds of links that nothing else needs, each with its unit and why that number. */

/**
 * Milliseconds before a member whose address refused is dialled again; doubles with each refusal.
 */
export const DIAL_BACK_OFF_SHORTEST_MS = 50;
/**
 * Milliseconds between two such dials at the most: a way that is mended is in use again as soon.
 */
export const DIAL_BACK_OFF_LONGEST_MS = 2_000;
/**
 * Milliseconds before the address of a stranger, whom nobody had met there, is dialled again;
 * doubles up to `STRANGER_REDIAL_MS`, so that it is dialled at the latest as long after it has gone
 * as it was there.
 */
export const STRANGER_REDIAL_SHORTEST_MS = 1_000;
/** Addresses of strangers that are remembered: more than there are in any cluster. */
export const STRANGERS = 1_024;
/** Members of which refused dials are remembered: more than refuse at once in any cluster. */
export const DIAL_BACK_OFF_MEMBERS = 1_024;
/**
 * Milliseconds between two warnings that no file is left for a connection; `status` says so as
 * long.
 */
export const OUT_OF_FILES_TOLD_MS = 60_000;
