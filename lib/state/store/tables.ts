import type { KeySpace } from "./key_space.ts";
import type { LeaseTable } from "./lease_table.ts";
import type { LockTable } from "./lock_table.ts";
import type { SessionTable } from "./session_table.ts";

/** What the first four replicated tables hold: keys, and what keys live with. */
export interface Tables {
  /** Keys with their values and history. */
  readonly keys: KeySpace;
  /** Leases and what lives with them. */
  readonly leases: LeaseTable;
  /** Locks and who waits for them. */
  readonly locks: LockTable;
  /** Sessions and what came of their last commands. */
  readonly sessions: SessionTable;
  /** What all tables of the state count against `STATE_BYTES`, further ones too. */
  readonly bytes: number;
}
