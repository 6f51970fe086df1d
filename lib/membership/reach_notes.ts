import { isLive, type Member } from "./swim/mod.ts";

/** Members that one note names: of a hundred the rest is a number. */
const NAMED = 5;

/** What a person should know of members that cannot be dialled, by this node or by anybody. */
export function reachNotes(members: readonly Member[]): string[] {
  const live = members.filter(({ state }) => isLive(state));
  const notes: string[] = [];
  const self = live.find(({ isSelf, isUndialable }) => isSelf && isUndialable);
  if (self !== undefined) notes.push(undialableSelf(self.address));
  const undialable = live.filter(({ isSelf, isUndialable }) => isUndialable && !isSelf);
  if (undialable.length > 0) {
    notes.push(
      `Others cannot dial ${placesOf(undialable)}: no vote and no calls until they can. ${ADVICE}`,
    );
  }
  const outOfReach = live.filter((member) => member.isOutOfReach && !member.isUndialable);
  if (outOfReach.length > 0) notes.push(outOfOurReach(outOfReach));
  return notes;
}

/**
 * What a node says of itself whose address others found that they cannot dial, and what came of
 * that.
 */
export function undialableSelf(address: string, reason?: string): string {
  const why = reason === undefined ? "" : ` (${reason})`;
  return `Others cannot dial this node at ${address}${why}: it gets no vote and no calls until they can. ` +
    "Start it with --advertise HOST:PORT, an address at which they reach it, or open the way to this one";
}

/** What a node says of one whose address it found that it cannot dial, and what came of that. */
export function undialableMember(name: string, address: string, reason: string): string {
  return `Cannot dial ${name} at ${address} (${reason}): it gets no vote and no calls until that ` +
    `works. ${ADVICE}`;
}

/** What a node says of members that refuse its own dials, while others reach them. */
export function outOfOurReach(members: readonly Pick<Member, "name" | "address">[]): string {
  return `This node is refused when it dials ${
    placesOf(members)
  }, though others reach it: no calls ` +
    "from here. A firewall between the two refuses, or its --advertise is wrong";
}

const ADVICE =
  "Start it with --advertise HOST:PORT, an address at which the others reach it, or open the way to this one";

function placesOf(members: readonly Pick<Member, "name" | "address">[]): string {
  const named = members.slice(0, NAMED).map(({ name, address }) =>
    name === address ? address : `${name} at ${address}`
  );
  const others = members.length - named.length;
  const rest = others === 1 ? "1 other" : `${others} others`;
  return named.join(", ") + (others === 0 ? "" : ` and ${rest}`);
}
