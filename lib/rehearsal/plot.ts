import type { Millis } from "../core/mod.ts";
import type { MemberState } from "../membership/swim/mod.ts";
import { LABEL, type Label, LANE, lanesOf, placed } from "./plot_labels.ts";
import type { Belief, Mark, Timeline } from "./timeline.ts";

/** What a plot shows. */
export interface PlotOptions {
  /** Members; each gets a row of what the others believe of it. */
  nodes: number;
  /** Where the plot ends. */
  endMs: Millis;
  /** A line above it. */
  title: string;
}

/** Colours that differ in lightness too, for those who do not see red and green apart. */
const COLOURS: Readonly<Record<MemberState | "unknown", string>> = {
  alive: "#9fd8a4",
  suspect: "#f2b134",
  dead: "#b3202c",
  left: "#8a8f98",
  unknown: "#eceff3",
};

const LEFT = 128;
const TOP = 58;
const WIDTH = 1_000;
/** Pixels behind the end at least: the last labels may need more. */
const RIGHT = 24;
const GAP = 6;
/** Pixels of a subject's band at least, whatever the number of its observers. */
const BAND_LEAST = 14;
/** Pixels of all bands together that are aimed at, the gaps aside. */
const BANDS = 600;
/** Pixels of a line that has the name of its observer beside it, in letters that can be read. */
const NAMED_LINE = 9;
/**
 * Members up to whom each line has its observer's name: more would make a plot of several screens.
 */
const NAMED_MEMBERS = 13;
/** Rows of a plot: more would be thinner than a pixel can show. */
const ROWS_MAX = 64;
const INK = "#1b2430";
const FAINT = "#5b6470";

/** Where the band of a member is. */
interface Band {
  subject: number;
  /** Lanes of labels above it. */
  lanes: number;
  top: number;
  height: number;
  /** Pixels of the line of one observer. */
  line: number;
}

/**
 * Draws who believed what when, as SVG text that needs nothing else: a band for each member, in it
 * a line for each of the others, coloured by what that one believes of the member. What was done
 * stands above the band of whom it was done to, or above all, where no label meets another or a
 * colour.
 */
export function plot(timeline: Timeline, options: PlotOptions): string {
  const { nodes, endMs } = options;
  const x = (at: Millis) => round(LEFT + WIDTH * Math.max(0, Math.min(1, at / endMs)));
  const subjects = subjectsOf(timeline, nodes);
  const isShown = (mark: Mark) => mark.member !== undefined && subjects.includes(mark.member);
  const own = Map.groupBy(timeline.marks.filter(isShown), ({ member }) => member as number);
  const labels = new Map([...own].map(([member, marks]) => [member, placed(marks, x)]));
  const shared = placed(timeline.marks.filter((mark) => !isShown(mark)), x);
  const head = TOP + lanesOf(shared) * LANE;
  const bands = bandsOf(subjects, nodes, head, (subject) => lanesOf(labels.get(subject) ?? []));
  const last = bands.at(-1);
  const bottom = last === undefined ? head : last.top + last.height + GAP;
  const right = Math.max(LEFT + WIDTH + RIGHT, ...allOf(labels, shared).map(({ end }) => end));
  const bySubject = Map.groupBy(timeline.beliefs, (belief) => belief.subject);
  const parts: string[] = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${round(right)} ${
      round(bottom + 44)
    }" font-family="system-ui, sans-serif" font-size="12" role="img">`,
    `<title>${escape(options.title)}</title>`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    `<text x="${LEFT}" y="20" font-size="14" font-weight="600">${escape(options.title)}</text>`,
    ...legend(nodes),
  ];
  for (const band of bands) {
    parts.push(...names(band, nodes));
    parts.push(...drawBand(bySubject.get(band.subject) ?? [], band, options, x));
  }
  parts.push(...axis(endMs, head, bottom, x));
  // Before the labels of the bands, which lie over their lines.
  parts.push(...marks(shared, { from: TOP - 4, top: head - 4, end: bottom }));
  for (const band of bands) {
    const { top, height, lanes } = band;
    const from = top - lanes * LANE;
    parts.push(...marks(labels.get(band.subject) ?? [], { from, top, end: top + height }));
  }
  return [...parts, "</svg>"].join("\n") + "\n";
}

function allOf(labels: ReadonlyMap<number, readonly Label[]>, shared: readonly Label[]): Label[] {
  return [...shared, ...[...labels.values()].flat()];
}

/**
 * The members that have a row: all, or of too many first those of whom there is something to see.
 */
function subjectsOf({ marks, beliefs }: Timeline, nodes: number): number[] {
  const members = Array.from({ length: nodes }, (_, index) => index + 1);
  if (nodes <= ROWS_MAX) return members;
  const told = new Set([
    ...marks.flatMap(({ member }) => member ?? []),
    ...beliefs.map(({ subject }) => subject),
  ]);
  const isTold = (member: number) => told.has(member);
  return [...members.filter(isTold), ...members.filter((each) => !isTold(each))]
    .slice(0, ROWS_MAX).sort((a, b) => a - b);
}

