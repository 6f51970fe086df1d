import {
  CONNECTIONS,
  LINGER_MS,
  LINK_HIGH_WATER_BYTES,
  LINK_QUEUE_BYTES,
  type Millis,
  WRITE_STALL_MS,
} from "../core/mod.ts";

/**
 * The share of the time that one link may make this process parse: a link that carries calls at
 * full rate needs a third, as what it carries is dealt with, too.
 */
export const PARSE_SHARE = 0.5;
/** Milliseconds of parsing that a link may have beyond its share: two frames of the worst shape. */
export const PARSE_BURST_MS = 50;
/**
 * The share of the time that the pieces of all costly frames may have together: the rest stays for
 * everybody.
 */
export const COSTLY_SHARE = 0.25;
/**
 * Milliseconds that they may have beyond it: a value of the largest size, whatever it holds, does
 * not wait.
 */
export const COSTLY_BURST_MS = 50;
/** Bytes from which on what a link has to read is much: many links may have so much at once. */
export const MUCH_BYTES = 16_384;

/**
 * Characters of a frame from which on its parsing is timed; of shorter ones every eighth stands for
 * all.
 */
export const TIMED_CHARACTERS = 2_048;

/**
 * Frames after which a link looks at the time: reading the clock costs as much as a tenth of a
 * frame.
 */
export const FRAMES_A_LOOK = 8;
/** Milliseconds after which a read has waited for bytes: what is there is read at once. */
export const WAITED_MS = 0.5;
/** Slices in a row, without a wait for bytes between them, from which on a link floods. */
export const FLOOD_SLICES = 2;

/** What bounds the links of a `TcpNetwork`; a test sets smaller ones. */
export interface TcpLimits {
  /** Bytes queued on a link past which its sender is told to wait. */
  readonly highWaterBytes: number;
  /** Bytes queued on a link at which it is broken. */
  readonly queueBytes: number;
  /** How long one write may take while the other side does not read. */
  readonly writeStallMs: Millis;
  /** How long a closing link waits for the other side to have read our last words. */
  readonly lingerMs: Millis;
  /** Connections at once. */
  readonly connections: number;
}

/** The limits of `core/limits.ts`. */
export const TCP_LIMITS: TcpLimits = {
  highWaterBytes: LINK_HIGH_WATER_BYTES,
  queueBytes: LINK_QUEUE_BYTES,
  writeStallMs: WRITE_STALL_MS,
  lingerMs: LINGER_MS,
  connections: CONNECTIONS,
};
