import { ClusterError, messageOf } from "../core/mod.ts";

/** A file that is being written. */
export interface FileSink extends AsyncDisposable {
  /** Writes all of the text, at the end. */
  write(text: string): Promise<void>;
}

/**
 * Makes a file, or empties it.
 *
 * @throws {ClusterError} `NOT_PERMITTED` naming the permission that is missing, or why it failed.
 */
export async function createFile(path: string): Promise<FileSink> {
  checkPermission("write", path);
  const file = await attempt(
    path,
    () => Deno.open(path, { write: true, create: true, truncate: true }),
  );
  const encoder = new TextEncoder();
  return {
    async write(text) {
      let left = encoder.encode(text);
      while (left.length > 0) left = left.subarray(await attempt(path, () => file.write(left)));
    },
    async [Symbol.asyncDispose]() {
      try {
        await attempt(path, () => file.syncData());
      } finally {
        file.close();
      }
    },
  };
}

/**
 * Reads a file of text.
 *
 * @throws {ClusterError} `NOT_PERMITTED` naming the permission that is missing, or why it failed.
 */
export async function readFile(path: string): Promise<string> {
  checkPermission("read", path);
  return await attempt(path, () => Deno.readTextFile(path));
}

function checkPermission(name: "read" | "write", path: string): void {
  if (Deno.permissions.querySync({ name, path }).state === "granted") return;
  throw new ClusterError(
    "NOT_PERMITTED",
    `Cannot ${name} ${path}: start with --allow-${name}=${path}`,
  );
}

async function attempt<T>(path: string, use: () => Promise<T>): Promise<T> {
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
