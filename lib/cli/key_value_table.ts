import { isObject, type JsonObject } from "../core/mod.ts";
import type { Paint } from "./palette.ts";
import { printable } from "./printable.ts";
import { formatTable } from "./table.ts";

/** An object as lines of key and value; what is nested one level stands as `key=value`. */
export function keyValueTable(object: JsonObject, paint: Paint): string {
  return formatTable(
    Object.entries(object).map(([key, value]) => [
      paint("heading", printable(key)),
      valueText(value),
    ]),
  );
}

function valueText(value: unknown): string {
  if (value === null || value === undefined || value === "") return "-";
  if (Array.isArray(value)) return value.length === 0 ? "-" : value.map(scalarText).join(", ");
  if (!isObject(value)) return scalarText(value);
  const pairs = Object.entries(value).map(([key, each]) => `${printable(key)}=${scalarText(each)}`);
  return pairs.length === 0 ? "-" : pairs.join(" ");
}

function scalarText(value: unknown): string {
  return printable(typeof value === "string" ? value : JSON.stringify(value));
}
