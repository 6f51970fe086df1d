import {
  ClusterError,
  isNonEmptyString,
  MEMBERS_MAX,
  MEMBERS_PAGE_BYTES,
  type Message,
} from "../core/mod.ts";
import type { MembersView, MemberView } from "./views.ts";

/** As many members as fit one answer, in the order of their ids. */
export interface MembersPage extends MembersView {
  /** When there are more: what to give as `after` to get them. */
  next?: string;
}

const UTF8 = new TextEncoder();

/**
 * Cuts a page out of a view: a thousand members with much metadata are more than a frame.
 *
 * @param after the `next` of the page before.
 */
export function membersPage(view: MembersView, after?: string): MembersPage {
  const members: MemberView[] = [];
  const guests: MemberView[] = [];
  let room = MEMBERS_PAGE_BYTES;
  for (const member of view.members) {
    // Of guests there are few: all of them stand on the last page.
    if (member.state === "guest") guests.push(member);
    else if (after === undefined || member.id > after) {
      room -= UTF8.encode(JSON.stringify(member)).length;
      const last = members.at(-1);
      if (room < 0 && last !== undefined) return { ...view, members, next: last.id };
      members.push(member);
    }
  }
  return { ...view, members: [...members, ...guests] };
}

/**
 * Makes an answer whole that may be the first page of several.
 *
 * @param more asks for the page after that.
 * @throws {ClusterError} `BAD_MESSAGE` when the pages make no way.
 */
export async function wholeAnswer(
  first: Message,
  more: (after: string) => Promise<Message>,
): Promise<Message> {
  const { next, members, ...rest } = first;
  if (!isNonEmptyString(next, 64) || !Array.isArray(members)) return first;
  const all: unknown[] = [...members];
  for (let after: string | undefined = next; after !== undefined;) {
    const page = await more(after);
    if (Array.isArray(page["members"])) { for (const member of page["members"]) all.push(member); }
    const following = isNonEmptyString(page["next"], 64) ? page["next"] : undefined;
    if (all.length > 2 * MEMBERS_MAX || (following !== undefined && following <= after)) {
      throw new ClusterError("BAD_MESSAGE", "The pages of the members have no end");
    }
    after = following;
  }
  return { ...rest, members: all };
}
