import { shownTags } from "../consensus/mod.ts";
import type { Member } from "../membership/swim/mod.ts";
import type { MemberRole, MemberView } from "../wire/mod.ts";

/** Shows a member; `toWallTime` turns the node's monotonic time into milliseconds since 1970. */
export function viewMember(
  member: Member,
  role: MemberRole,
  toWallTime: (at: number) => number,
): MemberView {
  const view: MemberView = {
    id: member.id,
    name: member.name,
    address: member.address,
    state: member.state,
    role,
    tags: shownTags(member.tags),
    services: [...member.services],
    since: new Date(toWallTime(member.since)).toISOString(),
  };
  if (member.removed) view.removed = true;
  if (member.isUndialable) view.undialable = true;
  if (member.isOutOfReach) view.outOfReach = true;
  if (member.roundTripMs !== undefined) {
    view.roundTripMs = Math.round(member.roundTripMs * 1_000) / 1_000;
  }
  return view;
}
