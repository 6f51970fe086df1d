/** The middle of some figures; of an even number the upper of the two. */
export function median(figures: readonly number[]): number {
  return figures.toSorted((a, b) => a - b)[Math.floor(figures.length / 2)] ?? NaN;
}

/** One line of the table of an experiment: how often, median, worst, and what was promised. */
export function row(what: string, tookMs: readonly number[], promise: string): string {
  const [middle, worst] = [median(tookMs), Math.max(...tookMs)].map((ms) => `${ms.toFixed(0)} ms`);
  return `| ${what} | ${tookMs.length} | ${middle} | ${worst} | ${promise} |`;
}

/** The head of such a table. */
export const TABLE_HEAD = "| what | times | median | worst | promised |\n|---|---|---|---|---|";

/** A whole number given after a flag. */
export function flagNumber(name: string, otherwise: number): number {
  const at = Deno.args.indexOf(`--${name}`);
  if (at < 0) return otherwise;
  const value = Number(Deno.args[at + 1]);
  if (Number.isInteger(value) && value > 0) return value;
  console.error(`--${name} takes a whole number above 0`);
  Deno.exit(2);
}
