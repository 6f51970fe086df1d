/**
 * Compares two keys by Unicode code points, which is the order of their UTF-8 bytes.
 *
 * JavaScript compares UTF-16 units, in which the surrogates of U+10000 and above come before
 * U+E000.
 */
export function compareKeys(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let i = 0; i < length; i++) {
    const a = left.charCodeAt(i);
    const b = right.charCodeAt(i);
    if (a === b) continue;
    return a >= 0xd800 && b >= 0xd800 ? rank(a) - rank(b) : a - b;
  }
  return left.length - right.length;
}

/** Moves the surrogates above the rest of the basic plane. */
function rank(unit: number): number {
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
