import { type Json, LIST_ENTRIES } from "../../core/mod.ts";
import { TRANSACTION_BYTES } from "./limits.ts";
import { RESERVED_PREFIX } from "./checks.ts";
import type { Batch } from "./batch.ts";
import type { Compare, Delete, Operation, Put, Transaction } from "./command.ts";
import type { OperationResult, PutResult, TransactionResult } from "./command_result.ts";
import { entryOf, type PutEvent } from "./key_value.ts";
import { CommandError } from "./command_error.ts";
import { jsonEquals } from "./json_value.ts";
import { compareKeys } from "./key_order.ts";
import { pageOf } from "./key_space.ts";

/** Evaluates the compares and does one branch, in the batch; also what its reads count. */
export function execute(
  transaction: Transaction,
  batch: Batch,
): { result: TransactionResult; readBytes: number } | CommandError {
  const succeeded = (transaction.if ?? []).every((compare) => holds(compare, batch));
  const operations = (succeeded ? transaction.then : transaction.else) ?? [];
  const results: OperationResult[] = [];
  let bytes = 0;
  for (const operation of operations) {
    const done = perform(operation, batch);
    bytes += done.bytes;
    if (bytes > TRANSACTION_BYTES) {
      return new CommandError(
        "TOO_LARGE",
        `The transaction reads over ${TRANSACTION_BYTES} bytes: read with get and list instead`,
        { limit: TRANSACTION_BYTES },
      );
    }
    results.push(done.result);
  }
  return { result: { type: "transaction", succeeded, results }, readBytes: bytes };
}

/** Puts a key, in the batch. */
export function put(operation: Pick<Put, "key" | "value" | "lease">, batch: Batch): PutResult {
  const { createRevision, version } = batch.put(operation.key, operation.value, operation.lease);
  return { type: "put", createRevision, version };
}

/** Deletes a key or all that users may delete under a prefix, in the batch; how many there were. */
export function remove(operation: Delete, batch: Batch): number {
  if (operation.key !== undefined) return Number(batch.delete(operation.key));
  const keys = [];
  for (const { event } of batch.scan(operation.prefix ?? "")) {
    if (!event.key.startsWith(RESERVED_PREFIX)) keys.push(event.key);
  }
  for (const key of keys) batch.delete(key);
  return keys.length;
}

function perform(operation: Operation, batch: Batch): { result: OperationResult; bytes: number } {
  switch (operation.type) {
    case "put":
      return { result: put(operation, batch), bytes: 0 };
    case "delete":
      return { result: { type: "delete", deleted: remove(operation, batch) }, bytes: 0 };
    case "get": {
      const found = batch.read(operation.key);
      const entry = found === undefined ? null : entryOf(found.event);
      return { result: { type: "get", entry }, bytes: found?.bytes ?? 0 };
    }
    case "list": {
      const { page, bytes } = pageOf(batch.scan(operation.prefix), operation.limit ?? LIST_ENTRIES);
      return { result: page, bytes };
    }
  }
}

/** Whether a compare holds before the transaction. */
function holds(compare: Compare, batch: Batch): boolean {
  const event = batch.read(compare.key)?.event;
  if (compare.target === "value") {
    return event !== undefined && valueHolds(event.value, compare.operator, compare.operand);
  }
  return orderHolds(numberOf(event, compare.target) - Number(compare.operand), compare.operator);
}

function numberOf(
  event: PutEvent | undefined,
  target: Exclude<Compare["target"], "value">,
): number {
  if (event === undefined) return 0;
  switch (target) {
    case "version":
      return event.version;
    case "createRevision":
      return event.createRevision;
    case "modRevision":
      return event.revision;
    case "lease":
      return event.lease ?? 0;
  }
}

function valueHolds(value: Json, operator: Compare["operator"], operand: Json): boolean {
  if (operator === "=") return jsonEquals(value, operand);
  if (operator === "!=") return !jsonEquals(value, operand);
  if (typeof value === "number" && typeof operand === "number") {
    return orderHolds(value - operand, operator);
  }
  if (typeof value === "string" && typeof operand === "string") {
    return orderHolds(compareKeys(value, operand), operator);
  }
  return false;
}

function orderHolds(difference: number, operator: Compare["operator"]): boolean {
  switch (operator) {
    case "=":
      return difference === 0;
    case "!=":
      return difference !== 0;
    case "<":
      return difference < 0;
    case ">":
      return difference > 0;
  }
}
