import { assert, assertEquals } from "@std/assert";
import type { MemberState } from "../../lib/membership/swim/mod.ts";
import { type Mark, plot, Timeline } from "../../lib/rehearsal/mod.ts";

const FOLDER = new URL("./plots/", import.meta.url);

// `deno test --allow-all tests/rehearsal/plot_test.ts -- --update` draws them anew: look at both.
const isUpdate = Deno.args.includes("--update");

type Step = readonly [at: number, observer: number, subject: number, state: MemberState];

function timelineOf(steps: readonly Step[], marks: readonly Mark[]): Timeline {
  const timeline = new Timeline(1_000);
  for (const [at, observer, subject, state] of steps) {
    const belief = {
      at,
      observer,
      subject,
      state,
      generation: 0,
      cause: "told",
      by: [],
      isWrong: false,
    };
    timeline.believe(belief);
  }
  for (const mark of marks) timeline.mark(mark);
  return timeline;
}

/** Everybody but `subject` comes to believe one thing of it, one after another. */
function allBelieve(nodes: number, subject: number, from: number, state: MemberState): Step[] {
  return Array.from({ length: nodes }, (_, at) => at + 1).filter((each) => each !== subject)
    .map((observer, index) => [from + index * 15, observer, subject, state] as const);
}

function checkPlot(name: string, svg: string): void {
  const file = new URL(`${name}.svg`, FOLDER);
  if (isUpdate) Deno.writeTextFileSync(file, svg);
  else assertEquals(svg, Deno.readTextFileSync(file));
}

Deno.test("the plot of three members is as it was looked at", () => {
  const steps: Step[] = [
    [2_100, 1, 3, "suspect"],
    [2_100, 2, 3, "suspect"],
    [2_650.5, 2, 3, "dead"],
    [2_900, 1, 3, "dead"],
    [7_000, 1, 3, "alive"],
    [7_012, 2, 3, "alive"],
    [8_500, 3, 1, "left"],
    [8_500, 2, 1, "left"],
  ];
  const marks: Mark[] = [
    { at: 2_000, member: 3, text: "loses power" },
    { at: 2_050, member: 3, text: `says "<&'>", ${"and more ".repeat(8)}` },
    { at: 2_500, member: undefined, text: "the network falls into 1 / 2,3" },
    { at: 2_600, member: 9, text: "is of no row" },
    { at: 8_490, member: 1, text: "leaves" },
  ];
  checkPlot("three", plot(timelineOf(steps, marks), { nodes: 3, endMs: 9_000, title: "Three" }));
});

/**
 * A plot of a large cluster without its colours, of which there are hundreds, but those of one
 * member.
 */
function outlineOf(svg: string, member: number): string {
  const isLeftOut = (line: string) =>
    /^<rect.*<title>/.test(line) && !line.includes(` holds ${member} for `);
  return svg.split("\n").filter((line) => !isLeftOut(line)).join("\n");
}

// The last of which every line has its observer's name, and one whose lines are thinner than their
// gaps.
for (const nodes of [13, 14, 16]) {
  Deno.test(`the plot of ${nodes} members is as it was looked at`, () => {
    const steps = [...allBelieve(nodes, 2, 200, "suspect"), ...allBelieve(nodes, 2, 500, "dead")];
    const marks: Mark[] = [
      { at: 180, member: 2, text: "is killed" },
      { at: 300, member: undefined, text: "the network falls into parts" },
    ];
    const options = { nodes, endMs: 1_150, title: "Many" };
    checkPlot(`outline_of_${nodes}`, outlineOf(plot(timelineOf(steps, marks), options), 2));
  });
}

Deno.test("of seventy members sixty-four have a row, first those of whom there is something to see", () => {
  const steps = allBelieve(70, 66, 1_000, "suspect");
  const marks: Mark[] = [
    { at: 900, member: 66, text: "is killed" },
    { at: 2_000, member: 70, text: "is stopped" },
    { at: 3_000, member: undefined, text: "the network is whole" },
  ];
  const svg = plot(timelineOf(steps, marks), { nodes: 70, endMs: 20_000, title: "Seventy" });
  checkPlot("outline_of_70", outlineOf(svg, 70));
  const rows = [...svg.matchAll(/>member (\d+)<\/text>/g)].map(([, member]) => Number(member));
  assertEquals(rows, [...Array.from({ length: 62 }, (_, at) => at + 1), 66, 70]);
  // A line for each of the others in each row, and one more where a belief changes.
  assertEquals([...svg.matchAll(/ holds \d+ for /g)].length, 64 * 69 + 69);
  assert(svg.includes("member 1 holds 66 for suspect from 1 s"));
});

Deno.test("an axis has at most thirteen marks, at round times, however long the time is", () => {
  const table: [endMs: number, stepSeconds: number][] = [
    [1_200, 0.1],
    [1_201, 0.2],
    [2_400, 0.2],
    [6_000, 0.5],
    [12_000, 1],
    [24_000, 2],
    [60_000, 5],
    [120_000, 10],
    [360_000, 30],
    [720_000, 60],
    [3_600_000, 300],
    [7_200_000, 600],
    [7_200_001, 7_200.001],
  ];
  for (const [endMs, step] of table) {
    const svg = plot(new Timeline(0), { nodes: 2, endMs, title: "" });
    const marks = [...svg.matchAll(/text-anchor="middle">([\d.]+) s</g)].map(([, at]) =>
      Number(at)
    );
    const count = Math.floor(endMs / 1_000 / step + 1e-9) + 1;
    const round = (seconds: number) => Number(seconds.toFixed(2));
    assertEquals(marks, Array.from({ length: count }, (_, at) => round(at * step)), `${endMs}`);
    assert(count <= 13);
  }
});
