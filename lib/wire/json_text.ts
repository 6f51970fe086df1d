/** `"`, as all here a character code. */
export const QUOTE = 0x22;
/** `,`. */
export const COMMA = 0x2c;
/** `:`. */
export const COLON = 0x3a;
/** `[`. */
export const OPENING_BRACKET = 0x5b;
/** `]`. */
export const CLOSING_BRACKET = 0x5d;
/** `{`. */
export const OPENING_BRACE = 0x7b;
/** `}`. */
export const CLOSING_BRACE = 0x7d;
const BACKSLASH = 0x5c;

/** How often a sign occurs; at most `most` + 1. */
export function countSign(text: string, sign: string, most: number): number {
  let found = 0;
  for (let at = text.indexOf(sign); at >= 0 && found <= most; at = text.indexOf(sign, at + 1)) {
    found++;
  }
  return found;
}

/**
 * Where the string that begins at `from` ends: the next quote before which backslashes come in
 * pairs.
 */
export function endOfString(text: string, from: number): number {
  for (let at = text.indexOf('"', from + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return at;
  }
  return text.length;
}
