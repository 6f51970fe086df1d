// Controls, and the invisible characters that reorder or hide the text around them.
const UNPRINTABLE = /[\p{Cc}\p{Cf}\u2028\u2029]|\p{Cs}/gu;
const UNPRINTABLE_IN_JSON = /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/**
 * Text of the network as it may be shown on a terminal: what could move the cursor, set a title or
 * reorder the line stands there escaped.
 */
export function sanitize(text: string): string {
  return text.replace(UNPRINTABLE, (character) => {
    // An emoji of a family is several joined by this.
    if (character === "\u200d") return character;
    const code = (character.codePointAt(0) as number).toString(16);
    return code.length <= 2 ? `\\x${code.padStart(2, "0")}` : `\\u{${code}}`;
  });
}

/** A value as one line of JSON that is harmless on a terminal, too. */
export function jsonLine(value: unknown): string {
  return escapeInJson(JSON.stringify(value));
}

/**
 * A value as indented JSON.
 *
 * @param isTerminal whether it has to be harmless on a terminal; else texts stand there as they
 * are.
 */
export function jsonLines(value: unknown, isTerminal: boolean): string {
  const text = JSON.stringify(value, null, 2);
  return isTerminal ? escapeInJson(text) : text;
}

function escapeInJson(text: string): string {
  return text.replace(
    UNPRINTABLE_IN_JSON,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
