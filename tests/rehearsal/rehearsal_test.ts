import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { type MemberState, PROFILES } from "../../lib/membership/swim/mod.ts";
import { plot, Rehearsal, schedule, summarize } from "../../lib/rehearsal/mod.ts";
import { FAULTS } from "./outcomes.ts";

function rehearse(seed: number): Rehearsal {
  const rehearsal = new Rehearsal({ nodes: 5, seed, conditions: { loss: 0.05, spreadMs: 10 } });
  schedule(rehearsal, [...FAULTS, { type: "silence", member: 5, at: 53_000 }]);
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

Deno.test("a summary counts an end again for each life, and who is still alive to somebody for ever", () => {
  const rehearsal = new Rehearsal({ nodes: 3, seed: 4 });
  const believe = (at: number, observer: number, generation: number, state: MemberState) =>
    rehearsal.timeline.believe({
      at,
      observer,
      subject: 3,
      generation,
      state,
      cause: "told",
      by: [],
      isWrong: at === 400,
    });
  rehearsal.timeline.mark({ at: 100, member: 3, text: "is killed" });
  believe(50, 2, 0, "suspect");
  believe(100, 1, 0, "suspect");
  believe(130, 1, 0, "dead");
  believe(170, 2, 0, "dead");
  rehearsal.timeline.mark({ at: 300, member: 3, text: "starts anew" });
  believe(310, 1, 1, "alive");
  rehearsal.timeline.mark({ at: 350, member: 3, text: "loses power" });
  believe(400, 1, 1, "suspect");
  believe(450, 1, 1, "left");
  const { detections, wrongSuspicions, wrongDeaths } = summarize(rehearsal);
  assertEquals(detections, [
    { member: 3, endedAt: 100, suspectedMs: 0, firstDeadMs: 30, allDeadMs: 70 },
    { member: 3, endedAt: 350, suspectedMs: 50, firstDeadMs: 100, allDeadMs: undefined },
  ]);
  assertEquals([wrongSuspicions, wrongDeaths], [1, 0]);
});

Deno.test("traffic is per member and second, and none when no time has passed", () => {
  const rehearsal = new Rehearsal({ nodes: 4, seed: 4, measuresBytes: true });
  const before = summarize(rehearsal);
  assertEquals([before.messagesPerSecond, before.bytesPerSecond], [0, 0]);
  rehearsal.run(5_000);
  const { messages, bytes } = rehearsal.traffic();
  assert(messages > 0 && bytes > messages);
  const { messagesPerSecond, bytesPerSecond } = summarize(rehearsal);
  assertEquals([messagesPerSecond, bytesPerSecond], [messages / 20, bytes / 20]);
});

Deno.test("only who is there is told, stopped or hit, and only who ended comes back", () => {
  const rehearsal = new Rehearsal({ nodes: 3, seed: 4 });
  assertThrows(() => rehearsal.process(4), RangeError, "There is no member 4");
  assertThrows(() => rehearsal.join(2, 1), Error, "it is a member already");
  rehearsal.resume(2);
  assertEquals(rehearsal.process(2).state, "running");
  rehearsal.kill(3);
  rehearsal.silence(3);
  rehearsal.pause(3);
  assertEquals(rehearsal.process(3).state, "killed");
  const { inputs } = rehearsal;
  rehearsal.input(rehearsal.process(3), { type: "tick" });
  rehearsal.pause(2);
  rehearsal.input(rehearsal.process(2), { type: "tick" });
  assertEquals(rehearsal.inputs, inputs);
  rehearsal.join(3, 1);
  assertEquals([rehearsal.process(3).generation, rehearsal.process(3).state], [1, "running"]);
});

Deno.test("a member that was stopped goes on by its own clock, and was late once", () => {
  for (const stoppedMs of [2, 4_000, 30_000]) {
    const rehearsal = new Rehearsal({ nodes: 5, seed: 4 });
    rehearsal.run(1_000);
    rehearsal.pause(3);
    rehearsal.run(stoppedMs);
    rehearsal.resume(3);
    const { machine } = rehearsal.process(3);
    rehearsal.run(10_000);
    const before = machine.counters();
    rehearsal.run(10_000);
    const { lateTicks, probes } = machine.counters();
    assertEquals(lateTicks, stoppedMs > 1_000 ? 1 : 0, `stopped for ${stoppedMs} ms`);
    // Two a second, and in a calm cluster no others.
    assertEquals(probes - before.probes, 20, `stopped for ${stoppedMs} ms`);
  }
});

Deno.test("a clock that jumps forward makes its member late once, and its timers go on from there", () => {
  const rehearsal = new Rehearsal({ nodes: 5, seed: 4 });
  rehearsal.run(1_000);
  rehearsal.jumpClock(3, 20_000);
  const { machine } = rehearsal.process(3);
  rehearsal.run(10_000);
  const before = machine.counters();
  rehearsal.run(10_000);
  const { lateTicks, probes } = machine.counters();
  assertEquals([lateTicks, probes - before.probes], [1, 20]);
});

Deno.test("a cluster is whole when every member sees every other alive, and not when one does not", () => {
  const rehearsal = new Rehearsal({ nodes: 4, seed: 4 });
  assert(rehearsal.isWhole && rehearsal.isSeen(2, "alive") && !rehearsal.isSeen(2, "dead"));
  const { machine, id } = rehearsal.process(2);
  rehearsal.input(rehearsal.process(1), { type: "unreachable", node: id, kind: "refused" });
  assertEquals([rehearsal.stateOf(1, 2), rehearsal.stateOf(3, 2)], ["suspect", "alive"]);
  assertEquals([rehearsal.isWhole, rehearsal.isSeen(2, "alive")], [false, false]);
  rehearsal.run(3_000);
  assert(rehearsal.isWhole, "it has refuted");
  assertEquals(machine.self().incarnation > 1, true);
  // Of those who do not run nobody is asked.
  rehearsal.kill(3);
  rehearsal.run(3_000);
  assertEquals([rehearsal.isWhole, rehearsal.isSeen(3, "dead")], [true, true]);
});

Deno.test("what is to come is run in its time, and no later than the time that is given", () => {
  const rehearsal = new Rehearsal({ nodes: 2, seed: 4 });
  const ran: string[] = [];
  assertEquals(rehearsal.now, 0);
  rehearsal.at(-5, () => ran.push(`at once ${rehearsal.now}`));
  rehearsal.at(100, () => ran.push(`in time ${rehearsal.now}`));
  rehearsal.after(101, () => ran.push(`after ${rehearsal.now}`));
  assertEquals(rehearsal.runUntil(() => true, 100), 0);
  assertEquals(rehearsal.runUntil(() => false, 100), undefined);
  assertEquals([rehearsal.now, ran], [100, ["at once 0", "in time 100"]]);
  assertEquals(rehearsal.runUntil(() => ran.length === 3, 100), 1);
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
