import {
  CONNECTIONS,
  LINGER_MS,
  LINK_HIGH_WATER_BYTES,
  LINK_QUEUE_BYTES,
  type Millis,
  WRITE_STALL_MS,
} from "../core/mod.ts";

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
