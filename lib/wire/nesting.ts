const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;

/**
 * Whether objects and arrays nest deeper than so many levels, told from the text before it is parsed: a mebibyte
 * of opening brackets takes the parser longer than any other, and holds up everybody.
 *
 * Of a text that is no JSON it may say either; whoever parses it finds out.
 */
export function isNestedDeeper(text: string, levels: number): boolean {
  // Most messages open few, and the rest of them is looked through at the speed of memory.
  const openings = count(text, "[", levels) + count(text, "{", levels);
  return openings > levels && depthExceeds(text, levels);
}

/** How often a sign occurs; at most `most` + 1. */
function count(text: string, sign: string, most: number): number {
  let found = 0;
  for (let at = text.indexOf(sign); at >= 0 && found <= most; at = text.indexOf(sign, at + 1)) {
    found++;
  }
  return found;
}

function depthExceeds(text: string, levels: number): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const sign = text.charCodeAt(at);
    if (sign === QUOTE) at = endOfString(text, at);
    else if (sign === OPENING_BRACKET || sign === OPENING_BRACE) {
      if (++depth > levels) return true;
    } else if (sign === CLOSING_BRACKET || sign === CLOSING_BRACE) depth--;
  }
  return false;
}

/** Where the string that begins at `from` ends: the next quote before which backslashes come in pairs. */
function endOfString(text: string, from: number): number {
  for (let at = text.indexOf('"', from + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return at;
  }
  return text.length;
}
