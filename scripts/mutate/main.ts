/**
 * Plants slips of one point in the program and tells which of them the tests do not see (mutation testing:
 * DeMillo, Lipton and Sayward, "Hints on Test Data Selection", 1978).
 *
 * @module
 */
import { drawMutants, matchingTests, type ProgramFile } from "./folders.ts";
import { HELP, type MutateFlags, readFlags } from "./flags.ts";
import type { Mutant } from "./mutants.ts";
import { isKept, lineOf, report, scores, type Verdict } from "./report.ts";
import { TreeCopy } from "./tree_copy.ts";

/** How long the tests of one folder may take: a slip that makes them hang is seen. */
const FOLDER_TIMEOUT_MS = 180_000;
/** The same for the whole suite. */
const SUITE_TIMEOUT_MS = 900_000;
/** The tests of the tree itself would see that the text changed, and not what it does. */
const NOT_OF_BEHAVIOUR = ["tests/tidy", "tests/tidy_test.ts", "tests/mutate", "tests/bench"];
/** Tests that start processes of their own run one file at a time. */
const WITH_PROCESSES = ["tests/process", "tests/compile_test.ts"];

/** The files that git tracks, or would. */
async function trackedFiles(): Promise<string[]> {
  const { stdout } = await new Deno.Command("git", {
    args: ["ls-files", "--cached", "--others", "--exclude-standard"],
  }).output();
  const paths = new TextDecoder().decode(stdout).split("\n").filter((path) => path !== "");
  return paths.toSorted();
}

async function programFiles(paths: readonly string[], only: readonly string[]) {
  const files: ProgramFile[] = [];
  for (const path of paths) {
    const isAsked = only.length === 0 || only.some((prefix) => path.startsWith(prefix));
    if (path.startsWith("lib/") && path.endsWith(".ts") && isAsked) {
      files.push({ path, text: await Deno.readTextFile(path) });
    }
  }
  return files;
}

/** Runs the tests over one slip: those of its folder first, then all. */
async function judge(
  copy: TreeCopy,
  mutant: Mutant,
  tests: readonly string[],
  isQuick: boolean,
): Promise<Verdict["seenBy"]> {
  return await copy.planted(mutant, async () => {
    const near = matchingTests(mutant.path, tests);
    const first = { tests: near, isParallel: true, timeoutMs: FOLDER_TIMEOUT_MS };
    if (await copy.test(first) !== "passed") return "folder";
    if (isQuick) return "nobody";
    const ignore = [...NOT_OF_BEHAVIOUR, ...WITH_PROCESSES];
    const all = { tests: ["tests"], ignore, isParallel: true, timeoutMs: SUITE_TIMEOUT_MS };
    if (await copy.test(all) !== "passed") return "suite";
    const last = { tests: ["tests/process"], isParallel: false, timeoutMs: SUITE_TIMEOUT_MS };
    return await copy.test(last) === "passed" ? "nobody" : "suite";
  });
}

/** Tries all slips, as many at once as there are copies of the tree. */
async function mutate(flags: MutateFlags): Promise<Verdict[]> {
  const paths = await trackedFiles();
  const files = await programFiles(paths, flags.only);
  const texts = new Map(files.map(({ path, text }) => [path, text]));
  const originalOf = ({ path, start, end }: Mutant) => (texts.get(path) ?? "").slice(start, end);
  const { seed, mutants: count, least } = flags;
  const drawn = drawMutants(files, { seed, count, least });
  if (flags.list) {
    for (const mutant of drawn) console.log(lineOf({ mutant, original: originalOf(mutant) }));
    return [];
  }
  const tests = paths.filter((path) => path.endsWith("_test.ts"));
  const waiting = drawn.map((mutant, at) => ({ mutant, at }));
  const verdicts: Verdict[] = [];
  const work = async () => {
    const copy = await TreeCopy.of(Deno.cwd(), paths);
    try {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const { mutant, at } = next;
        const original = originalOf(mutant);
        const seenBy = await judge(copy, mutant, tests, flags.quick);
        verdicts.push({ mutant, original, seenBy });
        console.error(
          `${at + 1}/${drawn.length} ${seenBy}: ${lineOf({ mutant, original }).trim()}`,
        );
      }
    } finally {
      await copy.remove();
    }
  };
  await Promise.all(Array.from({ length: flags.jobs }, work));
  return verdicts;
}

if (import.meta.main) {
  const flags = readFlags(Deno.args);
  if (typeof flags === "string") {
    console.error(flags);
    Deno.exit(2);
  }
  if (flags.help) console.log(HELP);
  else {
    const verdicts = await mutate(flags);
    if (flags.json) console.log(JSON.stringify({ scores: scores(verdicts), verdicts }, null, 2));
    else if (!flags.list) console.log(report(verdicts));
    if (!scores(verdicts).every(isKept)) Deno.exit(1);
  }
}
