import type { Millis } from "../core/mod.ts";
import type { Mark } from "./timeline.ts";

/** Pixels of a label's letters. */
export const LABEL = 10;
/** Pixels of a lane of labels. */
export const LANE = 13;
/** Pixels that a letter takes at the most, in the mean of a text: fonts differ. */
const LETTER = 6.2;
/** Pixels between two labels of a lane, and between a label and its line. */
const SPACE = 8;
/** Letters of a label: longer ones are cut, and whole in its title. */
const LETTERS_MAX = 48;

/** What was done, and where a plot says so. */
export interface Label {
  readonly mark: Mark;
  readonly text: string;
  /** Of its line; the text begins behind it. */
  readonly x: number;
  /** Where the text ends at the latest. */
  readonly end: number;
  /** From 0, the uppermost. */
  readonly lane: number;
}

/**
 * Places the labels of marks in lanes, the earliest in the uppermost: each in the first lane in
 * which it meets no other label, no line that comes down from above, and none below with its own
 * line.
 */
export function placed(marks: readonly Mark[], x: (at: Millis) => number): Label[] {
  const labels: Label[] = [];
  for (const mark of marks.toSorted((a, b) => a.at - b.at)) {
    const isLong = mark.text.length > LETTERS_MAX;
    const text = isLong ? `${mark.text.slice(0, LETTERS_MAX - 1)}…` : mark.text;
    const at = x(mark.at);
    const end = at + text.length * LETTER + SPACE;
    let lane = 0;
    const isMet = (each: Label) =>
      each.lane >= lane ? each.x <= at && at < each.end : each.x > at && each.x < end;
    while (labels.some(isMet)) lane++;
    labels.push({ mark, text, x: at, end, lane });
  }
  return labels;
}

/** How many lanes labels need. */
export function lanesOf(labels: readonly Label[]): number {
  return labels.reduce((most, { lane }) => Math.max(most, lane + 1), 0);
}
