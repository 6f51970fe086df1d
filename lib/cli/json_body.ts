import { type Json, messageOf } from "../core/mod.ts";
import { displayWidth, sanitize } from "./terminal/mod.ts";
import { checkNumbers } from "./exact_number.ts";
import { UsageError } from "./usage_error.ts";

/** Characters that are shown on either side of a fault. */
const AROUND_FAULT = 30;

/**
 * Reads JSON that a person typed.
 *
 * @param what it is, for the error.
 * @param advice what else the person may have meant, when it is no JSON.
 * @throws {UsageError} showing where it stops being JSON, or the number that would be kept as
 * another.
 */
export function parseBody(typed: string, what = "body", advice = ""): Json {
  // Some editors put a byte order mark before it (RFC 8259, 8.1).
  const text = typed.replace(/^\ufeff/, "");
  const body = parse(text, what, advice);
  checkNumbers(text);
  return body;
}

function parse(text: string, what: string, advice: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    const at = jsonFaultAt(text);
    const line = text.slice(0, at).split("\n").length;
    const column = at - (text.lastIndexOf("\n", at - 1) + 1);
    const found = at >= text.length
      ? "it ends too early"
      : `unexpected "${sanitize(text.charAt(at))}"`;
    const where = line > 1 ? `line ${line}, character ${column + 1}` : `character ${column + 1}`;
    throw new UsageError(
      `The ${what} is not JSON: ${found} at ${where}\n${excerpt(text, at)}` +
        '\nTexts and keys stand in double quotes, the whole in single quotes: \'{"name":"Ada"}\'' +
        advice,
      { cause: messageOf(error) },
    );
  }
}

/**
 * Whether an argument is meant as JSON: it is JSON, or begins as an object, an array or a text
 * does.
 */
export function isMeantAsJson(text: string): boolean {
  if (/^\s*[{["]/.test(text)) return true;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function excerpt(text: string, at: number): string {
  const lineStart = text.lastIndexOf("\n", at - 1) + 1;
  const lineEnd = text.indexOf("\n", at) === -1 ? text.length : text.indexOf("\n", at);
  const from = Math.max(lineStart, at - AROUND_FAULT);
  const to = Math.min(lineEnd, at + AROUND_FAULT);
  const before = (from > lineStart ? "…" : "") + sanitize(text.slice(from, at));
  const after = sanitize(text.slice(at, to)) + (to < lineEnd ? "…" : "");
  return `  ${before}${after}\n  ${" ".repeat(displayWidth(before))}^`;
}

const SPACE = /[ \t\n\r]*/y;
const STRING = /"(?:[^"\\\p{Cc}]|[\x7f-\x9f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"?/uy;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORDS = ["true", "false", "null"];

/**
 * Where a text stops being JSON, as the index of the first character that cannot stand there. The
 * engine's own message names the place only for some of the faults.
 */
export function jsonFaultAt(text: string): number {
  // What may come next, innermost last: a stack of our own, so that no depth overflows.
  const closers: string[] = [];
  let at = 0;
  let wants: "value" | "value-or-end" | "key" | "key-or-end" | "more" = "value";
  while (true) {
    at += lengthOf(SPACE, text, at);
    const next = text.charAt(at);
    if (next === "") return at;
    if (wants === "more") {
      const closer = closers.at(-1);
      if (closer === undefined) return at;
      if (next === ",") wants = closer === "}" ? "key" : "value";
      else if (next === closer) closers.pop();
      else return at;
      at++;
    } else if (wants.endsWith("-or-end") && next === closers.at(-1)) {
      closers.pop();
      at++;
      wants = "more";
    } else if (wants.startsWith("key")) {
      if (next !== '"') return at;
      const end = at + lengthOf(STRING, text, at);
      if (!isWholeString(text, at, end)) return end;
      at = end + lengthOf(SPACE, text, end);
      if (text.charAt(at) !== ":") return at;
      at++;
      wants = "value";
    } else if (next === "{" || next === "[") {
      closers.push(next === "{" ? "}" : "]");
      wants = next === "{" ? "key-or-end" : "value-or-end";
      at++;
    } else {
      const end = at + scalarLength(text, at);
      if (end === at || (next === '"' && !isWholeString(text, at, end))) return end;
      at = end;
      wants = "more";
    }
  }
}

function scalarLength(text: string, at: number): number {
  if (text.charAt(at) === '"') return lengthOf(STRING, text, at);
  const word = WORDS.find((each) => text.startsWith(each, at));
  return word === undefined ? lengthOf(NUMBER, text, at) : word.length;
}

function isWholeString(text: string, from: number, end: number): boolean {
  return end - from >= 2 && text.charAt(end - 1) === '"' &&
    (/\\*$/.exec(text.slice(from, end - 1)) as RegExpExecArray)[0].length % 2 === 0;
}

function lengthOf(shape: RegExp, text: string, at: number): number {
  shape.lastIndex = at;
  return shape.exec(text)?.[0].length ?? 0;
}
