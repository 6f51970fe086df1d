import ts from "typescript";
import { folderOf, type ProgramFile } from "./folders.ts";

/** Tests that start programs see also what they do not import. */
const STARTS_PROGRAMS = /\bDeno\.Command\b|\bnew Worker\b/;

/** Which files each test imports, by however many steps: the others it cannot judge. */
export class TestReach {
  readonly #texts: ReadonlyMap<string, string>;
  readonly #imports = new Map<string, readonly string[]>();
  readonly #reached = new Map<string, ReadonlySet<string>>();

  /** @param files all that are written in TypeScript, of the program and of its tests. */
  constructor(files: readonly ProgramFile[]) {
    this.#texts = new Map(files.map(({ path, text }) => [path, text]));
  }

  /** Whether a slip in a file can make a difference to a test. */
  sees(test: string, path: string): boolean {
    const reached = this.#reachedFrom(test);
    return reached.has(path) ||
      [...reached].some((each) => STARTS_PROGRAMS.test(this.#texts.get(each) ?? ""));
  }

  /**
   * The tests of a file's folder, most telling first: of the same name, then those that import the
   * file itself, then those that import the least beside it.
   */
  near(path: string, tests: readonly string[]): string[] {
    const name = /([^/]+)\.ts$/.exec(path)?.[1] ?? "";
    const rank = (test: string): number =>
      test.endsWith(`/${name}_test.ts`) ? 0 : this.#importsOf(test).includes(path) ? 1 : 2;
    const size = (test: string) => this.#reachedFrom(test).size;
    return tests
      .filter((test) => test.startsWith(`tests/${folderOf(path)}/`) && this.sees(test, path))
      .toSorted((a, b) => rank(a) - rank(b) || size(a) - size(b));
  }

  #reachedFrom(test: string): ReadonlySet<string> {
    const known = this.#reached.get(test);
    if (known !== undefined) return known;
    const reached = new Set([test]);
    for (const path of reached) {
      for (const imported of this.#importsOf(path)) reached.add(imported);
    }
    this.#reached.set(test, reached);
    return reached;
  }

  #importsOf(path: string): readonly string[] {
    const known = this.#imports.get(path);
    if (known !== undefined) return known;
    const { importedFiles } = ts.preProcessFile(this.#texts.get(path) ?? "");
    const imports = importedFiles.map(({ fileName }) => fileName)
      .filter((name) => name.startsWith("."))
      .map((name) => new URL(name, `file:///${path}`).pathname.slice(1));
    this.#imports.set(path, imports);
    return imports;
  }
}
