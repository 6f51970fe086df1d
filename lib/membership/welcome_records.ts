import { JOINED_RECORDS, type NodeId, SYNC_BYTES, utf8Bytes } from "../core/mod.ts";
import { isLive, type MemberRecord } from "./swim/mod.ts";

/**
 * Chooses what a node that is let in is told at once, within one frame: who answers it, then the
 * live, then the gone; the full exchange that follows brings the rest.
 *
 * @param self the node that answers.
 */
export function welcomeRecords(records: readonly MemberRecord[], self: NodeId): MemberRecord[] {
  const rank = ({ id, state }: MemberRecord) => id === self ? 0 : isLive(state) ? 1 : 2;
  const chosen: MemberRecord[] = [];
  let room = SYNC_BYTES;
  for (const record of records.toSorted((a, b) => rank(a) - rank(b)).slice(0, JOINED_RECORDS)) {
    room -= utf8Bytes(JSON.stringify(record));
    if (room < 0) break;
    chosen.push(record);
  }
  return chosen;
}
