import { FRAME_BYTES, type Json } from "../core/mod.ts";
import type { CommandContext } from "./context.ts";
import type { Flag, ParsedArguments } from "./flags.ts";
import { parseBody } from "./json_body.ts";
import { jsonLine, sanitize } from "./terminal/mod.ts";
import { UsageError } from "./usage_error.ts";

/** `--text` and `--json-value`, of the commands that write values. */
export const VALUE_FLAGS: readonly Flag[] = [
  { name: "text", summary: "values are text as it stands, never JSON" },
  { name: "json-value", summary: "values are JSON, or it is an error" },
];

/** What the help says of values. */
export const VALUE_DETAILS =
  "A value is JSON if it reads as JSON and would be written the same again, else text: 42, true, null " +
  "and\n" +
  `'{"a":1}' are JSON; blue, 007, 1.10 and 12345678901234567890 are text. So kv get prints what kv put ` +
  "was given.\nWhat begins as an object, an array or a quoted text does and is no JSON is an error: say " +
  "--text if it is meant.\nA number in JSON that does not fit 64 bits (9007199254740993) is an error, too: in " +
  "quotes it is a text.";

/**
 * The value that an argument stands for; {@linkcode VALUE_DETAILS} tells the rule.
 *
 * @throws {UsageError} when it is broken JSON.
 */
export function readValue(text: string, args: ParsedArguments): Json {
  const isJson = args.isOn("json-value");
  if (args.isOn("text")) {
    if (isJson) throw new UsageError("--text and --json-value exclude each other");
    return text;
  }
  // White space includes the byte order mark of a file.
  if (isJson || /^\s*[{["]/.test(text)) {
    return parseBody(text, "value", "\nText that only looks like JSON is written with --text");
  }
  try {
    const value = JSON.parse(text) as Json;
    // A number that JSON would write otherwise would lose digits: it is a version, a code, an id.
    return JSON.stringify(value) === text ? value : text;
  } catch {
    return text;
  }
}

/** The text of a value argument: `-` is the standard input, without the line break at its end. */
export async function valueTextOf(argument: string, context: CommandContext): Promise<string> {
  if (argument !== "-") return argument;
  return (await context.readInput(FRAME_BYTES)).replace(/\r?\n$/, "");
}

/**
 * A value alone: on a terminal as {@linkcode showValue} has it, else exactly as it is, for a file
 * or the next program.
 */
export function valueText(value: unknown, isTerminal: boolean): string {
  if (isTerminal) return showValue(value);
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** A value for a person: text as it stands, everything else as JSON on one line. */
export function showValue(value: unknown): string {
  return typeof value === "string" ? sanitize(value) : jsonLine(value);
}
