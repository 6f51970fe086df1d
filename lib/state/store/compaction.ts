import { HISTORY_BYTES, HISTORY_REVISIONS, HISTORY_SLACK_REVISIONS } from "./limits.ts";
import type { Compact } from "./command.ts";
import type { State } from "./state.ts";

/**
 * The compaction that the leader should propose, if any: to `HISTORY_REVISIONS` when there are
 * `HISTORY_SLACK_REVISIONS` more, or to half of `HISTORY_BYTES` when there is more history than
 * that.
 */
export function proposeCompaction(state: State): Compact | undefined {
  const { revision, compactedRevision, historyBytes } = state.status();
  let target = compactedRevision;
  if (revision - compactedRevision >= HISTORY_REVISIONS + HISTORY_SLACK_REVISIONS) {
    target = revision - HISTORY_REVISIONS;
  }
  if (historyBytes > HISTORY_BYTES) {
    target = Math.max(target, state.revisionLeaving(HISTORY_BYTES / 2));
  }
  return target > compactedRevision ? { type: "compact", revision: target } : undefined;
}
