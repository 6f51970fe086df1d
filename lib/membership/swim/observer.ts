/**
 * The reserved tag of a member that never votes. A tag travels through members of every version,
 * which pass records on and drop fields that they do not know.
 */
export const OBSERVER_TAG = "muster.observer";

/** Tags that begin so are the program's own. */
export const RESERVED_TAG_PREFIX = "muster.";

/** Whether a member is there to serve and to watch, and never to vote or to lead. */
export function isObserver({ tags }: { readonly tags: Readonly<Record<string, string>> }): boolean {
  return Object.hasOwn(tags, OBSERVER_TAG) && tags[OBSERVER_TAG] !== "false";
}
