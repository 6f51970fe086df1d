/** The bounds of consensus itself, each with its unit and why that number. */

/**
 * Milliseconds: followers that lost their link to the leader wait up to this, so as not to collide.
 */
export const LINK_BROKEN_STAGGER_MS = 10;
/** Entries of one append: bounds the work of one message. */
export const APPEND_ENTRIES = 1_024;
/** Bytes of one append's entries, unless one entry alone is larger: a quarter of a frame. */
export const APPEND_BYTES = 262_144;
/** Appends sent to one follower without an answer: enough to fill a wide-area link. */
export const APPENDS_IN_FLIGHT = 64;
/** Bytes sent to one follower without an answer: sixteen of the largest appends. */
export const APPEND_BYTES_IN_FLIGHT = 4_194_304;
/** Bytes of proposals that are not committed yet; further ones are refused as overloaded. */
export const UNCOMMITTED_BYTES = 67_108_864;
/** Reads of one node that wait for a confirmation; further ones are refused as overloaded. */
export const READS_PENDING = 65_536;
/** Read batches that other nodes wait for at a leader: each is remembered until it is confirmed. */
export const REMOTE_READS_PENDING = 4_096;
/** Bytes of entries kept behind a snapshot at the most: a quarter of what comes between two. */
export const TRAILING_BYTES = 16_777_216;
/**
 * Milliseconds for which a learner keeps up before a single voter's commit waits for it: past the
 * longest election timeout's stall a slow one would cost a stall each second at the most.
 */
export const STEADY_MS = 1_000;
/** Entries that a learner may lack and still become a voter: less than one append. */
export const PROMOTE_LAG = 1_000;
