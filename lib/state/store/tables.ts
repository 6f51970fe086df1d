import type { KeySpace } from "./key_space.ts";
import type { LeaseTable } from "./lease_table.ts";
import type { LockTable } from "./lock_table.ts";
import type { SessionTable } from "./session_table.ts";

/** What the first four replicated tables hold: keys, and what keys live with. */
export interface Tables {
  readonly keys: KeySpace;
  readonly leases: LeaseTable;
  readonly locks: LockTable;
  readonly sessions: SessionTable;
  /** What all tables of the state count against `STATE_BYTES`, further ones too. */
  readonly bytes: number;
}
