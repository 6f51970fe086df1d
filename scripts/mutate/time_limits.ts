/** The tests of a folder get this long at least, in milliseconds: a slow start cuts none off. */
const FOLDER_LEAST_MS = 180_000;
/** All tests that can see a slip get this long at least, in milliseconds. */
const SUITE_LEAST_MS = 900_000;
/**
 * How many times as long as without a slip the tests may take, for each run that goes on at once.
 */
const TIMES_GREEN = 3;

/**
 * How long tests may take over one slip. A slip that makes them hang is seen by that; a machine
 * that is slow today says nothing of a slip, so the limits are multiples of what the same tests
 * take here without one.
 */
export class TimeLimits {
  readonly #jobs: number;
  readonly #greenMs = new Map<string, number>();
  #elsewhereMs = 0;

  /** @param jobs how many runs go on at once: each may take so many times as long as one alone. */
  constructor(jobs: number) {
    this.#jobs = jobs;
  }

  /** Notes how long the tests of a folder take without a slip. */
  tookInFolder(folder: string, tookMs: number): void {
    this.#greenMs.set(folder, tookMs);
  }

  /** Notes how long the tests of all folders take that were not noted. */
  tookElsewhere(tookMs: number): void {
    this.#elsewhereMs = tookMs;
  }

  /** How long the tests of a folder may take, in milliseconds. */
  ofFolder(folder: string | undefined): number {
    return this.#atLeast(FOLDER_LEAST_MS, this.#greenMs.get(folder ?? "") ?? 0);
  }

  /** How long all tests may take, in milliseconds. */
  get ofSuite(): number {
    const inFoldersMs = [...this.#greenMs.values()].reduce((sum, tookMs) => sum + tookMs, 0);
    return this.#atLeast(SUITE_LEAST_MS, inFoldersMs + this.#elsewhereMs);
  }

  #atLeast(leastMs: number, greenMs: number): number {
    return Math.max(leastMs, Math.ceil(TIMES_GREEN * this.#jobs * greenMs));
  }
}
