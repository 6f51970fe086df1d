/**
 * Plants slips of one point in the program and tells which of them the tests do not see (mutation
 * testing: DeMillo, Lipton and Sayward, "Hints on Test Data Selection", 1978).
 *
 * @module
 */
import { drawMutants, folderOf, type ProgramFile } from "./folders.ts";
import { HELP, type MutateFlags, readFlags } from "./flags.ts";
import type { Mutant } from "./mutants.ts";
import { isKept, lineOf, report, scores, type Verdict, wordsOf } from "./report.ts";
import { TestReach } from "./test_reach.ts";
import { TimeLimits } from "./time_limits.ts";
import { type Outcome, TreeCopy } from "./tree_copy.ts";

/** How long the tests may take without any slip: past that they hang. */
const GREEN_TIMEOUT_MS = 3_600_000;
/** The tests of the tree itself would see that the text changed, and not what it does. */
const NOT_OF_BEHAVIOUR = ["tests/tidy/", "tests/tidy_test.ts", "tests/mutate/", "tests/bench/"];
/** Tests that start processes of their own run one file at a time. */
const WITH_PROCESSES = ["tests/process/", "tests/compile_test.ts"];

/** Tests fail without any slip: what they say of slips means nothing. */
class RedTreeError extends Error {
  override readonly name = "RedTreeError";
}

/** The files that git tracks, or would, and that are there. */
async function trackedFiles(): Promise<string[]> {
  const listed = async (...flags: string[]) => {
    const { stdout } = await new Deno.Command("git", { args: ["ls-files", ...flags] }).output();
    return new TextDecoder().decode(stdout).split("\n").filter((path) => path !== "");
  };
  const deleted = new Set(await listed("--deleted"));
  const paths = await listed("--cached", "--others", "--exclude-standard");
  return paths.filter((path) => !deleted.has(path)).toSorted();
}

async function readAll(paths: readonly string[]): Promise<ProgramFile[]> {
  return await Promise.all(
    paths.map(async (path) => ({ path, text: await Deno.readTextFile(path) })),
  );
}

/** Runs the tests that can see a slip: those of its folder first, then the others. */
class Judge {
  readonly #reach: TestReach;
  readonly #tests: readonly string[];
  readonly #isQuick: boolean;
  readonly #limits: TimeLimits;

  constructor(reach: TestReach, tests: readonly string[], { quick, jobs }: MutateFlags) {
    this.#reach = reach;
    this.#tests = tests;
    this.#isQuick = quick;
    this.#limits = new TimeLimits(jobs);
  }

