import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Cuts, EventQueue, type Scheduler, Stream } from "../../lib/rehearsal/mod.ts";

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
