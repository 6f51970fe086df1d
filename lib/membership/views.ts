import type { NodeId } from "../core/mod.ts";
import type { Guest } from "../tutorial/mod.ts";
import type { Member, MemberState } from "./swim/mod.ts";
import { shownTags } from "../consensus/mod.ts";

/** A member as `members` shows it and programs read it; fields may be added, never changed. */
export interface MemberView {
  /** Who it is: a UUID of version 7; a guest's is its own. */
  id: NodeId;
  /** What people call it, unique among the living. */
  name: string;
  /** As `host:port`. */
  address: string;
  /** `guest`: a program of the tutorial's kind, which is neither probed nor counted. */
  state: MemberState | "guest";
  /** Its part in the agreement on the master. */
  role: MemberRole;
  /** What it says of itself. */
  tags: Record<string, string>;
  /** Names of the services that it offers. */
  services: string[];
  /** When the asked node learned of the present state, in ISO 8601. */
  since: string;
  /** Of the dead and left: another has its name at its address, and lives, or went later. */
  superseded?: true;
  /** Of the left: an operator removed it. */
  removed?: true;
  /** Others cannot dial its address: it gets no vote and no calls. */
  undialable?: true;
  /** The asked node's own dials are refused, although others reach it. */
  outOfReach?: true;
  /** Round-trip time of the asked node's probes, in milliseconds. */
  roundTripMs?: number;
}

/** What a member is in the agreement on the master; an observer is one that never gets a vote. */
export type MemberRole = "master" | "voter" | "learner" | "observer" | "member" | "guest";

/** What `members` answers. */
export interface MembersView {
  /** The cluster's id; `null` while the node joins. */
  cluster: string | null;
  /** The master's id. */
  master: NodeId | null;
  /** The master's term: its fencing token. */
  term: number;
  /** In the order in which they joined. */
  members: MemberView[];
}

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

/** Shows a guest. */
export function viewGuest(guest: Guest): MemberView {
  return {
    id: guest.id,
    name: `guest-${guest.id}`,
    address: guest.address,
    state: "guest",
    role: "guest",
    tags: {},
    services: [],
    since: new Date(guest.since).toISOString(),
  };
}