function bandsOf(
  subjects: readonly number[],
  nodes: number,
  head: number,
  lanesOf: (subject: number) => number,
): Band[] {
  const observers = Math.max(1, nodes - 1);
  const line = nodes <= NAMED_MEMBERS
    ? NAMED_LINE
    : Math.max(0.5, Math.min(NAMED_LINE, BANDS / (subjects.length * observers)));
  const height = Math.max(BAND_LEAST, line * observers);
  const bands: Band[] = [];
  let top = head;
  for (const subject of subjects) {
    const lanes = lanesOf(subject);
    top += lanes * LANE;
    bands.push({ subject, lanes, top, height, line: height / observers });
    top += height + GAP;
  }
  return bands;
}

/** Whose band it is, and whose lines; of many observers the first and the last alone. */
function names({ subject, top, height, line }: Band, nodes: number): string[] {
  const text = (right: number, y: number, size: number, name: string) =>
    `<text x="${right}" y="${round(y)}" text-anchor="end" font-size="${size}" fill="${
      size === 12 ? INK : FAINT
    }">${name}</text>`;
  const parts = [text(LEFT - 36, top + height / 2 + 4, 12, `member ${subject}`)];
  const observers = Array.from({ length: nodes }, (_, at) => at + 1).filter((at) => at !== subject);
  observers.forEach((observer, index) => {
    const isNamed = nodes <= NAMED_MEMBERS;
    const isEdge = index === 0 || index === observers.length - 1;
    if (!isNamed && !isEdge) return;
    const middle = isNamed ? top + (index + 0.5) * line : index === 0 ? top + 3 : top + height - 3;
    parts.push(text(LEFT - 4, middle + 2.5, isNamed ? 8 : 7, `to ${observer}`));
  });
  return parts;
}

function drawBand(
  beliefs: readonly Belief[],
  band: Band,
  { nodes, endMs }: PlotOptions,
  x: (at: Millis) => number,
): string[] {
  const byObserver = Map.groupBy(beliefs, (belief) => belief.observer);
  const parts: string[] = [];
  let index = 0;
  for (let observer = 1; observer <= nodes; observer++) {
    if (observer === band.subject) continue;
    const y = band.top + index++ * band.line;
    let from = 0;
    let state: MemberState = "alive";
    const steps = byObserver.get(observer) ?? [];
    for (const step of [...steps, { at: endMs, state }]) {
      if (step.at > from) {
        const said = `member ${observer} holds ${band.subject} for ${state} from ${seconds(from)}`;
        parts.push(
          `<rect x="${x(from)}" y="${round(y)}" width="${round(x(step.at) - x(from))}" ` +
            `height="${round(Math.max(0.4, band.line - (band.line > 3 ? 0.5 : 0)))}" ` +
            `fill="${COLOURS[state]}"><title>${said}</title></rect>`,
        );
      }
      from = step.at;
      state = step.state;
    }
  }
  return parts;
}

function legend(nodes: number): string[] {
  const states = ["alive", "suspect", "dead", "left"] as const;
  const items = states.map((state, index) => {
    const left = LEFT + index * 90;
    return `<rect x="${left}" y="32" width="12" height="12" fill="${COLOURS[state]}"/>` +
      `<text x="${left + 18}" y="42">${state}</text>`;
  });
  const after = LEFT + states.length * 90;
  const caption = "a line is what one of the others believes of the member of its band" +
    (nodes > ROWS_MAX ? `; of ${nodes} members ${ROWS_MAX} are shown` : "");
  return [...items, `<text x="${after}" y="42" fill="${FAINT}">${caption}</text>`];
}

function axis(endMs: Millis, head: number, bottom: number, x: (at: Millis) => number): string[] {
  const step = [100, 200, 500, 1e3, 2e3, 5e3, 1e4, 3e4, 6e4, 3e5, 6e5]
    .find((each) => endMs / each <= 12) ?? endMs;
  const parts: string[] = [];
  for (let at = 0; at <= endMs; at += step) {
    parts.push(
      `<line x1="${x(at)}" x2="${x(at)}" y1="${head - 4}" y2="${
        round(bottom)
      }" stroke="#0000001a"/>`,
      `<text x="${x(at)}" y="${round(bottom + 16)}" text-anchor="middle">${seconds(at)}</text>`,
    );
  }
  return parts;
}

/**
 * Draws labels in their lanes, from `from` on, and for each a line down to the end of what it is
 * about.
 */
function marks(
  labels: readonly Label[],
  { from, top, end }: { from: number; top: number; end: number },
): string[] {
  return labels.map(({ mark, x, lane, text }) => {
    const y = from + (lane + 1) * LANE;
    const who = mark.member === undefined ? "" : `member ${mark.member} `;
    const whole = escape(`${seconds(mark.at)}: ${who}${mark.text}`);
    const dashes = end - top > BANDS / 2 ? ` stroke-dasharray="4 3"` : "";
    return `<g><title>${whole}</title><line x1="${x}" x2="${x}" y1="${round(y - LANE + 2)}" y2="${
      round(end)
    }" stroke="${INK}" stroke-width="1.5"${dashes}/><text x="${round(x + 4)}" y="${
      round(y - 3)
    }" font-size="${LABEL}" fill="${INK}" stroke="#ffffff" stroke-width="3" paint-order="stroke">${
      escape(text)
    }</text></g>`;
  });
}

function seconds(at: Millis): string {
  return `${Number((at / 1_000).toFixed(2))} s`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
