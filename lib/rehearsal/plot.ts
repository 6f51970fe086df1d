import type { Millis } from "../core/mod.ts";
import type { MemberState } from "../membership/mod.ts";
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

const LEFT = 120;
const TOP = 64;
const WIDTH = 1_000;
const GAP = 6;
/** Pixels of a subject's row at least, whatever the number of its observers. */
const ROW_LEAST = 14;
/** Rows of a plot: more would be thinner than a pixel can show. */
const ROWS_MAX = 64;

/**
 * Draws who believed what when, as SVG text that needs nothing else: a band for each member, in it a line
 * for each of the others, coloured by what that one believes of the member; and what was done, marked.
 */
export function plot(timeline: Timeline, options: PlotOptions): string {
  const { nodes, endMs } = options;
  const rows = Math.min(nodes, ROWS_MAX);
  const line = Math.max(0.5, Math.min(8, 600 / (rows * Math.max(1, nodes - 1))));
  const rowHeight = Math.max(ROW_LEAST, line * Math.max(1, nodes - 1));
  const height = TOP + rows * (rowHeight + GAP) + 60;
  const x = (at: Millis) => round(LEFT + WIDTH * Math.max(0, Math.min(1, at / endMs)));
  const parts: string[] = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${LEFT + WIDTH + 24} ${round(height)}" ` +
    `font-family="system-ui, sans-serif" font-size="12" role="img">`,
    `<title>${escape(options.title)}</title>`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    `<text x="${LEFT}" y="20" font-size="14" font-weight="600">${escape(options.title)}</text>`,
    ...legend(),
  ];
  const bySubject = Map.groupBy(timeline.beliefs, (belief) => belief.subject);
  for (let subject = 1; subject <= rows; subject++) {
    const top = TOP + (subject - 1) * (rowHeight + GAP);
    const label = `<text x="${LEFT - 8}" y="${round(top + rowHeight / 2 + 4)}" text-anchor="end">`;
    parts.push(`${label}member ${subject}</text>`);
    const beliefs = bySubject.get(subject) ?? [];
    const band = { top, line: rowHeight / Math.max(1, nodes - 1), endMs, nodes, subject };
    parts.push(...drawBand(beliefs, band, x));
  }
  const bottom = TOP + rows * (rowHeight + GAP);
  parts.push(...axis(endMs, bottom, x), ...marks(timeline.marks, rowHeight, bottom, x), "</svg>");
  return parts.join("\n") + "\n";
}

interface Band {
  top: number;
  line: number;
  endMs: Millis;
  nodes: number;
  subject: number;
}

function drawBand(beliefs: readonly Belief[], band: Band, x: (at: Millis) => number): string[] {
  const byObserver = Map.groupBy(beliefs, (belief) => belief.observer);
  const parts: string[] = [];
  let index = 0;
  for (let observer = 1; observer <= band.nodes; observer++) {
    if (observer === band.subject) continue;
    const y = band.top + index++ * band.line;
    let from = 0;
    let state: MemberState = "alive";
    const steps = byObserver.get(observer) ?? [];
    for (const step of [...steps, { at: band.endMs, state }]) {
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

function legend(): string[] {
  const states = ["alive", "suspect", "dead", "left"] as const;
  const items = states.map((state, index) => {
    const left = LEFT + index * 90;
    return `<rect x="${left}" y="32" width="12" height="12" fill="${COLOURS[state]}"/>` +
      `<text x="${left + 18}" y="42">${state}</text>`;
  });
  const after = LEFT + states.length * 90;
  const caption = "each line in a member's band is what one of the others believes of it";
  return [...items, `<text x="${after}" y="42" fill="#5b6470">${caption}</text>`];
}

function axis(endMs: Millis, bottom: number, x: (at: Millis) => number): string[] {
  const step = [100, 200, 500, 1e3, 2e3, 5e3, 1e4, 3e4, 6e4, 3e5, 6e5]
    .find((each) => endMs / each <= 12) ?? endMs;
  const parts: string[] = [];
  for (let at = 0; at <= endMs; at += step) {
    parts.push(
      `<line x1="${x(at)}" x2="${x(at)}" y1="${TOP - 4}" y2="${
        round(bottom)
      }" stroke="#0000001a"/>`,
      `<text x="${x(at)}" y="${round(bottom + 16)}" text-anchor="middle">${seconds(at)}</text>`,
    );
  }
  return parts;
}

function marks(
  all: readonly Mark[],
  rowHeight: number,
  bottom: number,
  x: (at: Millis) => number,
): string[] {
  return all.map((mark) => {
    const isRow = mark.member !== undefined && mark.member <= ROWS_MAX;
    const top = isRow ? TOP + ((mark.member as number) - 1) * (rowHeight + GAP) - 2 : TOP - 4;
    const end = isRow ? top + rowHeight + 4 : bottom;
    const who = mark.member === undefined ? "" : `member ${mark.member} `;
    const text = escape(`${seconds(mark.at)}: ${who}${mark.text}`);
    return `<g><title>${text}</title><line x1="${x(mark.at)}" x2="${x(mark.at)}" y1="${
      round(top)
    }" y2="${round(end)}" stroke="#1b2430" stroke-width="2" stroke-dasharray="${
      isRow ? "none" : "4 3"
    }"/><text x="${round(x(mark.at) + 4)}" y="${
      round(isRow ? top + 11 : TOP - 8)
    }" font-size="10">${escape(mark.text)}</text></g>`;
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
