/**
 * A word of so many letters or more is meant when it stands in a longer one: `port`, of `myport`.
 */
const PART_LETTERS = 4;

/**
 * The known word that somebody meant who typed another: one that it begins or is a part of, or else
 * the one that looks most like it, with at most one slip in three letters.
 *
 * @returns `undefined` when it looks like none of them: to ask whether one was meant is no help
 * then.
 */
export function nearestOf(typed: string, known: readonly string[]): string | undefined {
  const wanted = typed.toLowerCase();
  if (wanted === "") return undefined;
  const begun = known.find((word) => word.toLowerCase().startsWith(wanted));
  if (begun !== undefined) return begun;
  const held = known.find((word) => word.toLowerCase().includes(wanted));
  if (held !== undefined && wanted.length >= PART_LETTERS) return held;
  const most = Math.floor(wanted.length / 3);
  const ranked = known
    .map((word) => ({ word, slips: slipsBetween(wanted, word.toLowerCase()) }))
    .filter(({ slips }) => slips <= most)
    .sort((a, b) => a.slips - b.slips);
  return ranked[0]?.word;
}

/**
 * Letters that are left out, added, wrong, or changed with their neighbour: the distance of Damerau
 * and Levenshtein, without two changes at one place.
 */
function slipsBetween(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      let slips = Math.min(
        (row[j - 1] as number) + 1,
        (last[j] as number) + 1,
        (last[j - 1] as number) + (isSame ? 0 : 1),
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        slips = Math.min(slips, (beforeLast[j - 2] as number) + 1);
      }
      row.push(slips);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] as number;
}
