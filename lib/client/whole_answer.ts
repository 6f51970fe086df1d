import { ClusterError, isNonEmptyString, MEMBERS_MAX, type Message } from "../core/mod.ts";

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
