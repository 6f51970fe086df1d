/** A value that JSON can carry. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A JSON object of which nothing else is known yet. */
export type JsonObject = { [key: string]: unknown };

/** Whether a value is a JSON object: not null, not an array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a value is a string of at most `maxLength` UTF-16 units, and not empty. */
export function isNonEmptyString(value: unknown, maxLength: number): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= maxLength;
}

/** Whether a value is a whole number in [low, high]. */
export function isInteger(
  value: unknown,
  low = 0,
  high: number = Number.MAX_SAFE_INTEGER,
): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= low && value <= high;
}

/** What keeps a value from travelling. */
export type NestingFault = "too-deep" | "prototype-key";

/**
 * Whether a value is nested too deep for whoever walks it, or has a key that assigning it on would
 * turn into a prototype.
 *
 * @param levels how deep objects and arrays may nest, the value itself counted.
 */
export function nestingFault(value: unknown, levels: number): NestingFault | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (levels === 0) return "too-deep";
  if (Array.isArray(value)) {
    for (const each of value) {
      const fault = nestingFault(each, levels - 1);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }
  const object = value as JsonObject;
  for (const key in object) {
    // An own `__proto__` is harmless until some code assigns it on: it is never let in.
    if (key === "__proto__") return "prototype-key";
    const fault = nestingFault(object[key], levels - 1);
    if (fault !== undefined) return fault;
  }
  return undefined;
}
