import { ClusterError, type IdSource, type Json, type NodeId, type Store } from "../../core/mod.ts";
import { State } from "../../state/mod.ts";
import type { KeptIdentity } from "../joining/kept_identity.ts";

/** The node that a restored folder is of. */
export interface RestoredNode {
  /** Its new id. */
  id: NodeId;
  /** The new cluster's id. */
  cluster: string;
  /** The revision of the state. */
  revision: number;
}

/**
 * Puts a state into a new store, as that of the only voter of a new cluster: a node that starts with it is the
 * master.
 *
 * @param chunks what a backup holds, in order.
 * @throws {ClusterError} `BAD_REQUEST` when the store is of a node already, `BAD_MESSAGE` when the state is
 * not whole.
 */
export function restoreState(store: Store, ids: IdSource, chunks: readonly Json[]): RestoredNode {
  if (store.identity() !== undefined || store.load() !== undefined) {
    throw new ClusterError(
      "BAD_REQUEST",
      "The data folder is of a node already: restore into an empty one, or remove it first",
    );
  }
  const { revision } = State.restore(chunks).status();
  const index = (chunks[0] as { index: number }).index;
  const id = ids.next();
  const cluster = ids.next();
  const term = 1;
  store.persist({ vote: { term, votedFor: null } });
  store.saveChunks(index, 0, chunks);
  store.install({ index, term, config: { voters: [id], learners: [] } });
  // What comes last says that all is there.
  const identity: KeptIdentity = {
    id,
    cluster,
    isFounder: true,
    incarnation: 1,
    address: "127.0.0.1:8001",
    members: [],
  };
  store.saveIdentity(identity as unknown as Json);
  return { id, cluster, revision };
}
