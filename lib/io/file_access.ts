import { ClusterError, messageOf } from "../core/mod.ts";

/**
 * Reads a file of text.
 *
 * @throws {ClusterError} `NOT_PERMITTED` naming the permission that is missing, or why it failed.
 */
export async function readFile(path: string): Promise<string> {
  checkFilePermission("read", path);
  return await useFile(path, () => Deno.readTextFile(path));
}

/** Whether a file may be read or written; nobody is asked. */
export function mayUse(name: "read" | "write", path: string): boolean {
  return Deno.permissions.querySync({ name, path }).state === "granted";
}

/**
 * Checks, without asking anybody, that a file may be read or written.
 *
 * @throws {ClusterError} `NOT_PERMITTED`.
 */
export function checkFilePermission(name: "read" | "write", path: string): void {
  if (mayUse(name, path)) return;
  throw new ClusterError(
    "NOT_PERMITTED",
    `Cannot ${name} ${path}: start with --allow-${name}=${path}`,
  );
}

/**
 * Does something with a file; what the system says to it is told as an error that names the file.
 */
export async function useFile<T>(path: string, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    const why = error instanceof Deno.errors.NotFound
      ? "there is no such file or folder"
      : messageOf(error);
    throw new ClusterError("NOT_PERMITTED", `Cannot use the file ${path}: ${why}`, {
      cause: error,
    });
  }
}
