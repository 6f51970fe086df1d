import { folderOf, PROMISED_PERCENT, PURE_FOLDERS } from "./folders.ts";
import type { Mutant } from "./mutants.ts";

/** What came of one slip. */
export interface Verdict {
  mutant: Mutant;
  /** What stood there before. */
  original: string;
  /** Which tests saw it: those of its folder, the whole suite, or none. */
  seenBy: "folder" | "suite" | "nobody";
  /** How they said so: a test failed, or the tests were not done in time. */
  how?: "failed" | "timed out";
}

/** How many slips of a folder were seen. */
export interface FolderScore {
  folder: string;
  planted: number;
  seen: number;
  /** How many of the seen ones only made the tests last too long. */
  timedOut: number;
  promisedPercent: number;
}

/** Counts the verdicts of each folder. */
export function scores(verdicts: readonly Verdict[]): FolderScore[] {
  const byFolder = new Map<string, FolderScore>();
  for (const { mutant, seenBy, how } of verdicts) {
    const folder = folderOf(mutant.path) ?? "";
    const promisedPercent = PURE_FOLDERS.has(folder)
      ? PROMISED_PERCENT.pure
      : PROMISED_PERCENT.other;
    const score = byFolder.get(folder) ??
      { folder, planted: 0, seen: 0, timedOut: 0, promisedPercent };
    score.planted++;
    if (seenBy !== "nobody") score.seen++;
    if (how === "timed out") score.timedOut++;
    byFolder.set(folder, score);
  }
  return [...byFolder.values()].toSorted((a, b) => (a.folder < b.folder ? -1 : 1));
}

/** Whether a folder's tests see as much as is promised. */
export function isKept({ planted, seen, promisedPercent }: FolderScore): boolean {
  return seen * 100 >= planted * promisedPercent;
}

/**
 * The table of the folders, and a line for each slip that nobody saw, and for each that only made
 * the tests last too long: those are worth a look, since a slow machine may do the same.
 */
export function report(verdicts: readonly Verdict[]): string {
  const rows = scores(verdicts).map((score) => {
    const percent = `${Math.round(score.seen * 100 / score.planted)} %`;
    const promise = `${score.promisedPercent} %${isKept(score) ? "" : ", missed"}`;
    const { folder, planted, seen, timedOut } = score;
    return `| ${folder} | ${planted} | ${seen} | ${timedOut} | ${percent} | ${promise} |`;
  });
  const unseen = verdicts.filter(({ seenBy }) => seenBy === "nobody").map(lineOf);
  const late = verdicts.filter(({ how }) => how === "timed out").map(lineOf);
  return [
    "| folder | planted | seen | by a time-out | share | promised |",
    "|---|---|---|---|---|---|",
    ...rows,
    ...(unseen.length === 0 ? [] : ["", "Seen by no test:", ...unseen]),
    ...(late.length === 0 ? [] : ["", "Seen by a time-out alone:", ...late]),
  ].join("\n");
}

/** What the tests say of a slip, in a few words. */
export function wordsOf({ seenBy, how }: Pick<Verdict, "seenBy" | "how">): string {
  return how === "timed out" ? `${seenBy} (timed out)` : seenBy;
}

/** One slip in a line: where it is, what stood there, and what stands there now. */
export function lineOf({ mutant, original }: Pick<Verdict, "mutant" | "original">): string {
  const { path, line, replacement } = mutant;
  const shortened = original.replaceAll(/\s+/g, " ").slice(0, 60);
  return `  ${path}:${line}: ${shortened} -> ${replacement}`;
}
