import { isInteger, isJsonObject, type JsonObject } from "../../core/mod.ts";
import { TRANSACTION_BYTES, TRANSACTION_OPERATIONS } from "./limits.ts";
import { bad, checkDelete, checkKey, checkPut, measureValue } from "./checks.ts";
import { CommandError } from "./command_error.ts";

const NUMBER_TARGETS: ReadonlySet<unknown> = new Set([
  "version",
  "createRevision",
  "modRevision",
  "lease",
]);
const OPERATORS: ReadonlySet<unknown> = new Set(["=", "!=", "<", ">"]);

/** Checks a transaction: its compares, and each branch whether or not it will be done (as etcd). */
export function parseTransaction(data: JsonObject): CommandError | undefined {
  for (const name of ["if", "then", "else"]) {
    const items = data[name] ?? [];
    if (!Array.isArray(items)) return bad(`"${name}" of a transaction is a list`);
    if (items.length > TRANSACTION_OPERATIONS) {
      return new CommandError(
        "TOO_LARGE",
        `"${name}" has over ${TRANSACTION_OPERATIONS} operations`,
        {
          limit: TRANSACTION_OPERATIONS,
        },
      );
    }
    const failure = name === "if" ? firstFailure(items, checkCompare) : checkBranch(items);
    if (failure !== undefined) return failure;
  }
  return undefined;
}

function firstFailure(
  items: readonly unknown[],
  check: (item: JsonObject) => CommandError | undefined,
): CommandError | undefined {
  for (const item of items) {
    const failure = isJsonObject(item) ? check(item) : bad("An operation or compare is an object");
    if (failure !== undefined) return failure;
  }
  return undefined;
}

function checkCompare(compare: JsonObject): CommandError | undefined {
  const { key, target, operator, operand } = compare;
  const failure = checkKey(key);
  if (failure !== undefined) return failure;
  if (!OPERATORS.has(operator)) return bad("A compare's operator is =, !=, < or >");
  if (target === "value") {
    const bytes = measureValue(operand);
    return bytes instanceof CommandError ? bytes : undefined;
  }
  if (!NUMBER_TARGETS.has(target)) return bad("A compare's target is unknown");
  return isInteger(operand) ? undefined : bad(`A compare with ${target} has a whole number`);
}

function checkBranch(operations: readonly unknown[]): CommandError | undefined {
  return firstFailure(operations, checkOperation) ??
    checkSize(operations as JsonObject[]) ??
    checkOverlap(operations as JsonObject[]);
}

function checkOperation(operation: JsonObject): CommandError | undefined {
  switch (operation["type"]) {
    case "put":
      return checkPut(operation);
    case "delete":
      return checkDelete(operation);
    case "get":
      return checkKey(operation["key"]);
    case "list": {
      const { limit } = operation;
      return checkKey(operation["prefix"], true) ??
        (limit === undefined || isInteger(limit, 1) ? undefined : bad("A limit is from 1"));
    }
    default:
      return bad("An operation is put, delete, get or list");
  }
}

function checkSize(operations: readonly JsonObject[]): CommandError | undefined {
  let sum = 0;
  for (const operation of operations) {
    if (operation["type"] !== "put") continue;
    const bytes = measureValue(operation["value"]);
    if (bytes instanceof CommandError) return bytes;
    sum += bytes;
  }
  if (sum <= TRANSACTION_BYTES) return undefined;
  return new CommandError("TOO_LARGE", `A transaction that writes ${sum} bytes is over the limit`, {
    limit: TRANSACTION_BYTES,
  });
}

/** No key is put twice, or put and deleted: at one revision a key has one version. */
function checkOverlap(operations: readonly JsonObject[]): CommandError | undefined {
  const put = new Set<string>();
  for (const { type, key } of operations) {
    if (type !== "put") continue;
    if (put.has(key as string)) return duplicate(key as string);
    put.add(key as string);
  }
  for (const { type, key, prefix } of operations) {
    if (type !== "delete") continue;
    const overlapping = typeof key === "string"
      ? put.has(key) ? key : undefined
      : [...put].find((candidate) => candidate.startsWith(prefix as string));
    if (overlapping !== undefined) return duplicate(overlapping);
  }
  return undefined;
}

function duplicate(key: string): CommandError {
  return new CommandError("DUPLICATE_KEY", `The transaction changes "${key}" more than once`, {
    key,
  });
}
