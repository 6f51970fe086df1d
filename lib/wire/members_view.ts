import { isJsonObject, type MemberState, type NodeId } from "../core/mod.ts";

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

/** The members of an answer of the wire, with every field that a later or odd node left out. */
export function readMembersView(answer: Readonly<Record<string, unknown>>): MembersView {
  const { cluster, master, term, members, ...more } = answer;
  return {
    ...more,
    cluster: typeof cluster === "string" ? cluster : null,
    master: typeof master === "string" ? master : null,
    term: typeof term === "number" ? term : 0,
    members: Array.isArray(members) ? members.filter(isJsonObject).map(readMemberView) : [],
  };
}

/** A member of an answer of the wire. */
export function readMemberView(value: Readonly<Record<string, unknown>>): MemberView {
  const { tags, services, roundTripMs, ...rest } = value;
  const view = {
    ...rest,
    id: String(rest["id"]),
    name: String(rest["name"]),
    address: String(rest["address"]),
    state: String(rest["state"]) as MemberView["state"],
    role: String(rest["role"]) as MemberView["role"],
    tags: Object.fromEntries(
      Object.entries(isJsonObject(tags) ? tags : {}).map(([key, text]) => [key, String(text)]),
    ),
    services: Array.isArray(services) ? services.map(String) : [],
    since: String(rest["since"]),
  };
  return typeof roundTripMs === "number" ? { ...view, roundTripMs } : view;
}
