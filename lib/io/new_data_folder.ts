import { ClusterError, messageOf, type Store } from "../core/mod.ts";
import { checkFolderPermission, openDataFolder } from "./data_folder.ts";
import { RECORD_FILE } from "./folder_record.ts";
import { DATABASE_FILE, UNFINISHED } from "./inspect_folder.ts";
import { syncFolder } from "./sync_folder.ts";

/** What a file system puts into its topmost folder. */
const SYSTEM_FOLDER = "lost+found";

/**
 * Makes a data folder with something in it: all of it, or nothing.
 *
 * It is filled in a folder within, whose files are moved out when they are whole and on disk; what
 * an earlier attempt left there, that was ended half way, is removed.
 *
 * @param fill puts into the store what is to be in it.
 * @throws {ClusterError} `BAD_REQUEST` when there is something in the folder already,
 * `NOT_PERMITTED` naming the permission that is missing, `STORE_FAILED`, or what `fill` throws.
 */
export async function makeDataFolder<T>(folder: string, fill: (store: Store) => T): Promise<T> {
  checkFolderPermission(folder);
  checkUnused(folder);
  const made = makeFolder(folder);
  const own = crypto.getRandomValues(new Uint32Array(1))[0]?.toString(16);
  const unfinished = `${folder}/${UNFINISHED}${own}`;
  try {
    const store = await openDataFolder(unfinished);
    let result: T;
    try {
      result = fill(store);
    } finally {
      store.close();
    }
    moveOut(unfinished, folder);
    return result;
  } catch (error) {
    const left = made ?? unfinished;
    // The error that is under way says more than one of this would.
    await Deno.remove(left, { recursive: true }).catch(() => {});
    throw error instanceof ClusterError ? error : folderError(folder, error);
  }
}

/** Makes a folder and those above it; gives the topmost that it made. */
function makeFolder(folder: string): string | undefined {
  const parts = folder.replace(/[/\\]+$/, "").split(/(?<=[^/\\])[/\\]+/);
  const paths = parts.map((_, at) => parts.slice(0, at + 1).join("/"));
  const made = paths.find((path) => namesIn(path) === undefined);
  try {
    Deno.mkdirSync(folder, { recursive: true });
    return made;
  } catch (error) {
    throw folderError(folder, error);
  }
}

function checkUnused(folder: string): void {
  const names = (namesIn(folder) ?? []).filter((name) => name !== SYSTEM_FOLDER);
  const isNodes = names.some((name) => name.startsWith(DATABASE_FILE) || name === RECORD_FILE);
  if (isNodes) {
    throw new ClusterError(
      "BAD_REQUEST",
      `The data folder ${folder} is of a node already: restore into an empty one, or remove it first`,
    );
  }
  const used = names.find((name) => !name.startsWith(UNFINISHED));
  if (used !== undefined) {
    throw new ClusterError(
      "BAD_REQUEST",
      `The folder ${folder} is not empty: there is ${used} in it; name an empty or a new one`,
    );
  }
  for (const name of names) Deno.removeSync(`${folder}/${name}`, { recursive: true });
}

/** The database first: with it alone a folder is whole, and without it nothing else counts. */
function moveOut(from: string, to: string): void {
  const names = (namesIn(from) ?? []).toSorted((a, b) =>
    Number(b === DATABASE_FILE) - Number(a === DATABASE_FILE)
  );
  for (const name of names) Deno.renameSync(`${from}/${name}`, `${to}/${name}`);
  Deno.removeSync(from);
  syncFolder(to);
}

function namesIn(folder: string): string[] | undefined {
  try {
    return Array.from(Deno.readDirSync(folder), ({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw folderError(folder, error);
  }
}

function folderError(folder: string, error: unknown): ClusterError {
  return new ClusterError(
    "STORE_FAILED",
    `Cannot make the data folder ${folder}: ${messageOf(error)}`,
    { cause: error },
  );
}
