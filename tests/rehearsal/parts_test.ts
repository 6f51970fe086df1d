import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  type Belief,
  Cuts,
  EventQueue,
  processAddress,
  processId,
  type Scheduler,
  Stream,
  Timeline,
} from "../../lib/rehearsal/mod.ts";

/** Time that passes from one event to the next. */
class Time implements Scheduler {
  now = 0;
  readonly #queue = new EventQueue<() => void>();

  after(delay: number, run: () => void): void {
    this.#queue.add(this.now + delay, run);
  }

  runAll(): void {
    for (let next = this.#queue.take(); next !== undefined; next = this.#queue.take()) {
      this.now = next.at;
      next.event();
    }
  }
}

Deno.test("events come by time, and those of one time in the order of their adding", () => {
  fc.assert(fc.property(fc.array(fc.nat(20)), (times) => {
    const queue = new EventQueue<number>();
    times.forEach((at, index) => queue.add(at, index));
    const expected = times.map((at, index) => ({ at, index }))
      .sort((a, b) => a.at - b.at || a.index - b.index).map(({ index }) => index);
    const taken = times.map(() => queue.take()?.event);
    assertEquals(taken, expected);
    assertEquals([queue.take(), queue.nextAt, queue.size], [undefined, Infinity, 0]);
  }));
});

Deno.test("a stream delivers everything once and in order, whatever is lost and however late", () => {
  const attempts = fc.array(fc.option(fc.nat(50), { nil: undefined }), { maxLength: 60 });
  fc.assert(fc.property(attempts, fc.integer({ min: 1, max: 30 }), (plan, count) => {
    const time = new Time();
    const arrived: number[] = [];
    let attempt = 0;
    // After the plan nothing is lost any more.
    const transit = () => attempt < plan.length ? plan[attempt++] : 1;
    const stream = new Stream<number>(time, transit, (item) => arrived.push(item));
    for (let item = 0; item < count; item++) time.after(item * 7, () => stream.send(item));
    time.runAll();
    assertEquals(arrived, Array.from({ length: count }, (_, item) => item));
  }));
});

Deno.test("what a stream loses is late by 200 ms, doubled with each attempt", () => {
  for (const [lost, lateMs] of [[0, 0], [1, 200], [2, 600], [3, 1_400], [6, 12_600]] as const) {
    const time = new Time();
    let left: number = lost;
    let arrivedAt = NaN;
    const stream = new Stream<string>(
      time,
      () => left-- > 0 ? undefined : 5,
      () => arrivedAt = time.now,
    );
    stream.send("x");
    time.runAll();
    assertEquals(arrivedAt, lateMs + 5);
  }
});

Deno.test("a closed stream delivers nothing, not even what is on its way", () => {
  const time = new Time();
  const arrived: string[] = [];
  const stream = new Stream<string>(time, () => 5, (item) => arrived.push(item));
  stream.send("on its way");
  stream.close();
  stream.send("too late");
  time.runAll();
  assertEquals(arrived, []);
});

Deno.test("cuts: parts do not reach each other, single directions stay cut, healing mends all", () => {
  const cuts = new Cuts();
  const reach = () =>
    [[1, 2], [1, 3], [3, 1], [3, 4], [1, 5]].map(([a, b]) =>
      cuts.reaches(a as number, b as number)
    );
  assertEquals(reach(), [true, true, true, true, true]);
  cuts.partition([[1, 2], [3, 4]]);
  assertEquals(reach(), [true, false, false, true, true], "5 is in no part");
  cuts.cut(1, 2);
  cuts.unite();
  assertEquals(reach(), [false, true, true, true, true]);
  assert(cuts.reaches(2, 1), "the other direction");
  cuts.heal();
  assertEquals(reach(), [true, true, true, true, true]);
});

