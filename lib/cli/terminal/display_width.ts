import { stripAnsiCode } from "../../std/fmt/colors.ts";

// Half-width katakana share the script of the wide ones.
const WIDE =
  /(?![\uff61-\uffdc])[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6\p{Emoji_Presentation}]|\ufe0f/u;
const PLAIN = /^[\x20-\x7e]*$/;

/**
 * How many columns of a terminal a text takes: none for its colours, two for each wide character.
 */
export function displayWidth(text: string): number {
  const bare = stripAnsiCode(text);
  if (PLAIN.test(bare)) return bare.length;
  let width = 0;
  for (const { segment } of new Intl.Segmenter().segment(bare)) width += WIDE.test(segment) ? 2 : 1;
  return width;
}
