import { isInteger, isJsonObject } from "../../core/mod.ts";
import { SESSIONS } from "./limits.ts";
import { bad } from "./checks.ts";
import type { SessionClose, SessionOpen } from "./command.ts";
import type { CommandResult, Outcome } from "./command_result.ts";
import { CommandError } from "./command_error.ts";
import { type CommandExecutor, idTaken } from "./command_executor.ts";
import { checkGrant } from "./replicated_leases.ts";
import type { CommandRule, ReplicatedTable, TableKind } from "./replicated_table.ts";
import type { Remembered } from "./session_table.ts";
import {
  ITEM_BYTES,
  malformed,
  numbersOf,
  sectionOf,
  type SnapshotContents,
  type SnapshotItem,
  type SnapshotSection,
} from "./snapshot_chunk.ts";
import type { Tables } from "./tables.ts";

type SessionCommand = SessionOpen | SessionClose;

const COMMANDS: Readonly<Record<SessionCommand["type"], CommandRule>> = {
  "session-open": {
    proposedBy: "clients",
    isRepeatable: true,
    drawsId: true,
    parse: checkGrant,
  },
  "session-close": {
    proposedBy: "clients",
    isRepeatable: true,
    parse: ({ session }) => isInteger(session, 1) ? undefined : bad("A session is a whole number"),
  },
};

/** The sessions, with the outcomes of their last commands. */
export const REPLICATED_SESSIONS: TableKind = {
  name: "sessions",
  sections: ["sessions", "results"],
  commands: COMMANDS,
  make: (tables) => new ReplicatedSessions(tables),
};

class ReplicatedSessions implements ReplicatedTable {
  readonly #tables: Tables;

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  get bytes(): number {
    return this.#tables.sessions.bytes;
  }

  apply(command: SessionCommand, executor: CommandExecutor): CommandResult | CommandError {
    const { sessions } = this.#tables;
    if (command.type === "session-close") {
      const changed = sessions.get(command.session) !== undefined;
      if (changed) executor.endSession(command.session);
      return { type: "done", changed };
    }
    const { ttlMs, drawnId: id = executor.index } = command;
    if (sessions.size >= SESSIONS) {
      return new CommandError("TOO_MANY", `There are ${SESSIONS} sessions already`);
    }
    if (sessions.get(id) !== undefined) return idTaken("session", id);
    const { counter } = sessions.add(id, ttlMs, executor.index);
    executor.expiry.push({ type: "alive", kind: "session", id, ttlMs, counter });
    return { type: "session", session: id, ttlMs };
  }

  snapshot(): SnapshotSection[] {
    const sessions: unknown[] = [];
    const results: [number, number, Remembered][] = [];
    for (const { id, ttlMs, counter, floor, results: kept } of this.#tables.sessions.values()) {
      sessions.push([id, ttlMs, counter, floor]);
      for (const [sequence, remembered] of kept) results.push([id, sequence, remembered]);
    }
    return [
      sectionOf("sessions", sessions),
      { type: "results", count: results.length, items: resultItems(results) },
    ];
  }

  restore(contents: SnapshotContents): void {
    const { sessions } = this.#tables;
    for (const item of contents.of("sessions")) {
      const [id, ttlMs, counter, floor] = numbersOf(item, 4);
      sessions.add(id as number, ttlMs as number, counter as number, floor as number);
    }
    for (const item of contents.of("results")) {
      const [id, sequence, bytes] = numbersOf(item, 3);
      const outcome = (item as unknown[])[3] as Outcome;
      const session = sessions.get(id as number);
      if (session === undefined || !isJsonObject(outcome)) {
        throw malformed("a result without a session");
      }
      sessions.load(session, sequence as number, { outcome, bytes: bytes as number });
    }
  }
}

function* resultItems(
  results: readonly [number, number, Remembered][],
): Generator<SnapshotItem> {
  for (const [session, sequence, { bytes, outcome }] of results) {
    yield { item: [session, sequence, bytes, outcome], bytes: ITEM_BYTES + bytes };
  }
}
