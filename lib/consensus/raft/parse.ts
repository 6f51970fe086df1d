import {
  CONFIG_NODES,
  isInteger,
  isJsonObject,
  isNonEmptyString,
  type JsonObject,
} from "../../core/mod.ts";
import { APPEND_ENTRIES } from "./limits.ts";
import type { Entry, SnapshotMeta } from "./entry.ts";
import type { ConsensusMessage } from "./messages.ts";

/** A message that is what it should be, or why it is not. */
export type Parsed<T> = { ok: true; value: T } | { ok: false; reason: string };

/** Further tables of the state that a node may know, and the characters of a name. */
const TABLES = 64;
const TABLE_CHARACTERS = 64;
/** Characters of a node's id: a UUID has 36, and here ids are only compared. */
const ID_CHARACTERS = 64;

/** Reads a consensus message of the wire; never throws. */
export function parseConsensusMessage(given: unknown): Parsed<ConsensusMessage> {
  if (!isJsonObject(given)) return refuse("not an object");
  if (!isInteger(given.term)) return refuse("term is not a whole number");
  switch (given.type) {
    case "vote-request":
      return fields(given, {
        pre: "flag",
        lastIndex: "whole",
        lastTerm: "whole",
        transfer: "flag",
      });
    case "vote":
      return fields(given, { pre: "flag", granted: "flag" });
    case "append":
      return parseAppend(given);
    case "appended":
      return parseAppended(given);
    case "timeout-now":
      return fields(given, {});
    case "read-request":
      return fields(given, { read: "whole" });
    case "read-reply":
      return fields(given, { read: "whole", ok: "flag", index: "whole" });
    default:
      return refuse("unknown type");
  }
}

/** Reads what stands for a snapshot, as it comes with one from another node; never throws. */
export function parseSnapshotMeta(given: unknown): Parsed<SnapshotMeta> {
  if (!isJsonObject(given)) return refuse("snapshot is not an object");
  if (!isInteger(given.index) || !isInteger(given.term)) {
    return refuse("snapshot has no index and term");
  }
  const reason = configFault(given.config);
  if (reason !== undefined) return refuse(reason);
  return { ok: true, value: given as unknown as SnapshotMeta };
}

type Shape = Record<string, "whole" | "flag" | "number">;

function fields(given: JsonObject, shape: Shape): Parsed<ConsensusMessage> {
  for (const name in shape) {
    const value = given[name];
    const kind = shape[name];
    const isRight = kind === "whole"
      ? isInteger(value)
      : kind === "flag"
      ? typeof value === "boolean"
      : typeof value === "number" && Number.isFinite(value);
    if (!isRight) return refuse(`${String(given.type)}: ${name} is not a ${kind}`);
  }
  return { ok: true, value: given as unknown as ConsensusMessage };
}

function parseAppended(given: JsonObject): Parsed<ConsensusMessage> {
  const { tables } = given;
  const isList = tables === undefined || (Array.isArray(tables) && tables.length <= TABLES &&
    tables.every((name) => isNonEmptyString(name, TABLE_CHARACTERS)));
  if (!isList) return refuse("appended: tables is no list of names");
  return fields(given, {
    ok: "flag",
    index: "whole",
    hintIndex: "whole",
    hintTerm: "whole",
    round: "whole",
    sentAt: "number",
  });
}

function parseAppend(given: JsonObject): Parsed<ConsensusMessage> {
  const parsed = fields(given, {
    previousIndex: "whole",
    previousTerm: "whole",
    commit: "whole",
    round: "whole",
    sentAt: "number",
  });
  if (!parsed.ok) return parsed;
  if (given.life !== undefined && !isNonEmptyString(given.life, ID_CHARACTERS)) {
    return refuse("append: life is no id");
  }
  if (given.held !== undefined && !isInteger(given.held)) {
    return refuse("append: held is not a whole");
  }
  const { electionTimeoutMs = 0 } = given;
  if (!isInteger(electionTimeoutMs)) return refuse("append: electionTimeoutMs is not a whole");
  const entries: unknown = given.entries;
  if (!Array.isArray(entries)) return refuse("append: entries is not a list");
  if (entries.length > APPEND_ENTRIES) return refuse(`append: over ${APPEND_ENTRIES} entries`);
  let index = given.previousIndex as number;
  let term = given.previousTerm as number;
  if (term > (given.term as number)) return refuse("append: previousTerm is past its term");
  for (const entry of entries) {
    index++;
    const reason = entryFault(entry, index, term, given.term as number);
    if (reason !== undefined) return refuse(`append: entry ${index}: ${reason}`);
    term = (entry as Entry).term;
  }
  return parsed;
}

function entryFault(
  entry: unknown,
  index: number,
  termBefore: number,
  leaderTerm: number,
): string | undefined {
  if (!isJsonObject(entry)) return "not an object";
  if (entry.index !== index) return "its index does not follow";
  if (!isInteger(entry.term, Math.max(1, termBefore), leaderTerm)) {
    return "its term does not follow";
  }
  if (entry.data === undefined) return "no data";
  const { table } = entry;
  if (
    table !== undefined && (entry.type !== "command" || !isNonEmptyString(table, TABLE_CHARACTERS))
  ) {
    return "its table is no name, or not of a command";
  }
  switch (entry.type) {
    case "noop":
    case "command":
      return undefined;
    case "config":
      return configFault(entry.data);
    default:
      return "unknown type";
  }
}

function configFault(given: unknown): string | undefined {
  if (!isJsonObject(given)) return "config is not an object";
  const { voters, learners, memory, vacant } = given as unknown as Record<string, unknown>;
  if (!Array.isArray(voters) || !Array.isArray(learners)) {
    return "config lists no voters and learners";
  }
  const all: unknown[] = [...voters, ...learners];
  if (all.length > CONFIG_NODES) return `config has over ${CONFIG_NODES} nodes`;
  if (!all.every((id) => isNonEmptyString(id, ID_CHARACTERS))) return "config holds what is no id";
  if (new Set(all).size !== all.length) return "config names a node twice";
  if (vacant !== undefined && vacant !== true) return "config has a vacant that is not true";
  if (memory === undefined) return undefined;
  if (!Array.isArray(memory) || new Set(memory).size !== memory.length) {
    return "config lists no memory, or a node of it twice";
  }
  return memory.every((id) => all.includes(id)) ? undefined : "config has memory of a stranger";
}

function refuse(reason: string): { ok: false; reason: string } {
  return { ok: false, reason };
}
