import {
  BATCH_MESSAGES,
  isJsonObject,
  isNonEmptyString,
  type Message,
  MESSAGE_DEPTH,
  nestingFault,
  TYPE_CHARACTERS,
} from "../core/mod.ts";
import { WireError } from "./frame_decoder.ts";
import { isNestedDeeper } from "./nesting.ts";
import { PiecewiseJson } from "./piecewise_json.ts";

export { isCostlyJson } from "./piecewise_json.ts";

/**
 * Reads the JSON of one frame: one message, or an array of messages where both sides said `batch`.
 *
 * @param text the frame's text.
 * @param mayBatch whether an array is allowed.
 * @throws {WireError} `BAD_MESSAGE`, saying what is wrong.
 */
export function parseMessages(text: string, mayBatch: boolean): Message | Message[] {
  const levels = checkedLevels(text, mayBatch);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw notJson(text);
  }
  if (mayNamePrototype(text)) checkKeys(value, levels);
  return checkMessages(value, text, mayBatch);
}

/** Reads the JSON of one costly frame, piece by piece, as `parseMessages` does at once. */
export class PiecewiseMessages {
  readonly #text: string;
  readonly #mayBatch: boolean;
  readonly #json: PiecewiseJson;

  /**
   * Reads that text, which may hold several messages.
   *
   * @throws {WireError} `BAD_MESSAGE` when it nests too deep.
   */
  constructor(text: string, mayBatch: boolean) {
    const levels = checkedLevels(text, mayBatch);
    this.#text = text;
    this.#mayBatch = mayBatch;
    // A piece has a bracket of our own around it.
    const check = (piece: unknown) => checkKeys(piece, levels + 1);
    this.#json = new PiecewiseJson(text, mayNamePrototype(text) ? check : () => {});
  }

  /**
   * Parses one more piece.
   *
   * @returns what the frame holds once that was the last, and before that nothing.
   * @throws {WireError} `BAD_MESSAGE`, saying what is wrong.
   */
  step(): Message | Message[] | undefined {
    let parsed: [unknown] | undefined;
    try {
      parsed = this.#json.step();
    } catch (error) {
      throw error instanceof WireError ? error : notJson(this.#text);
    }
    return parsed && checkMessages(parsed[0], this.#text, this.#mayBatch);
  }
}

/**
 * The levels that a frame may nest: its array is no level of its messages, as what may be sent
 * alone may be sent in company.
 *
 * @throws {WireError} `BAD_MESSAGE` when it has more.
 */
function checkedLevels(text: string, mayBatch: boolean): number {
  const levels = mayBatch && /^\s*\[/.test(text) ? MESSAGE_DEPTH + 1 : MESSAGE_DEPTH;
  if (!isNestedDeeper(text, levels)) return levels;
  const reason = `JSON nested deeper than ${MESSAGE_DEPTH} levels is not JSON that is taken here`;
  throw new WireError("BAD_MESSAGE", reason);
}

function notJson(text: string): WireError {
  return new WireError("BAD_MESSAGE", `A frame that is not JSON: ${excerpt(text)}`);
}

function checkKeys(value: unknown, levels: number): void {
  if (nestingFault(value, levels) !== "prototype-key") return;
  throw new WireError("BAD_MESSAGE", 'A key named "__proto__"');
}

function checkMessages(value: unknown, text: string, mayBatch: boolean): Message | Message[] {
  if (!Array.isArray(value)) return checkMessage(value, text);
  if (!mayBatch) {
    throw new WireError("BAD_MESSAGE", "An array of messages before both sides said batch");
  }
  if (value.length === 0 || value.length > BATCH_MESSAGES) {
    throw new WireError(
      "BAD_MESSAGE",
      `An array of ${value.length} messages; it holds 1 to ${BATCH_MESSAGES}`,
    );
  }
  for (let at = 0; at < value.length; at++) value[at] = checkMessage(value[at], text);
  return value;
}

function checkMessage(value: unknown, text: string): Message {
  if (!isJsonObject(value)) {
    throw new WireError("BAD_MESSAGE", `A message is a JSON object, not ${excerpt(text)}`);
  }
  if (isNonEmptyString(value["type"], TYPE_CHARACTERS)) return value as Message;
  if (value["type"] === undefined && isJsonObject(value["source"]) && isJsonObject(value["dest"])) {
    // The tutorial's join object has no type: it is known by its shape.
    return { ...value, type: "tutorial-join" };
  }
  throw new WireError(
    "BAD_MESSAGE",
    `A message needs a "type" of 1 to ${TYPE_CHARACTERS} characters: ${excerpt(text)}`,
  );
}

/** Whether a key could be `__proto__`, as it stands or with some of its letters escaped. */
function mayNamePrototype(text: string): boolean {
  return text.includes("__proto__") || text.includes("\\u00");
}

function excerpt(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 60)}…`;
}
