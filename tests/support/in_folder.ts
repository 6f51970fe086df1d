/** Runs a check in a folder of its own, which is removed afterwards. */
export async function inFolder(check: (folder: string) => Promise<void>): Promise<void> {
  const folder = Deno.makeTempDirSync();
  try {
    await check(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** The names of what a folder holds, sorted. */
export function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}
