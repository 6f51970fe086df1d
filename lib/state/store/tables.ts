import type { KeySpace } from "./key_space.ts";
import type { LeaseTable } from "./lease_table.ts";
import type { LockTable } from "./lock_table.ts";
import type { SessionTable } from "./session_table.ts";

/** All that is replicated. */
export interface Tables {
  readonly keys: KeySpace;
  readonly leases: LeaseTable;
  readonly locks: LockTable;
  readonly sessions: SessionTable;
}
