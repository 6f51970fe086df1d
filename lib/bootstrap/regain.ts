import { ClusterError, REGAINED_REVISIONS } from "../core/mod.ts";
import { REGAINED_TERMS } from "./limits.ts";
import { HIGHEST_REVISION } from "../state/store/mod.ts";

/**
 * The term from which a cluster goes on that may have lost some.
 *
 * @throws {ClusterError} `BAD_REQUEST` when it would not be exact in JSON any more.
 */
export function regainedTerm(term: number): number {
  if (term <= Number.MAX_SAFE_INTEGER - 2 * REGAINED_TERMS) return term + REGAINED_TERMS;
  throw new ClusterError(
    "BAD_REQUEST",
    `Its term, ${term}, leaves no room for another ${REGAINED_TERMS}: put its keys into a new cluster`,
  );
}

/**
 * Checks that a state which may have lost writes can go on far above its revision.
 *
 * @throws {ClusterError} `BAD_REQUEST` when the revisions would not be exact in JSON any more.
 */
export function checkRegainable(revision: number): void {
  if (revision <= HIGHEST_REVISION - REGAINED_REVISIONS) return;
  throw new ClusterError(
    "BAD_REQUEST",
    `Its revision, ${revision}, leaves no room for another ${REGAINED_REVISIONS}: put its keys ` +
      "into a new cluster",
  );
}
