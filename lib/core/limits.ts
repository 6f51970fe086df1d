/**
 * Every bound of the program, with its unit and why that number. Nothing grows without one of these.
 */

// ---- names and metadata ----

/** Characters of a member's name: room for a host name (253) is not needed by people who read tables. */
export const NAME_CHARACTERS = 128;
/** Characters of a service's or topic's name. */
export const SERVICE_NAME_CHARACTERS = 128;
/** Bytes of one member's tags and services as JSON: a record must fit a gossip message with others. */
export const METADATA_BYTES = 4_096;
