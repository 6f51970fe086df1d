import type { NodeId } from "../core/mod.ts";

/** Which changes of the voters are worth a line of a log: each is told once. */
export class VoterChangeFilter {
  #voters: string | undefined;
  #notes = "";

  /**
   * Takes what is known now.
   *
   * @param notes what a person should know of it; that there is nothing any more is no news.
   */
  isNews(voters: readonly NodeId[], notes: readonly string[]): boolean {
    const [present, noted] = [[...voters].sort().join(), notes.join()];
    // Whom a node finds voting when it comes is what it joined, and no change.
    const hasChanged = this.#voters !== undefined && this.#voters !== present;
    const isNoted = noted !== "" && noted !== this.#notes;
    if (present !== "") this.#voters = present;
    this.#notes = noted;
    return hasChanged || isNoted;
  }
}
