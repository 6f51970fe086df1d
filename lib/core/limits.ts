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

// ---- wire ----

/** Bytes of one frame's payload: 1 MiB, so that one message never holds a link for long. */
export const FRAME_BYTES = 1_048_576;
/** Bytes of a new link's read buffer: 500 idle connections cost 2 MB. */
export const READ_BUFFER_SMALL_BYTES = 4_096;
/** Bytes of a busy link's read buffer: measured best at 64 kB (256 kB costs 30 % at 1,024 calls). */
export const READ_BUFFER_BYTES = 65_536;
/** Bytes of one output chunk, and so of one write call. */
export const WRITE_CHUNK_BYTES = 65_536;
/** Messages in one array frame: past 32 there is nothing to gain. */
export const BATCH_MESSAGES = 32;
/** Characters in one array frame: a bound well below the frame limit, even at 3 bytes a character. */
export const BATCH_BYTES = 16_384;
/** Levels of nesting of a message: deeper JSON would overflow the stack of whoever walks it. */
export const MESSAGE_DEPTH = 64;
/** Characters of a message's type. */
export const TYPE_CHARACTERS = 64;
/** Bytes queued on a link past which its sender is told to wait. */
export const LINK_HIGH_WATER_BYTES = 1_048_576;
/** Bytes queued on a link at which it is broken: its owner did not heed the high-water mark. */
export const LINK_QUEUE_BYTES = 16_777_216;
/** Milliseconds that one write may take while the other side does not read. */
export const WRITE_STALL_MS = 10_000;
/** Milliseconds that a closing link waits for the other side to have read our last words. */
export const LINGER_MS = 500;
/** Milliseconds from accepting a connection to its first whole message. */
export const HANDSHAKE_MS = 5_000;
/** Milliseconds that dialling may take. */
export const DIAL_MS = 2_000;
/** Milliseconds of silence after which a link is asked whether it is alive. */
export const KEEP_ALIVE_MS = 15_000;
/** Milliseconds of silence after which a link is closed: two unanswered questions. */
export const LINK_IDLE_MS = 45_000;
/** Milliseconds after which a person's silent line connection is closed. */
export const LINES_IDLE_MS = 300_000;
/** Inbound connections at once: each costs some kB, and a process has a bounded number of files. */
export const CONNECTIONS = 4_096;
