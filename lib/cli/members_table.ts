import {
  type MembersView,
  type MemberView,
  readMembersView as readMembers,
  readMemberView as readMember,
} from "../node/mod.ts";
import {
  formatAge,
  formatRoundTrip,
  formatTable,
  type Paint,
  sanitize,
  type Tone,
  toneOfState,
} from "./terminal/mod.ts";

const HEADER = ["NAME", "ADDRESS", "STATE", "ROLE", "SINCE", "RTT", "TAGS", "SERVICES"];
const RIGHT_ALIGNED = [4, 5];
const NOTHING = "-";

/** What stands above the members while nobody leads them. */
export const NO_MASTER = "There is no master";

/** Which members a person wants to see. */
export interface MemberFilter {
  readonly state: string | undefined;
  /** Whether earlier lives, and those that an operator removed, are shown too. */
  readonly isAll?: boolean;
  /** All of them must match. */
  readonly tags: Readonly<Record<string, string>>;
}

/** The members as `members` answers them, of which the filter lets some through. */
export function filterMembers(view: MembersView, filter: MemberFilter): MembersView {
  const tags = Object.entries(filter.tags);
  const members = view.members.filter((member) =>
    (filter.isAll === true || !isHidden(member)) &&
    (filter.state === undefined || member.state === filter.state) &&
    tags.every(([key, value]) => Object.hasOwn(member.tags, key) && member.tags[key] === value)
  );
  return { ...view, members };
}

/** Whether a member is the earlier life of another, or was removed: of use to few. */
function isHidden({ superseded, removed }: MemberView): boolean {
  return superseded === true || removed === true;
}

/** The members as a table for a person. */
export function membersTable(view: MembersView, now: number, paint: Paint): string {
  const header = HEADER.map((title) => paint("heading", title));
  return formatTable(
    [header, ...view.members.map((member) => memberRow(member, now, paint))],
    RIGHT_ALIGNED,
  );
}

/** One member as a line, for streams that are appended to. */
export function memberLine(member: MemberView): string {
  const { name, address, state, role } = member;
  const tags = tagsText(member.tags);
  const services = servicesText(member.services);
  return [
    sanitize(name),
    sanitize(address),
    state,
    role,
    ...(tags === NOTHING ? [] : [tags]),
    ...(services === NOTHING ? [] : [`offers ${services}`]),
  ].join("  ");
}

/** Tags as `k=v,k=v`, or a dash. */
export function tagsText(tags: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(tags).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? NOTHING : sanitize(pairs.join(","));
}

/**
 * The members of an answer of the wire, safe to print: of a later or odd node anything may come.
 */
export function readMembersView(answer: Readonly<Record<string, unknown>>): MembersView {
  const view = readMembers(answer);
  return { ...view, members: view.members.map(safe) };
}

/** A member of an answer of the wire, safe to print. */
export function readMemberView(value: Readonly<Record<string, unknown>>): MemberView {
  return safe(readMember(value));
}

function safe(member: MemberView): MemberView {
  return {
    ...member,
    state: sanitize(member.state) as MemberView["state"],
    role: sanitize(member.role) as MemberView["role"],
  };
}

function memberRow(member: MemberView, now: number, paint: Paint): string[] {
  const { name, address, state, role, roundTripMs } = member;
  const since = Date.parse(member.since);
  const roleTone: Tone | undefined = role === "master" ? "name" : undefined;
  return [
    sanitize(name),
    sanitize(address),
    paint(toneOfState(state), state),
    paint(roleTone, role),
    Number.isNaN(since) ? NOTHING : formatAge(now - since),
    roundTripMs === undefined ? NOTHING : formatRoundTrip(roundTripMs),
    tagsText(member.tags),
    servicesText(member.services),
  ];
}

function servicesText(services: readonly string[]): string {
  return services.length === 0 ? NOTHING : sanitize(services.join(","));
}
