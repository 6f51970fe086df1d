/** What was made, renamed or removed in a folder outlives a loss of power when this returns. */
export function syncFolder(folder: string): void {
  // Windows does not open folders as files, and needs nothing of the kind.
  if (Deno.build.os === "windows") return;
  const file = Deno.openSync(folder);
  try {
    file.syncSync();
  } finally {
    file.close();
  }
}
