import { isInteger, type JsonObject, utf8Bytes } from "../../core/mod.ts";
import { KEY_BYTES, VALUE_BYTES } from "./limits.ts";
import { CommandError } from "./command_error.ts";
import { jsonBytes } from "./json_value.ts";

/** Keys that start with this belong to the program: its own commands alone write them. */
export const RESERVED_PREFIX = "$";

/** A failure that names what is wrong with a request. */
export function bad(message: string): CommandError {
  return new CommandError("BAD_REQUEST", message);
}

/** Checks a key that is read, or a prefix when it may be empty. */
export function checkKey(key: unknown, isPrefix = false): CommandError | undefined {
  if (typeof key !== "string" || !key.isWellFormed()) return bad("A key is well-formed text");
  if (key === "" && !isPrefix) return bad("A key is not empty");
  // No text has more bytes than three times its units.
  if (key.length * 3 <= KEY_BYTES || utf8Bytes(key) <= KEY_BYTES) return undefined;
  return new CommandError(
    "TOO_LARGE",
    `The key "${key.slice(0, 32)}…" is over ${KEY_BYTES} bytes`,
    {
      limit: KEY_BYTES,
    },
  );
}

/** Checks a key that a user writes. */
export function checkWritten(key: unknown): CommandError | undefined {
  const failure = checkKey(key);
  if (failure !== undefined || !(key as string).startsWith(RESERVED_PREFIX)) return failure;
  return bad(`Cannot write "${key}": keys that start with "${RESERVED_PREFIX}" are reserved`);
}

/** Checks a value; its bytes as JSON. */
export function measureValue(value: unknown): number | CommandError {
  const bytes = jsonBytes(value);
  if (bytes === undefined) return bad("A value is JSON of bounded depth");
  if (bytes <= VALUE_BYTES) return bytes;
  return new CommandError("TOO_LARGE", `A value of ${bytes} bytes is over ${VALUE_BYTES}`, {
    limit: VALUE_BYTES,
  });
}

/** Checks the content of a put: key, value and lease. */
export function checkPut(data: JsonObject): CommandError | undefined {
  const failure = checkWritten(data["key"]);
  if (failure !== undefined) return failure;
  const bytes = measureValue(data["value"]);
  if (bytes instanceof CommandError) return bytes;
  const { lease } = data;
  return lease === undefined || isInteger(lease, 1) ? undefined : bad("A lease is a whole number");
}

/** Checks what a delete names. */
export function checkDelete(data: JsonObject): CommandError | undefined {
  const { key, prefix } = data;
  if ((key === undefined) === (prefix === undefined)) {
    return bad("A delete names a key or a prefix");
  }
  if (key !== undefined) return checkWritten(key);
  const failure = checkKey(prefix, true);
  if (failure !== undefined || !(prefix as string).startsWith(RESERVED_PREFIX)) return failure;
  return bad(`Cannot delete "${prefix}": keys that start with "${RESERVED_PREFIX}" are reserved`);
}
