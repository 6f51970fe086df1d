import { isJsonObject, type Json } from "../../lib/core/mod.ts";

/** One operation that a client did on one key. */
export interface Operation {
  client: string | number;
  /**
   * What was done: a `get` saw `value`; a `put` wrote it; a `cas` wrote it if `expected` stood
   * there.
   */
  op: "get" | "put" | "cas" | "delete";
  key: string;
  /** `null`: the key is absent. */
  value: Json;
  /** Of a `cas`: what had to stand there; `null`: nothing. */
  expected: Json;
  /**
   * Of a `cas`: whether it wrote. Of a `delete`: whether there was something, when that is known.
   */
  succeeded: boolean | undefined;
  /** `true`: done, with that outcome. `null`: it may have happened, or may still, or never. */
  ok: true | null;
  /** When it was asked, on a clock that all clients share. */
  start: number;
  /** When the answer came; `Infinity` when it is not known. */
  end: number;
}

/**
 * Reads a history of JSON lines `{client, op, key, value?, expected?, succeeded?, ok, start,
 * end?}`.
 *
 * `ok` is `true` (done), `false` (refused: certainly never done, and left out) or `null` (unknown).
 * A read whose outcome is not known says nothing and is left out too.
 *
 * @throws {TypeError} naming the line that is not an operation.
 */
export function readHistory(lines: Iterable<string>): Operation[] {
  const operations: Operation[] = [];
  let number = 0;
  for (const line of lines) {
    number++;
    if (line.trim() === "") continue;
    const operation = readOperation(parse(line, number), number);
    if (operation !== undefined) operations.push(operation);
  }
  return operations;
}

function parse(line: string, number: number): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new TypeError(`Line ${number} of the history is not JSON`, { cause });
  }
}

function readOperation(data: unknown, number: number): Operation | undefined {
  if (!isJsonObject(data)) throw new TypeError(`Line ${number} of the history is not an object`);
  const { client, op, key, value = null, expected = null, succeeded, ok = null, start, end } = data;
  const wrong = (what: string) => new TypeError(`Line ${number} of the history: ${what}`);
  if (op !== "get" && op !== "put" && op !== "cas" && op !== "delete") {
    throw wrong(`"op" is get, put, cas or delete`);
  }
  if (typeof client !== "string" && typeof client !== "number") throw wrong(`"client" is missing`);
  if (typeof key !== "string") throw wrong(`"key" is missing`);
  if (typeof ok !== "boolean" && ok !== null) throw wrong(`"ok" is true, false or null`);
  if (typeof start !== "number") throw wrong(`"start" is missing`);
  if (ok === true && (typeof end !== "number" || end < start)) {
    throw wrong(`"end" is not after "start"`);
  }
  if (ok === true && op === "cas" && typeof succeeded !== "boolean") {
    throw wrong(`"succeeded" of a cas is missing`);
  }
  if (ok === false || (ok === null && op === "get")) return undefined;
  return {
    client,
    op,
    key,
    value: value as Json,
    expected: expected as Json,
    succeeded: typeof succeeded === "boolean" && ok ? succeeded : undefined,
    ok,
    start,
    end: ok ? end as number : Infinity,
  };
}
