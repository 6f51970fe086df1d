import type { NodeId } from "../../core/mod.ts";
import type { Index, SnapshotMeta, Term } from "./entry.ts";
import type { Append, Appended } from "./messages.ts";
import type { Replica } from "./replica.ts";

/**
 * Takes a leader's append: checks it against the log, adds what is new, answers (D §3.5).
 *
 * @returns why the message contradicts what no correct node would say, if it does.
 */
export function takeAppend(replica: Replica, from: NodeId, append: Append): string | undefined {
  const { log } = replica;
  const { previousIndex, previousTerm, entries, round, sentAt } = append;
  const echo = { round, sentAt };
  if (append.term < replica.term) {
    // The answer's term is the point: a leader of the past learns that it is one.
    respond(replica, from, echo, { ok: false, index: previousIndex, hintIndex: 0, hintTerm: 0 });
    return undefined;
  }
  replica.pace(append.electionTimeoutMs ?? 0);
  const fault = acceptLeader(replica, from, append.term);
  if (fault !== undefined) return fault;

  if ((append.held ?? 0) > log.lastIndex) {
    return contradicted(replica, from, append.held ?? 0, "lost-entries");
  }
  const other = findOtherLife(replica, append);
  if (other !== undefined) {
    if (other <= replica.commitIndex) return contradicted(replica, from, other, "other-entry");
    replica.truncateFrom(other);
  }
  const termThere = log.termAt(previousIndex);
  if (previousIndex <= replica.commitIndex && termThere !== undefined && previousIndex > 0) {
    if (termThere !== previousTerm) {
      return contradicted(replica, from, previousIndex, "other-entry");
    }
  }
  const isKnown = previousIndex <= replica.commitIndex || termThere === previousTerm;
  if (!isKnown) {
    const hintIndex = log.findAtMost(Math.min(previousIndex - 1, log.lastIndex), previousTerm);
    const hintTerm = log.termAt(hintIndex) ?? 0;
    respond(replica, from, echo, { ok: false, index: previousIndex, hintIndex, hintTerm });
    return undefined;
  }
  const conflict = replica.rules.findConflict(entries, (index) => log.termAt(index));
  if (conflict !== undefined) {
    if (conflict <= replica.commitIndex) {
      return contradicted(replica, from, conflict, "other-entry");
    }
    replica.truncateFrom(conflict);
  }
  const fresh = entries.filter((entry) => entry.index > log.lastIndex);
  if (fresh.length > 0) replica.append(fresh);
  const last = previousIndex + entries.length;
  // Beyond `last` this log may still differ from the leader's.
  replica.commitTo(Math.min(append.commit, last));
  if (round > 0 || entries.length > 0) agree(replica, from, last, echo);
  return undefined;
}

/**
 * Takes a snapshot that the shell received whole.
 *
 * @returns why it is refused, if it contradicts what no correct node would send.
 */
export function takeSnapshot(
  replica: Replica,
  from: NodeId,
  term: Term,
  snapshot: SnapshotMeta,
): string | undefined {
  const echo = { round: 0, sentAt: 0 };
  const fault = term < replica.term ? undefined : acceptLeader(replica, from, term);
  if (term < replica.term || fault !== undefined) {
    replica.emit({ type: "discard-snapshot", snapshot });
    return fault;
  }
  const termThere = replica.log.termAt(snapshot.index);
  if (snapshot.index <= replica.commitIndex && (termThere ?? snapshot.term) !== snapshot.term) {
    replica.emit({ type: "discard-snapshot", snapshot });
    return contradicted(replica, from, snapshot.index, "other-entry");
  }
  const isKnown = snapshot.index <= replica.commitIndex || termThere === snapshot.term;
  if (isKnown) {
    // The log reaches it by itself.
    replica.commitTo(snapshot.index);
    replica.emit({ type: "discard-snapshot", snapshot });
  } else {
    replica.install(snapshot);
  }
  agree(replica, from, snapshot.index, echo);
  return undefined;
}

function contradicted(
  replica: Replica,
  by: NodeId,
  index: Index,
  how: "other-entry" | "lost-entries",
): undefined {
  replica.emit({ type: "contradicted", by, index, how });
}

/**
 * Where the leader's term begins here, if it was begun by another life than the one that sends now.
 */
function findOtherLife({ tenure }: Replica, { term, life }: Append): Index | undefined {
  if (life === undefined || tenure?.term !== term || tenure.life === life) return undefined;
  return tenure.index;
}

function acceptLeader(replica: Replica, from: NodeId, term: Term): string | undefined {
  if (term === replica.term && replica.leader !== undefined && replica.leader !== from) {
    return `${from} claims term ${term}, which ${replica.leader} leads`;
  }
  replica.follow(term, from, "the leader was heard");
  replica.heardLeader();
  return undefined;
}

type Echo = Pick<Appended, "round" | "sentAt">;

function agree(replica: Replica, to: NodeId, last: Index, echo: Echo): void {
  const index = Math.max(last, replica.commitIndex);
  respond(replica, to, echo, { ok: true, index, hintIndex: 0, hintTerm: 0 });
}

function respond(
  replica: Replica,
  to: NodeId,
  echo: Echo,
  fields: Pick<Appended, "ok" | "index" | "hintIndex" | "hintTerm">,
): void {
  const { term, tables } = replica;
  const answer: Appended = { type: "appended", term, ...fields, ...echo };
  if (tables.length > 0 && fields.ok && echo.round > replica.toldTablesIn) {
    replica.toldTablesIn = echo.round;
    answer.tables = tables;
  }
  replica.send(to, answer);
}
