import { displayWidth } from "./display_width.ts";

const GAP = "  ";

/**
 * Rows as lines of aligned columns; the last column is not padded.
 *
 * @param rows of cells that are {@linkcode printable} already; the first may be the header.
 * @param alignRight the columns whose cells end together, as numbers do.
 */
export function formatTable(
  rows: readonly (readonly string[])[],
  alignRight: readonly number[] = [],
): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, at) => widths[at] = Math.max(widths[at] ?? 0, displayWidth(cell)));
  }
  return rows.map((row) =>
    row.map((cell, at) => {
      const padding = " ".repeat((widths[at] as number) - displayWidth(cell));
      return alignRight.includes(at) ? padding + cell : cell + padding;
    }).join(GAP).trimEnd()
  ).join("\n");
}