Deno.test("cuts: what refuses does not arrive, and what arrives is not refused", () => {
  const cuts = new Cuts();
  // Whether a reaches b, and whether it is refused there.
  const told = (a: number, b: number) => [cuts.reaches(a, b), cuts.refuses(a, b)];
  assertEquals(told(1, 2), [true, false]);
  cuts.refuse(1, 2);
  assertEquals([told(1, 2), told(2, 1)], [[false, true], [true, false]]);
  cuts.mend(1, 2);
  assertEquals(told(1, 2), [true, false]);
  cuts.cut(1, 2);
  assertEquals(told(1, 2), [false, false], "what was refused once is silent now");
  cuts.heal();
  cuts.partition([[1], [2, 3]], true);
  assertEquals([told(1, 2), told(2, 3), told(1, 4)], [[false, true], [true, false], [true, false]]);
  cuts.partition([[1], [2]]);
  assertEquals([told(1, 2), told(1, 3)], [[false, false], [true, false]], "a silent one follows");
  cuts.partition([[1], [2]], true);
  cuts.unite();
  cuts.cut(1, 2);
  assertEquals(told(1, 2), [false, false]);
  cuts.refuse(1, 2);
  cuts.heal();
  cuts.cut(1, 2);
  assertEquals(told(1, 2), [false, false]);
});

Deno.test("a stream that has never delivered is dialling since the first that got stuck", () => {
  const time = new Time();
  const plan = [undefined, undefined, 5, undefined, 5];
  const stream = new Stream<string>(time, () => plan.shift(), () => {});
  const seen: (number | undefined)[] = [stream.diallingSince];
  time.after(3, () => stream.send("a"));
  for (const at of [2, 4, 300, 607, 609]) {
    time.after(at, () => seen.push(stream.diallingSince));
  }
  time.after(700, () => stream.send("b"));
  time.after(701, () => seen.push(stream.diallingSince));
  time.runAll();
  // 3 + 200 + 400 and 5 more for its way.
  assertEquals(seen, [undefined, undefined, 3, 3, 3, undefined, undefined]);
});

Deno.test("after what was lost has got through, the next that is lost waits 200 ms again", () => {
  const time = new Time();
  const arrived: number[] = [];
  const plan = [undefined, undefined, 5, undefined, 5];
  const stream = new Stream<string>(time, () => plan.shift(), () => arrived.push(time.now));
  stream.send("a");
  time.after(1_000, () => stream.send("b"));
  time.runAll();
  assertEquals(arrived, [605, 1_205]);
});

Deno.test("a stream waits two minutes at the most between two attempts", () => {
  const time = new Time();
  const attempts: number[] = [];
  const stream = new Stream<string>(
    time,
    () => attempts.push(time.now) > 14 ? 1 : undefined,
    () => {},
  );
  stream.send("a");
  time.runAll();
  const pauses = attempts.slice(1).map((at, index) => at - (attempts[index] as number));
  assertEquals(pauses, [
    ...Array.from({ length: 10 }, (_, at) => 200 * 2 ** at),
    ...Array.from({ length: 4 }, () => 120_000),
  ]);
});

Deno.test("what is sent behind what is stuck keeps its place, and comes no earlier", () => {
  const time = new Time();
  const arrived: string[] = [];
  const plan = [50, 1, undefined, 9];
  const stream = new Stream<string>(
    time,
    () => plan.shift(),
    (item) => arrived.push(`${item} ${time.now}`),
  );
  stream.send("slow");
  stream.send("fast");
  stream.send("lost");
  stream.send("behind");
  time.runAll();
  assertEquals(arrived, ["slow 50", "fast 50", "lost 209", "behind 209"]);
});

Deno.test("a life has an id after all ids of the life before it, and its address for ever", () => {
  assertEquals(processId(1, 0), "01900000-0000-7000-8000-000000000001");
  assertEquals(processId(258, 2), "01900000-0000-7000-8000-000002000102");
  assertEquals([1, 255, 256, 258].map(processAddress), [
    "10.0.0.1:8001",
    "10.0.0.255:8001",
    "10.0.1.0:8001",
    "10.0.1.2:8001",
  ]);
});

Deno.test("a timeline keeps as many beliefs as its limit, and counts the others", () => {
  const timeline = new Timeline(2);
  const belief: Belief = {
    at: 1,
    observer: 1,
    subject: 2,
    life: 0,
    state: "suspect",
    cause: "",
    by: [],
    isWrong: false,
  };
  for (let count = 0; count < 5; count++) timeline.believe(belief);
  assertEquals([timeline.beliefs.length, timeline.dropped], [2, 3]);
  timeline.mark({ at: 1, member: 1, text: "is killed" });
  timeline.clear();
  assertEquals([timeline.beliefs, timeline.marks, timeline.dropped], [[], [], 0]);
});
