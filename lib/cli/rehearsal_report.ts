import type { Millis } from "../core/mod.ts";
import type { Belief, Summary, Timeline } from "../rehearsal/mod.ts";
import { type Paint, toneOfState } from "./terminal/mod.ts";

/** Beliefs of one kind that are further apart than this are told apart. */
const GAP_MS = 1_000;

/** The lines of a rehearsal's timeline: what was done, and what came to be believed by how many. */
export function timelineLines(timeline: Timeline, paint: Paint): string[] {
  const lines: { at: Millis; text: string }[] = timeline.marks.map(({ at, member, text }) => ({
    at,
    text: paint("heading", member === undefined ? text : `member ${member} ${text}`),
  }));
  for (const group of groupsOf(timeline.beliefs)) {
    const [first] = group as [Belief];
    const last = group.at(-1) as Belief;
    // On a poor network one comes to believe a thing, doubts it, and believes it again.
    const observers = new Set(group.map(({ observer }) => observer)).size;
    const whom = observers === 1
      ? `member ${first.observer}`
      : `${observers} members within ${formatMs(last.at - first.at)}, first ${first.observer}`;
    const state = paint(toneOfState(first.state), first.state);
    const wrong = group.some(({ isWrong }) => isWrong) ? " (wrongly)" : "";
    lines.push({
      at: first.at,
      text: `member ${first.subject} is ${state} to ${whom}${wrong}: ${causeText(first.cause)}`,
    });
  }
  return lines.toSorted((a, b) => a.at - b.at).map(({ at, text }) =>
    `${(at / 1_000).toFixed(3).padStart(9)} s  ${text}`
  );
}

/** What came of it, in sentences. */
export function summaryLines(summary: Summary, paint: Paint): string[] {
  const lines = summary.detections.map((each) => {
    const { member, endedAt, suspectedMs, firstDeadMs, allDeadMs } = each;
    const steps = [
      `suspected ${after(suspectedMs)}`,
      `dead to the first ${after(firstDeadMs)}`,
      `to all ${after(allDeadMs)}`,
    ];
    return `member ${member}, ended at ${(endedAt / 1_000).toFixed(3)} s: ${steps.join(", ")}`;
  });
  const { wrongSuspicions, wrongDeaths, messagesPerSecond, bytesPerSecond } = summary;
  return [
    ...lines,
    `${wrongSuspicions} wrong suspicions, ${wrongDeaths} wrong verdicts`,
    `each member sent ${messagesPerSecond.toFixed(1)} messages, ${
      bytesPerSecond.toFixed(0)
    } bytes a second`,
    summary.isWhole
      ? paint("good", "in the end all that run see all that run alive")
      : paint("bad", "in the end not all that run see all that run alive"),
  ];
}

function groupsOf(beliefs: readonly Belief[]): Belief[][] {
  const open = new Map<string, Belief[]>();
  const groups: Belief[][] = [];
  for (const belief of beliefs) {
    const key = `${belief.subject} ${belief.generation} ${belief.state}`;
    const group = open.get(key);
    if (group !== undefined && belief.at - (group.at(-1) as Belief).at <= GAP_MS) {
      group.push(belief);
    } else {
      const begun = [belief];
      open.set(key, begun);
      groups.push(begun);
    }
  }
  return groups;
}

/**
 * A cause names the members as their nodes do, n1 and on: here they are called by their numbers.
 */
function causeText(cause: string): string {
  return cause.replace(/\bn(\d+)\b/g, "member $1");
}

function after(durationMs: Millis | undefined): string {
  return durationMs === undefined ? "never" : `after ${formatMs(durationMs)}`;
}

function formatMs(durationMs: Millis): string {
  return durationMs < 1_000
    ? `${Number(durationMs.toFixed(1))} ms`
    : `${(durationMs / 1_000).toFixed(2)} s`;
}
