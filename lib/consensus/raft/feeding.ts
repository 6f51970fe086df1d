import type { NodeId } from "../../core/mod.ts";
import { APPEND_BYTES } from "./limits.ts";
import type { Entry, Index } from "./entry.ts";
import type { Appended } from "./messages.ts";
import type { Progress } from "./progress.ts";
import type { Replica } from "./replica.ts";

/**
 * Sends a node what it lacks, as far as the window has room; nothing new, and it hears of the
 * commit index.
 *
 * @param round the confirmation round that is under way.
 * @param isRound whether an answer is wanted, entries or not.
 */
export function feed(
  replica: Replica,
  node: NodeId,
  progress: Progress,
  round: number,
  isRound: boolean,
): void {
  const { log, commitIndex, appendEntries } = replica;
  let isSilent = true;
  while (progress.next <= log.lastIndex && maySend(progress, log.firstIndex)) {
    if (progress.next < log.firstIndex) {
      offerSnapshot(replica, node, progress);
      break;
    }
    const entries = log.slice(progress.next, { entries: appendEntries, bytes: APPEND_BYTES });
    send(replica, node, progress, entries, round);
    isSilent = false;
    if (progress.state === "probe") progress.isProbing = true;
    else {
      const last = progress.next + entries.length - 1;
      progress.sent(last, log.bytesBetween(progress.next, last));
    }
  }
  const isNews = progress.state === "replicate" && progress.toldCommit < commitIndex;
  if (isSilent && (isRound || isNews)) send(replica, node, progress, [], isRound ? round : 0);
}

/** Looks for where the logs agree, after a node said that they do not where it was asked. */
export function backtrack(
  { log }: Replica,
  progress: Progress,
  { index, hintIndex, hintTerm }: Appended,
): void {
  // An old answer; or a node that lost what it had acknowledged, which nothing here can mend:
  // answering it at once would only be a loop without end.
  if (index <= progress.match) return;
  if (progress.state === "replicate") {
    // Something was lost on the way; what agreed before still does.
    progress.probe();
  } else if (progress.state === "probe" && index === progress.next - 1) {
    const agreeing = log.findAtMost(Math.min(hintIndex, index - 1), hintTerm);
    progress.probe(Math.min(agreeing, hintIndex) + 1);
  }
}

function maySend(progress: Progress, firstIndex: Index): boolean {
  // What it would be sent next is gone, whatever comes of what is under way: it needs a snapshot.
  if (progress.state === "replicate") return progress.hasRoom || progress.next < firstIndex;
  return progress.state === "probe" && !progress.isProbing;
}

function send(
  replica: Replica,
  node: NodeId,
  progress: Progress,
  entries: Entry[],
  round: number,
): void {
  const { log, commitIndex, now, term, life } = replica;
  // A node that waits for a snapshot is told that this leader lives, on grounds that always agree.
  const known = log.termAt(progress.next - 1);
  const previousIndex = known === undefined ? 0 : progress.next - 1;
  const commit: Index = known === undefined
    ? 0
    : Math.min(commitIndex, previousIndex + entries.length);
  progress.toldCommit = Math.max(progress.toldCommit, commit);
  replica.sendEarly(node, {
    type: "append",
    term,
    previousIndex,
    previousTerm: known ?? 0,
    entries,
    commit,
    ...(life === undefined ? {} : { life }),
    held: progress.match,
    round,
    sentAt: now,
    ...replica.pacedTimeout,
  });
}

function offerSnapshot(replica: Replica, to: NodeId, progress: Progress): void {
  const { snapshot, term } = replica;
  if (snapshot === undefined) return;
  progress.awaitSnapshot(snapshot.index);
  replica.emit({ type: "send-snapshot", to, term, snapshot });
}
