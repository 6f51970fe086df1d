import { type Mutant, withMutant } from "./mutants.ts";

/** How a run of tests over one slip ended. */
export type Outcome = "failed" | "timed out" | "passed";

/** What a run of `deno test` takes: which tests, and how long it may last. */
export interface TestRun {
  tests: readonly string[];
  isParallel: boolean;
  timeoutMs: number;
}

/** A copy of the tree in a temporary folder, in which slips are planted one after another. */
export class TreeCopy {
  readonly #root: string;

  private constructor(root: string) {
    this.#root = root;
  }

  /** Copies the files that git tracks, as they are in the working tree. */
  static async of(top: string, paths: readonly string[]): Promise<TreeCopy> {
    const root = await Deno.makeTempDir({ prefix: "muster-mutate-" });
    for (const path of paths) {
      const target = `${root}/${path}`;
      await Deno.mkdir(target.slice(0, target.lastIndexOf("/")), { recursive: true });
      await Deno.copyFile(`${top}/${path}`, target);
    }
    return new TreeCopy(root);
  }

  /** Runs something while a slip is planted. */
  async planted<T>(mutant: Mutant, run: () => Promise<T>): Promise<T> {
    const file = `${this.#root}/${mutant.path}`;
    const text = await Deno.readTextFile(file);
    await Deno.writeTextFile(file, withMutant(text, mutant));
    try {
      return await run();
    } finally {
      await Deno.writeTextFile(file, text);
    }
  }

  /** Runs tests in this copy, up to the first that fails. */
  async test({ tests, isParallel, timeoutMs }: TestRun): Promise<Outcome> {
    if (tests.length === 0) return "passed";
    const args = [
      "test",
      "--allow-all",
      "--no-check",
      "--fail-fast",
      "--permit-no-files",
      "--quiet",
    ];
    if (isParallel) args.push("--parallel");
    const process = new Deno.Command(Deno.execPath(), {
      args: [...args, ...tests],
      cwd: this.#root,
      env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
      stdin: "null",
      stdout: "null",
      stderr: "null",
      // A slip can make tests hang with processes of their own: they end as one group.
      detached: true,
    }).spawn();
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      killGroup(process.pid);
    }, timeoutMs);
    const { success } = await process.status;
    clearTimeout(timer);
    killGroup(process.pid);
    if (isLate) return "timed out";
    return success ? "passed" : "failed";
  }

  /** Deletes the copy. */
  async remove(): Promise<void> {
    await Deno.remove(this.#root, { recursive: true });
  }
}

function killGroup(leader: number): void {
  try {
    Deno.kill(-leader, "SIGKILL");
  } catch {
    // Nobody of the group is left.
  }
}