  /** What the tests say of one slip. */
  async judge(copy: TreeCopy, mutant: Mutant): Promise<Pick<Verdict, "seenBy" | "how">> {
    return await copy.planted(mutant, async () => {
      const near = this.#reach.near(mutant.path, this.#tests);
      const inFolder = await outcomeOf(copy, near, this.#limits.ofFolder(folderOf(mutant.path)));
      if (inFolder !== "passed") return { seenBy: "folder", how: inFolder };
      if (this.#isQuick) return { seenBy: "nobody" };
      const far = this.#tests.filter((test) =>
        !near.includes(test) && this.#reach.sees(test, mutant.path)
      );
      const inSuite = await outcomeOf(copy, far, this.#limits.ofSuite);
      return inSuite === "passed" ? { seenBy: "nobody" } : { seenBy: "suite", how: inSuite };
    });
  }

  /**
   * Runs the tests that are to judge without a slip, each folder's by themselves, and notes how
   * long they take.
   *
   * @throws {RedTreeError} when they fail.
   */
  async checkGreen(copy: TreeCopy, folders: ReadonlySet<string>): Promise<void> {
    const isOf = (folder: string) => (test: string) => test.startsWith(`tests/${folder}/`);
    for (const folder of folders) {
      this.#limits.tookInFolder(folder, await this.#greenMs(copy, folder, isOf(folder)));
    }
    if (this.#isQuick) return;
    const isOther = (test: string) => ![...folders].some((folder) => isOf(folder)(test));
    this.#limits.tookElsewhere(await this.#greenMs(copy, "the other folders", isOther));
  }

  /** @returns how long the tests took, in milliseconds. */
  async #greenMs(
    copy: TreeCopy,
    where: string,
    isWanted: (test: string) => boolean,
  ): Promise<number> {
    const startedAt = performance.now();
    const outcome = await outcomeOf(copy, this.#tests.filter(isWanted), GREEN_TIMEOUT_MS);
    const tookMs = performance.now() - startedAt;
    if (outcome === "passed") {
      console.error(`${where}: green in ${Math.round(tookMs / 1_000)} s`);
      return tookMs;
    }
    throw new RedTreeError(`The tests of ${where} ${outcome} without any slip: mend that first`);
  }
}

/** How all of them end, up to the first that does not pass. */
async function outcomeOf(
  copy: TreeCopy,
  tests: readonly string[],
  timeoutMs: number,
): Promise<Outcome> {
  const isApart = (test: string) => WITH_PROCESSES.some((prefix) => test.startsWith(prefix));
  const together = tests.filter((test) => !isApart(test));
  const outcome = await copy.test({ tests: together, isParallel: true, timeoutMs });
  if (outcome !== "passed") return outcome;
  return await copy.test({ tests: tests.filter(isApart), isParallel: false, timeoutMs });
}

/** Tries all slips, as many at once as there are copies of the tree. */
async function mutate(flags: MutateFlags): Promise<Verdict[]> {
  const paths = await trackedFiles();
  const files = await readAll(paths.filter((path) => path.endsWith(".ts")));
  const texts = new Map(files.map(({ path, text }) => [path, text]));
  const originalOf = ({ path, start, end }: Mutant) => (texts.get(path) ?? "").slice(start, end);
  const { seed, mutants: count, least, only } = flags;
  const isAsked = (path: string) =>
    only.length === 0 || only.some((prefix) => path.startsWith(prefix));
  const drawn = drawMutants(files.filter(({ path }) => isAsked(path)), { seed, count, least });
  if (flags.list) {
    for (const mutant of drawn) console.log(lineOf({ mutant, original: originalOf(mutant) }));
    return [];
  }
  const isOfBehaviour = (path: string) => !NOT_OF_BEHAVIOUR.some((each) => path.startsWith(each));
  const tests = paths.filter((path) => /^tests\/.*_test\.ts$/.test(path) && isOfBehaviour(path));
  const judge = new Judge(new TestReach(files), tests, flags);
  const copies = await Promise.all(
    Array.from({ length: flags.jobs }, () => TreeCopy.of(Deno.cwd(), paths)),
  );
  const waiting = drawn.map((mutant, at) => ({ mutant, at }));
  const verdicts: Verdict[] = [];
  const work = async (copy: TreeCopy) => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { mutant, at } = next;
      const original = originalOf(mutant);
      const verdict = await judge.judge(copy, mutant);
      verdicts.push({ mutant, original, ...verdict });
      const line = lineOf({ mutant, original }).trim();
      console.error(`${at + 1}/${drawn.length} ${wordsOf(verdict)}: ${line}`);
    }
  };
  try {
    const folders = new Set(drawn.map(({ path }) => folderOf(path) ?? ""));
    await judge.checkGreen(copies[0] as TreeCopy, folders);
    await Promise.all(copies.map(work));
  } finally {
    await Promise.all(copies.map((copy) => copy.remove()));
  }
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
    const verdicts = await mutate(flags).catch((error) => {
      if (!(error instanceof RedTreeError)) throw error;
      console.error(error.message);
      Deno.exit(2);
    });
    if (flags.json) console.log(JSON.stringify({ scores: scores(verdicts), verdicts }, null, 2));
    else if (!flags.list) console.log(report(verdicts));
    if (!scores(verdicts).every(isKept)) Deno.exit(1);
  }
}
