import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { SeededRandom } from "../../lib/core/mod.ts";
import { plot, Rehearsal } from "../../lib/rehearsal/mod.ts";
import { type Label, lanesOf, placed } from "../../lib/rehearsal/plot_labels.ts";
import { timelineLines } from "../../lib/cli/rehearsal_report.ts";

const PLAIN = (_tone: unknown, text: string) => text;

function meet(a: Label, b: Label): boolean {
  // Texts of one lane, or a line that comes down from the lane of the other.
  if (a.lane === b.lane) return a.x < b.end && b.x < a.end;
  const [upper, lower] = a.lane < b.lane ? [a, b] : [b, a];
  return lower.x < upper.x && upper.x < lower.end;
}

Deno.test("labels meet neither each other nor the lines of those above them", () => {
  const random = new SeededRandom(7);
  for (let round = 0; round < 200; round++) {
    const marks = Array.from({ length: 1 + Math.floor(random.next() * 12) }, () => ({
      at: Math.floor(random.next() * 60_000),
      member: undefined,
      text: "x".repeat(1 + Math.floor(random.next() * 60)),
    }));
    const labels = placed(marks, (at) => at / 60);
    assertEquals(labels.length, marks.length);
    for (const [at, label] of labels.entries()) {
      for (const other of labels.slice(at + 1)) {
        assert(!meet(label, other), JSON.stringify([label, other]));
      }
    }
    assert(lanesOf(labels) <= marks.length);
  }
});

Deno.test("a plot has no text on a colour, and names every band and line", () => {
  for (const nodes of [5, 13, 50, 100]) {
    const rehearsal = new Rehearsal({ nodes, seed: 1 });
    rehearsal.at(
      1_000,
      () => rehearsal.timeline.mark({ at: 1_000, member: nodes, text: "is odd" }),
    );
    rehearsal.at(
      1_100,
      () => rehearsal.timeline.mark({ at: 1_100, member: nodes, text: "goes on" }),
    );
    rehearsal.run(3_000);
    const text = plot(rehearsal.timeline, { nodes, endMs: 3_000, title: "x" });
    const bands = [
      ...text.matchAll(
        /<rect x="[\d.]+" y="([\d.]+)" width="[\d.]+" height="([\d.]+)" fill="[^"]+"><title>/g,
      ),
    ]
      .map(([, y, height]) => [Number(y), Number(y) + Number(height)] as const);
    const labels = [...text.matchAll(/<text x="[\d.]+" y="([\d.]+)" font-size="10"/g)]
      .map(([, y]) => Number(y));
    assertEquals(labels.length, 2);
    for (const y of labels) {
      assert(bands.every(([top, bottom]) => y <= top || y - 8 >= bottom), `${nodes}: ${y}`);
    }
    // Of more than there are rows those of whom there is something to see.
    assertStringIncludes(text, `>member ${nodes}</text>`);
    assertEquals([...text.matchAll(/>member \d+<\/text>/g)].length, Math.min(nodes, 64));
    assertStringIncludes(text, ">to 1</text>");
    if (nodes <= 13) {
      assertEquals([...text.matchAll(/>to \d+<\/text>/g)].length, nodes * (nodes - 1));
    }
  }
});

Deno.test("members are counted once, however often they came to believe a thing", () => {
  const belief = {
    subject: 1,
    generation: 0,
    state: "suspect",
    cause: "no answer",
    by: [],
    isWrong: true,
  };
  const beliefs = [2, 3, 2, 3, 2].map((observer, at) => ({ ...belief, observer, at: at * 100 }));
  const timeline = { beliefs, marks: [] } as unknown as Parameters<typeof timelineLines>[0];
  const [line = ""] = timelineLines(timeline, PLAIN);
  assertStringIncludes(line, "suspect to 2 members within 400 ms, first 2 (wrongly)");
});
