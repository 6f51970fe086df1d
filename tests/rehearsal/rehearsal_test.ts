import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { PROFILES } from "../../lib/membership/mod.ts";
import { type Fault, plot, Rehearsal, schedule, summarize } from "../../lib/rehearsal/mod.ts";

const FAULTS: readonly Fault[] = [
  { type: "kill", member: 3, at: 2_000, forMs: 8_000 },
  { type: "pause", member: 2, at: 5_000, forMs: 4_000 },
  { type: "partition", parts: [[1, 2], [3, 4, 5]], at: 20_000, forMs: 10_000 },
  { type: "slow", member: 4, byMs: 300, at: 35_000, forMs: 5_000 },
  { type: "jump", member: 5, byMs: 20_000, at: 42_000 },
  { type: "cut", from: 1, to: 4, at: 45_000, forMs: 5_000 },
  { type: "join", member: 6, at: 50_000 },
  { type: "leave", member: 1, at: 52_000 },
  { type: "silence", member: 5, at: 53_000 },
];

function rehearse(seed: number): Rehearsal {
  const rehearsal = new Rehearsal({ nodes: 5, seed, conditions: { loss: 0.05, spreadMs: 10 } });
  schedule(rehearsal, FAULTS);
  rehearsal.run(70_000);
  return rehearsal;
}

Deno.test("one seed is one run, and another seed is another", () => {
  const [first, again, other] = [rehearse(1), rehearse(1), rehearse(2)];
  assertEquals(again.digest, first.digest);
  assertEquals(again.timeline, first.timeline);
  assertNotEquals(other.digest, first.digest);
});

Deno.test("after every kind of fault those that are left see each other, and nobody else", () => {
  for (let seed = 1; seed <= 10; seed++) {
    const rehearsal = rehearse(seed);
    assert(rehearsal.isWhole, `seed ${seed}`);
    assert(rehearsal.isSeen(1, "left"), `seed ${seed}: who left`);
    assert(rehearsal.isSeen(5, "dead"), `seed ${seed}: who lost power`);
    assert(rehearsal.isSeen(3, "alive"), `seed ${seed}: who started anew`);
    assert(rehearsal.isSeen(6, "alive"), `seed ${seed}: who joined`);
  }
});

Deno.test("a summary tells how an end became known, and that nobody was wronged", () => {
  const rehearsal = new Rehearsal({ nodes: 5, seed: 4, measuresBytes: true });
  schedule(rehearsal, [{ type: "kill", member: 3, at: 1_000 }]);
  rehearsal.run(10_000);
  const { detections, wrongSuspicions, wrongDeaths, isWhole, messagesPerSecond, bytesPerSecond } =
    summarize(rehearsal);
  const [detection] = detections;
  assertEquals([detection?.member, detection?.endedAt], [3, 1_000]);
  const { suspectedMs = NaN, firstDeadMs = NaN, allDeadMs = NaN } = detection ?? {};
  assert(suspectedMs <= firstDeadMs && firstDeadMs <= allDeadMs && allDeadMs < 1_000);
  assertEquals([wrongSuspicions, wrongDeaths, isWhole], [0, 0, true]);
  assert(messagesPerSecond > 2 && messagesPerSecond < 10, `${messagesPerSecond}`);
  assert(bytesPerSecond > 50 * messagesPerSecond, `${bytesPerSecond}`);
});

Deno.test("an end that nobody has noticed yet has no times", () => {
  const rehearsal = new Rehearsal({ nodes: 3, seed: 4 });
  schedule(rehearsal, [{ type: "silence", member: 3, at: 1_000 }]);
  rehearsal.run(1_001);
  const [detection] = summarize(rehearsal).detections;
  assertEquals(detection, {
    member: 3,
    endedAt: 1_000,
    suspectedMs: undefined,
    firstDeadMs: undefined,
    allDeadMs: undefined,
  });
});

Deno.test("every profile keeps a calm cluster whole, over links and over datagrams", () => {
  for (const profile of Object.values(PROFILES)) {
    for (const transport of ["links", "datagrams"] as const) {
      const rehearsal = new Rehearsal({ nodes: 8, seed: 2, profile, conditions: { transport } });
      rehearsal.run(60_000);
      assertEquals(rehearsal.timeline.beliefs, []);
      assert(rehearsal.isWhole);
    }
  }
});

Deno.test("a hundred members find out who died", () => {
  const rehearsal = new Rehearsal({ nodes: 100, seed: 1 });
  rehearsal.kill(7);
  const tookMs = rehearsal.runUntil(() => rehearsal.isSeen(7, "dead"), 1_000);
  assert(tookMs !== undefined);
});

Deno.test("a plot is one SVG document that needs nothing else, with a line for each belief", () => {
  const rehearsal = rehearse(1);
  const text = plot(rehearsal.timeline, { nodes: 6, endMs: 70_000, title: `a <"&'> b` });
  assert(text.startsWith("<svg ") && text.endsWith("</svg>\n"));
  assert(text.includes("a &#60;&#34;&#38;&#39;&#62; b"), "the title is escaped");
  assert(!/NaN|undefined|href|<script|url\(/.test(text));
  const open: string[] = [];
  for (const [, closing, name, rest] of text.matchAll(/<(\/?)([a-z]+)([^>]*)>/g)) {
    if (closing === "/") assertEquals(open.pop(), name);
    else if (!rest?.endsWith("/")) open.push(name as string);
  }
  assertEquals(open, [], "every element is closed");
  assert(text.includes("member 3 is killed"));
  assert(/holds 3 for dead/.test(text) && /holds 1 for left/.test(text));
});
