import { typedAddressText } from "./address.ts";
import { ClusterError } from "./errors.ts";
import type { NodeId } from "./ids.ts";
import { isLive } from "./member_state.ts";
import { composedName } from "./names.ts";

/** A member among which one is looked for. */
export interface Findable {
  /** Who it is. */
  readonly id: NodeId;
  /** What people call it. */
  readonly name: string;
  /** Where it is, as `host:port`. */
  readonly address: string;
  /** Its state: those that are here are found before those that are gone. */
  readonly state: string;
  /** Whether an operator removed it. */
  readonly removed?: boolean;
}

/** Characters of an id that are enough to mean it. */
const ID_BEGINNING = 4;
/** Members that an error lists: more are no help. */
const LISTED = 8;

/**
 * The member that a text means: its id, its name, its address, or the beginning of its id. Of
 * several with one name or address the one that lives is meant, or else the newest.
 *
 * @throws {ClusterError} `UNKNOWN_MEMBER`, or `BAD_REQUEST` when it begins several ids.
 */
export function findMember<T extends Findable>(members: readonly T[], text: string): T {
  const { meant, isBeginning } = meantBy(members, text);
  const [first] = meant;
  if (first === undefined) throw unknown(text);
  if (isBeginning && meant.length > 1) throw ambiguous(text, meant);
  return first;
}

/**
 * The member that a text means, where a mistake could not be undone: a text that means several is
 * refused. Who was removed, or was superseded at its name and address, is meant by its id alone.
 *
 * @throws {ClusterError} `UNKNOWN_MEMBER`, or `BAD_REQUEST` with the ids of those that it could
 * mean.
 */
export function findOnlyMember<T extends Findable>(members: readonly T[], text: string): T {
  const { meant } = meantBy(members, text);
  const [first] = meant;
  if (first === undefined) throw unknown(text);
  const superseded = supersededOf(members);
  const shown = meant.filter(({ id, removed }) => !superseded.has(id) && removed !== true);
  if (shown.length > 1) throw ambiguous(text, shown);
  return shown[0] ?? first;
}

/**
 * The dead and the left in whose place another is: it has their name at their address, and lives,
 * or went later. They are earlier lives of it, also when an operator removed the last one: then
 * none of them shows.
 */
export function supersededOf(members: readonly Findable[]): ReadonlySet<NodeId> {
  const holders = new Map<string, Findable>();
  const place = ({ name, address }: Findable) => `${name}\n${address}`;
  for (const member of members) {
    const holder = holders.get(place(member));
    if (holder === undefined || byLife(member, holder) < 0) holders.set(place(member), member);
  }
  return new Set(
    members.filter((member) => !isLive(member.state) && holders.get(place(member)) !== member)
      .map(({ id }) => id),
  );
}

/** Those whom a text means in the first way in which it means anybody, the likeliest first. */
function meantBy<T extends Findable>(
  members: readonly T[],
  text: string,
): { meant: T[]; isBeginning: boolean } {
  const name = composedName(text);
  const typed = typedAddressText(text);
  const ways: ((member: T) => boolean)[] = [
    (member) => member.id === text,
    (member) => member.name === name || member.address === text,
    (member) => member.address === typed,
  ];
  for (const isMeant of ways) {
    const meant = members.filter(isMeant).sort(order);
    if (meant.length > 0) return { meant, isBeginning: false };
  }
  const isLong = text.length >= ID_BEGINNING;
  const meant = isLong ? members.filter(({ id }) => id.startsWith(text)).sort(order) : [];
  return { meant, isBeginning: true };
}

/** The living before the gone, then the newest first. */
function byLife(a: Findable, b: Findable): number {
  return Number(isLive(b.state)) - Number(isLive(a.state)) || (a.id < b.id ? 1 : -1);
}

/**
 * Those that are still listed before the removed, of them the living before the gone, then the
 * newest first.
 */
function order(a: Findable, b: Findable): number {
  return Number(a.removed === true) - Number(b.removed === true) || byLife(a, b);
}

function unknown(text: string): ClusterError {
  return new ClusterError(
    "UNKNOWN_MEMBER",
    `No member is called "${text}": give a name, an address or an id that "members" lists`,
  );
}

function ambiguous(text: string, meant: readonly Findable[]): ClusterError {
  const listed = meant.slice(0, LISTED).map(({ id, name, address, state }) => {
    const where = name === address ? name : `${name} (${address})`;
    return `${id}, ${where}, ${state}`;
  });
  const more = meant.length > LISTED ? `; and ${meant.length - LISTED} more` : "";
  const members = meant.slice(0, LISTED)
    .map(({ id, name, address, state }) => ({ id, name, address, state }));
  return new ClusterError(
    "BAD_REQUEST",
    `"${text}" means ${meant.length} members, give the id of one: ${listed.join("; ")}${more}`,
    { details: { members } },
  );
}
