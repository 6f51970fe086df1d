import {
  ClusterError,
  isJsonObject,
  type Json,
  type NodeId,
  REGAINED_REVISIONS,
  type Store,
} from "../core/mod.ts";
import { checkRegainable, regainedTerm } from "./regain.ts";
import { type Config, configOf, type Entry, type SnapshotMeta } from "../consensus/raft/mod.ts";

/** What came of forcing. */
export interface ForcedCluster {
  /** The voters that are none any more. */
  lostVoters: NodeId[];
  /** The last entry of the log that the node goes on from. */
  lastIndex: number;
}

/**
 * Makes a node the only voter of its cluster, in its log on disk: the operator's way out when a
 * majority of the voters is lost for good.
 *
 * It breaks what consensus promises: entries that the lost voters had and this node had not are
 * gone, and entries of its log that were never agreed on are now. Should lost voters come back with
 * their folders, they could agree on a master among themselves: so whoever forces also removes them
 * from the membership.
 *
 * What was lost may have been seen: tokens that were given, revisions that were watched. So the
 * terms and revisions go on far above all that the lost voters can have reached, and no watch goes
 * on over the gap.
 *
 * @returns `undefined` when it is the only voter already.
 * @throws {ClusterError} `BAD_REQUEST` when the node has no log to go on from, or it leaves no room
 * to go on.
 */
export function forceNewCluster(store: Store, id: NodeId): ForcedCluster | undefined {
  const stored = store.load();
  const snapshot = stored?.snapshot as unknown as SnapshotMeta | undefined;
  const entries = (stored?.entries ?? []) as unknown as Entry[];
  const placed = entries.findLast(({ type }) => type === "config");
  const config: Config | undefined = placed === undefined ? snapshot?.config : configOf(placed);
  if (stored === undefined || config === undefined) {
    throw new ClusterError(
      "BAD_REQUEST",
      "--force-new-cluster has nothing to go on from: this node never had the cluster's log; force " +
        "a node that was a voter",
    );
  }
  const lostVoters = config.voters.filter((voter) => voter !== id);
  if (lostVoters.length === 0 && config.voters.length === 1) return undefined;
  const lastIndex = entries.at(-1)?.index ?? snapshot?.index ?? 0;
  const term = regainedTerm(stored.term);
  checkRegainable(highestRevision(store, entries));
  const data = { voters: [id], learners: [] };
  const advance = { type: "advance", revisions: REGAINED_REVISIONS };
  const forced = [
    { index: lastIndex + 1, term, type: "config", data },
    { index: lastIndex + 2, term, type: "command", data: advance },
  ] satisfies (Entry & Json)[];
  store.persist({ vote: { term, votedFor: id }, entries: forced });
  return { lostVoters, lastIndex };
}

/**
 * What the state's revision can be at the most once all entries are applied: each but an advance
 * raises it by one.
 */
function highestRevision(store: Store, entries: readonly Entry[]): number {
  const [header] = store.latestSnapshot()?.chunks ?? [];
  const { revision = 1 } = (header ?? {}) as { revision?: number };
  const advances = entries.filter(({ data }) => isJsonObject(data) && data["type"] === "advance");
  return revision + entries.length + advances.length * REGAINED_REVISIONS;
}
