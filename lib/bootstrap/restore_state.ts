import {
  ClusterError,
  type IdSource,
  isInteger,
  type Json,
  type NodeId,
  REGAINED_REVISIONS,
  type Store,
} from "../core/mod.ts";
import { REGAINED_TERMS } from "./limits.ts";
import { State } from "../state/store/mod.ts";
import type { KeptIdentity } from "./kept_identity.ts";
import { checkRegainable, regainedTerm } from "./regain.ts";

/** A state as a backup holds it. */
export interface BackedUpState {
  /** The term of that moment; a backup of an earlier version does not say. */
  readonly term: unknown;
  /** The chunks of its snapshot, in order. */
  readonly chunks: readonly Json[];
}

/** The node that a restored folder is of. */
export interface RestoredNode {
  /** Its new id. */
  id: NodeId;
  /** The new cluster's id. */
  cluster: string;
  /** The revision at which the new cluster begins. */
  revision: number;
  /** The revision of the state in the backup. */
  backupRevision: number;
  /** The term after which the new cluster's elections begin. */
  term: number;
}

/**
 * Puts a state into a new store, as that of the only voter of a new cluster: a node that starts
 * with it is the master.
 *
 * What was written after the backup is not there, and may have been seen: so the terms and
 * revisions go on far above all that can have been reached since, and no watch goes on over the
 * gap.
 *
 * @throws {ClusterError} `BAD_REQUEST` when the store is of a node already or the revisions leave
 * no room to go on, `BAD_MESSAGE` when the state is not whole.
 */
export function restoreState(
  store: Store,
  ids: IdSource,
  { term: backupTerm, chunks }: BackedUpState,
): RestoredNode {
  if (store.identity() !== undefined || store.load() !== undefined) {
    throw new ClusterError(
      "BAD_REQUEST",
      "The data folder is of a node already: restore into an empty one, or remove it first",
    );
  }
  const state = State.restore(chunks);
  const backupRevision = state.revision;
  checkRegainable(backupRevision);
  const index = state.appliedIndex + 1;
  state.apply(index, { type: "advance", revisions: REGAINED_REVISIONS });
  const term = regainedTerm(termOf(backupTerm, backupRevision));
  const id = ids.next();
  const cluster = ids.next();
  store.persist({ vote: { term, votedFor: null } });
  store.saveChunks(index, 0, [...state.snapshot()] as unknown as Json[]);
  store.install({ index, term, config: { voters: [id], learners: [] } });
  // What comes last says that all is there.
  const identity: KeptIdentity = {
    id,
    cluster,
    isFounder: true,
    incarnation: 1,
    address: "127.0.0.1:8001",
    members: [],
    voters: [],
  };
  store.saveIdentity(identity as unknown as Json);
  return { id, cluster, revision: state.revision, backupRevision, term };
}

/**
 * A backup that does not say its term: it is of a cluster that regained its revisions so often, and
 * its terms.
 */
function termOf(term: unknown, revision: number): number {
  const regained = Math.floor(revision / REGAINED_REVISIONS) * REGAINED_TERMS;
  return isInteger(term) ? Math.max(term, regained) : regained;
}
