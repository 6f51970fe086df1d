import {
  CLOSING_BRACE,
  CLOSING_BRACKET,
  countSign,
  endOfString,
  OPENING_BRACE,
  OPENING_BRACKET,
  QUOTE,
} from "./json_text.ts";

/**
 * Whether objects and arrays nest deeper than so many levels, told from the text before it is
 * parsed: a mebibyte of opening brackets takes the parser longer than any other, and holds up
 * everybody.
 *
 * Of a text that is no JSON it may say either; whoever parses it finds out.
 */
export function isNestedDeeper(text: string, levels: number): boolean {
  // Most messages open few, and the rest of them is looked through at the speed of memory.
  const openings = countSign(text, "[", levels) + countSign(text, "{", levels);
  return openings > levels && depthExceeds(text, levels);
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
