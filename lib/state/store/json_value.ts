import { isJsonObject, type Json } from "../../core/mod.ts";
import { VALUE_DEPTH } from "./limits.ts";

/**
 * The bytes of a value as JSON in UTF-8, as `JSON.stringify` writes it.
 *
 * @returns `undefined` when it is no JSON value, or nested deeper than `VALUE_DEPTH`.
 */
export function jsonBytes(value: unknown, depth = VALUE_DEPTH): number | undefined {
  switch (typeof value) {
    case "string":
      return textBytes(value);
    case "number":
      return Number.isFinite(value) ? String(value).length : undefined;
    case "boolean":
      return value ? 4 : 5;
    case "object":
      break;
    default:
      return undefined;
  }
  if (value === null) return 4;
  if (depth === 0) return undefined;
  return Array.isArray(value) ? arrayBytes(value, depth) : objectBytes(value, depth);
}

function arrayBytes(items: readonly unknown[], depth: number): number | undefined {
  let sum = 2 + Math.max(0, items.length - 1);
  for (const item of items) {
    const bytes = jsonBytes(item, depth - 1);
    if (bytes === undefined) return undefined;
    sum += bytes;
  }
  return sum;
}

function objectBytes(value: object, depth: number): number | undefined {
  const entries = Object.entries(value);
  let sum = 2 + Math.max(0, entries.length - 1);
  for (const [name, item] of entries) {
    const bytes = jsonBytes(item, depth - 1);
    if (bytes === undefined) return undefined;
    sum += textBytes(name) + 1 + bytes;
  }
  return sum;
}

/** The bytes of a text as a JSON string, with its quotes and escapes. */
function textBytes(text: string): number {
  let sum = 2;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) sum += asciiBytes(unit);
    else if (unit < 0x800) sum += 2;
    else if (unit < 0xd800 || unit > 0xdfff) sum += 3;
    else if (unit < 0xdc00 && isLowSurrogate(text.charCodeAt(i + 1))) {
      sum += 4;
      i++;
    } else sum += 6; // a lone surrogate is written as an escape
  }
  return sum;
}

function asciiBytes(unit: number): number {
  if (unit >= 0x20) return unit === 0x22 || unit === 0x5c ? 2 : 1;
  // \b \t \n \f \r have short escapes
  return unit >= 8 && unit <= 13 && unit !== 11 ? 2 : 6;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}

/** Whether two values are the same JSON; the order of an object's fields does not count. */
export function jsonEquals(left: Json, right: Json): boolean {
  if (left === right) return true;
  if (Array.isArray(left)) {
    return Array.isArray(right) && left.length === right.length &&
      left.every((item, i) => jsonEquals(item, right[i] as Json));
  }
  if (!isJsonObject(left) || !isJsonObject(right)) return false;
  const names = Object.keys(left);
  return names.length === Object.keys(right).length &&
    names.every((name) =>
      Object.hasOwn(right, name) && jsonEquals(left[name] as Json, right[name] as Json)
    );
}
