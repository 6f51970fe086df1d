import { isJsonObject, type JsonObject } from "../../core/mod.ts";
import type { Paint } from "./palette.ts";
import { sanitize } from "./sanitize.ts";
import { formatTable } from "./table.ts";

/** How deep objects within objects get rows of their own; past that they are shown as JSON. */
const ROW_DEPTH = 3;

/** What to show for a text under a key: a name for an id, or the text itself. */
export type NameOf = (text: string, key: string) => string;

/**
 * An object as rows of key and value. The plain fields of an object within it stand on one row as
 * `key=value`, an object within that on a row of its own, as `outer.inner`.
 */
export function keyValueTable(
  object: JsonObject,
  paint: Paint,
  nameOf: NameOf = (text) => text,
): string {
  const rows = Object.entries(object).flatMap(([key, value]) => rowsOf(key, value, nameOf, 1));
  return formatTable(rows.map(([key, text]) => [paint("heading", key), text]));
}

function rowsOf(
  key: string,
  value: unknown,
  nameOf: NameOf,
  depth: number,
): [key: string, text: string][] {
  if (!isJsonObject(value)) return [[sanitize(key), plainText(value, key, nameOf)]];
  const fields = Object.entries(value);
  const isInner = (each: unknown) => depth < ROW_DEPTH && isJsonObject(each);
  const plain = fields.filter(([, each]) => !isInner(each))
    .map(([name, each]) => `${sanitize(name)}=${plainText(each, name, nameOf)}`);
  const inner = fields.filter(([, each]) => isInner(each))
    .flatMap(([name, each]) => rowsOf(`${key}.${name}`, each, nameOf, depth + 1));
  if (plain.length === 0 && inner.length > 0) return inner;
  return [[sanitize(key), plain.length === 0 ? "-" : plain.join(" ")], ...inner];
}

function plainText(value: unknown, key: string, nameOf: NameOf): string {
  if (value === null || value === undefined || value === "") return "-";
  if (typeof value === "string") return sanitize(nameOf(value, key));
  if (!Array.isArray(value)) return sanitize(JSON.stringify(value));
  if (value.length === 0) return "-";
  return value.map((each) => plainText(each, key, nameOf)).join(", ");
}
