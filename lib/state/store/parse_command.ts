import {
  EXPIRE_BATCH,
  isInteger,
  isJsonObject,
  type JsonObject,
  LEASE_MAX_MS,
  LEASE_MIN_MS,
  LOCK_NAME_BYTES,
  REGAINED_REVISIONS,
  utf8Bytes,
} from "../../core/mod.ts";
import { bad, checkDelete, checkPut, measureValue } from "./checks.ts";
import type { Command } from "./command.ts";
import { CommandError } from "./command_error.ts";
import { parseTransaction } from "./parse_transaction.ts";

/** Reads a log entry's data as a command: the same answer on every replica, whatever the data. */
export function parseCommand(data: unknown): Command | CommandError {
  if (!isJsonObject(data)) return bad("A command is an object");
  const failure = checkStamp(data) ?? checkRequest(data);
  return failure ?? (data as unknown as Command);
}

/** The commands that are harmless when repeated, and so are not numbered. */
const UNSTAMPED: ReadonlySet<unknown> = new Set([
  "session-open",
  "session-close",
  "keep-alive",
  "compact",
  "advance",
  "expire",
]);

/** The commands that no client may propose: the master's own, and what its operator forces. */
export const OWN_COMMANDS: ReadonlySet<unknown> = new Set(["advance", "expire"]);

function checkStamp(data: JsonObject): CommandError | undefined {
  const { session, sequence, acknowledged } = data;
  if (UNSTAMPED.has(data["type"])) {
    return sequence === undefined ? undefined : bad(`"${data["type"]}" takes no sequence`);
  }
  if (session === undefined && sequence === undefined) return undefined;
  if (!isInteger(session, 1) || !isInteger(sequence, 1)) {
    return bad("A session and a sequence are whole numbers from 1, and come together");
  }
  if (acknowledged === undefined || isInteger(acknowledged, 1, sequence)) return undefined;
  return bad("What is acknowledged is not above the sequence");
}

function checkRequest(data: JsonObject): CommandError | undefined {
  switch (data["type"]) {
    case "put":
      return checkPut(data);
    case "delete":
      return checkDelete(data);
    case "cas":
      return checkPut(data) ?? checkExpect(data["expect"]);
    case "transaction":
      return parseTransaction(data);
    case "session-open":
    case "lease-grant":
      return checkGrant(data);
    case "session-close":
      return isInteger(data["session"], 1) ? undefined : bad("A session is a whole number");
    case "lease-revoke":
      return isInteger(data["lease"], 1) ? undefined : bad("A lease is a whole number");
    case "lock-acquire":
    case "lock-release":
      return checkLock(data);
    case "compact":
      return isInteger(data["revision"], 1) ? undefined : bad("A revision is a whole number");
    case "advance":
      return isInteger(data["revisions"], 1, REGAINED_REVISIONS)
        ? undefined
        : bad(`An advance is by 1 to ${REGAINED_REVISIONS} revisions`);
    case "keep-alive":
      return checkIds(data, (id) => isInteger(id, 1));
    case "expire":
      return checkIds(
        data,
        (item) => isJsonObject(item) && isInteger(item["id"], 1) && isInteger(item["counter"], 1),
      );
    default:
      return bad(`Unknown command "${String(data["type"]).slice(0, 64)}"`);
  }
}

function checkGrant({ ttlMs, drawnId }: JsonObject): CommandError | undefined {
  if (!isInteger(ttlMs, LEASE_MIN_MS, LEASE_MAX_MS)) {
    return bad(`A TTL is a whole number from ${LEASE_MIN_MS} to ${LEASE_MAX_MS} ms`);
  }
  return drawnId === undefined || isInteger(drawnId, 1)
    ? undefined
    : bad("An id is a whole number");
}

function checkExpect(expect: unknown): CommandError | undefined {
  if (!isJsonObject(expect)) return bad("A compare-and-set expects something");
  const { revision, value, absent } = expect;
  const given = [revision, value, absent].filter((item) => item !== undefined);
  if (given.length !== 1) return bad("A compare-and-set expects a revision, a value or absence");
  if (revision !== undefined) return isInteger(revision) ? undefined : bad("A revision is whole");
  if (absent !== undefined) return absent === true ? undefined : bad('"absent" is true');
  const bytes = measureValue(value);
  return bytes instanceof CommandError ? bytes : undefined;
}

function checkLock(data: JsonObject): CommandError | undefined {
  const { name, lease, wait } = data;
  if (typeof name !== "string" || name === "" || !name.isWellFormed()) {
    return bad("A lock's name is well-formed text");
  }
  if (utf8Bytes(name) > LOCK_NAME_BYTES) {
    return new CommandError("TOO_LARGE", `A lock's name is at most ${LOCK_NAME_BYTES} bytes`, {
      limit: LOCK_NAME_BYTES,
    });
  }
  if (!isInteger(lease, 1)) return bad("A lease is a whole number");
  return wait === undefined || typeof wait === "boolean" ? undefined : bad('"wait" is a boolean');
}

function checkIds(data: JsonObject, isItem: (item: unknown) => boolean): CommandError | undefined {
  for (const items of [data["leases"] ?? [], data["sessions"] ?? []]) {
    if (!Array.isArray(items) || !items.every(isItem)) {
      return bad("Leases and sessions are lists of ids");
    }
    if (items.length > EXPIRE_BATCH) {
      return new CommandError("TOO_LARGE", `At most ${EXPIRE_BATCH} leases or sessions at once`, {
        limit: EXPIRE_BATCH,
      });
    }
  }
  return undefined;
}
