import { RESERVED_TAG_PREFIX } from "../membership/swim/mod.ts";

/**
 * The tag by which a member says whether it has a folder. A tag, and no field of its own in the
 * record: older members pass tags on, and drop the fields that they do not know.
 */
const FOLDER_TAG = `${RESERVED_TAG_PREFIX}folder`;

/** The tags of a member whose person gave it `tags`. */
export function withFolderTag(
  tags: Readonly<Record<string, string>>,
  isDurable: boolean,
): Record<string, string> {
  return { ...tags, [FOLDER_TAG]: isDurable ? "yes" : "no" };
}

/** Whether a member keeps nothing; `undefined`: it is of a version that does not say. */
export function keepsNothing(tags: Readonly<Record<string, string>>): boolean | undefined {
  const said = tags[FOLDER_TAG];
  return said === undefined ? undefined : said !== "yes";
}

/** The tags of a member that a person gave it, or may want to see. */
export function shownTags(tags: Readonly<Record<string, string>>): Record<string, string> {
  const { [FOLDER_TAG]: _folder, ...shown } = tags;
  return shown;
}
