import { MEMBERS_PAGE_BYTES, utf8Bytes } from "../core/mod.ts";
import type { MembersView, MemberView } from "./members_view.ts";

/** As many members as fit one answer, in the order of their ids. */
export interface MembersPage extends MembersView {
  /** When there are more: what to give as `after` to get them. */
  next?: string;
}

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
      room -= utf8Bytes(JSON.stringify(member));
      const last = members.at(-1);
      if (room < 0 && last !== undefined) return { ...view, members, next: last.id };
      members.push(member);
    }
  }
  return { ...view, members: [...members, ...guests] };
}
