import type { Millis } from "../core/mod.ts";
import type { Rehearsal } from "./rehearsal.ts";
import type { Belief, Mark } from "./timeline.ts";

/** How the end of one member became known. */
export interface Detection {
  /** Its number. */
  member: number;
  /** When it was killed or lost power. */
  endedAt: Millis;
  /** From then on: until the first suspected it. */
  suspectedMs: Millis | undefined;
  /** Until the first held it for dead. */
  firstDeadMs: Millis | undefined;
  /** Until the last did; `undefined` while some member that runs does not. */
  allDeadMs: Millis | undefined;
}

/** What came of a rehearsal. */
export interface Summary {
  /** One for each end that was not in order. */
  detections: Detection[];
  /**
   * Suspicions, and verdicts, of members that ran and could be reached, by whoever came to believe
   * so.
   */
  wrongSuspicions: number;
  /** As `wrongSuspicions`. */
  wrongDeaths: number;
  /** Whether in the end all that run see all that run alive. */
  isWhole: boolean;
  /** Per member that is left, and second. */
  messagesPerSecond: number;
  /** As frames; 0 where sizes are not measured. */
  bytesPerSecond: number;
}

/** Sums a rehearsal up. */
export function summarize(rehearsal: Rehearsal): Summary {
  const { beliefs, marks } = rehearsal.timeline;
  const { messages, bytes } = rehearsal.traffic();
  const memberSeconds = Math.max(1, [...rehearsal.processes].length) * rehearsal.now / 1_000;
  const wrong = beliefs.filter((belief) => belief.isWrong);
  return {
    detections: marks.filter((mark) => isEnd(mark)).map((mark) => detect(rehearsal, mark)),
    wrongSuspicions: wrong.filter(({ state }) => state === "suspect").length,
    wrongDeaths: wrong.filter(({ state }) => state === "dead").length,
    isWhole: rehearsal.isWhole,
    messagesPerSecond: memberSeconds > 0 ? messages / memberSeconds : 0,
    bytesPerSecond: memberSeconds > 0 ? bytes / memberSeconds : 0,
  };
}

function isEnd(mark: Mark): boolean {
  return mark.text === "is killed" || mark.text === "loses power";
}

function detect(rehearsal: Rehearsal, end: Mark): Detection {
  const member = end.member as number;
  const after = rehearsal.timeline.beliefs.filter((belief) =>
    belief.subject === member && belief.at >= end.at
  );
  const since = (belief: Belief | undefined) =>
    belief === undefined ? undefined : belief.at - end.at;
  // A life that a restart follows ends with it.
  const generation = after.find((belief) => belief.state !== "alive")?.generation;
  const ofLife = after.filter((belief) => belief.generation === generation);
  const deaths = ofLife.filter(({ state }) => state === "dead" || state === "left");
  const aware = new Set(deaths.map(({ observer }) => observer));
  const unaware = [...rehearsal.processes].some(({ number, state }) =>
    state === "running" && number !== member && !aware.has(number)
  );
  return {
    member,
    endedAt: end.at,
    suspectedMs: since(ofLife.find(({ state }) => state === "suspect")),
    firstDeadMs: since(deaths[0]),
    allDeadMs: unaware ? undefined : since(deaths.at(-1)),
  };
}
