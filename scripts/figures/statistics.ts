/** Characters of a line of prose: the formatter's. */
const LINE_CHARACTERS = 100;

/** The mean of some numbers. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The value below which that share of the numbers lies. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

/** A table as Markdown, numbers to the right, as the formatter writes it. */
export function toTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, at) =>
    Math.max(3, title.length, ...rows.map((row) => (row[at] ?? "").length))
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, at) => cell.padStart(widths[at] as number)).join(" | ")} |`;
  const rule = widths.map((width) => "-".repeat(width - 1) + ":");
  return [line(head), line(rule), ...rows.map(line)].join("\n");
}

/** Markdown whose paragraphs are broken where the formatter breaks them; tables and titles stay. */
export function wrapProse(text: string): string {
  return text.split("\n\n").map((block) => /^[#|]/.test(block) ? block : wrap(block)).join("\n\n");
}

function wrap(paragraph: string): string {
  const lines: string[] = [];
  let line = "";
  // What stands between backticks stays on one line, as it does with the formatter.
  for (const word of paragraph.match(/(?:`[^`]*`|\S)+/g) ?? []) {
    if (line !== "" && line.length + 1 + word.length > LINE_CHARACTERS) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].join("\n");
}
