import { type Random, sample, SeededRandom } from "../../lib/core/mod.ts";
import { type Mutant, mutantsOf } from "./mutants.ts";

/** The folders that are pure: the promise for them is higher. */
export const PURE_FOLDERS: ReadonlySet<string> = new Set([
  "core",
  "wire",
  "membership/swim",
  "consensus/raft",
  "state/store",
  "services",
  "rehearsal",
  "simulation",
]);

/** What of all slips the tests have to see, in percent: in a pure folder, and elsewhere. */
export const PROMISED_PERCENT = { pure: 85, other: 75 } as const;

/** A file of the program. */
export interface ProgramFile {
  path: string;
  text: string;
}

/** The folder of `lib/` that a file belongs to; `undefined` for what is not mutated. */
export function folderOf(path: string): string | undefined {
  const [, top, inner] = /^lib\/([^/]+)\/(?:([^/]+)\/)?.*\.ts$/.exec(path) ?? [];
  const folder = PURE_FOLDERS.has(`${top}/${inner}`) ? `${top}/${inner}` : top;
  if (folder === undefined || folder === "std" || path.endsWith("/mod.ts")) return undefined;
  return path.endsWith(".d.ts") ? undefined : folder;
}

/**
 * Draws slips by chance: from each folder a share as large as its part of all slips, but not fewer
 * than `least` where it has so many, so that the small folders are judged too.
 *
 * @param seed the same seed draws the same slips from the same tree.
 */
export function drawMutants(
  files: readonly ProgramFile[],
  { seed, count, least }: { seed: number; count: number; least: number },
): Mutant[] {
  const random: Random = new SeededRandom(seed);
  const byFolder = new Map<string, Mutant[]>();
  for (const { path, text } of files) {
    const folder = folderOf(path);
    if (folder === undefined) continue;
    byFolder.set(folder, [...(byFolder.get(folder) ?? []), ...mutantsOf(path, text)]);
  }
  const all = [...byFolder.values()].reduce((sum, { length }) => sum + length, 0);
  return [...byFolder.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).flatMap(
    ([, mutants]) =>
      sample(random, mutants, Math.max(least, Math.round(count * mutants.length / all))),
  );
}
