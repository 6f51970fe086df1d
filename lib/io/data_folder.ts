import { ClusterError, messageOf, type Store } from "../core/mod.ts";

/**
 * Opens a data folder, and makes it when it is not there.
 *
 * Nothing of a database is loaded before this is called: a node without a folder starts without it.
 *
 * @throws {ClusterError} `NOT_PERMITTED` naming the permission that is missing, or `STORE_FAILED`
 * when the folder cannot be read, is damaged, or another process uses it.
 */
export async function openDataFolder(folder: string): Promise<Store> {
  checkFolderPermission(folder);
  try {
    Deno.mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new ClusterError(
      "STORE_FAILED",
      `Cannot make the data folder ${folder}: ${messageOf(error)}`,
      { cause: error },
    );
  }
  const { SqliteStore } = await import("./sqlite_store.ts");
  return new SqliteStore(folder);
}

/**
 * Checks, without asking anybody, that a folder may be read and written.
 *
 * @throws {ClusterError} `NOT_PERMITTED`.
 */
export function checkFolderPermission(folder: string): void {
  const missing = (["read", "write"] as const)
    .filter((name) => Deno.permissions.querySync({ name, path: folder }).state !== "granted")
    .map((name) => `--allow-${name}=${folder}`);
  if (missing.length === 0) return;
  throw new ClusterError(
    "NOT_PERMITTED",
    `Cannot use the data folder ${folder}: start with ${missing.join(" ")}`,
    { details: { missing } },
  );
}
