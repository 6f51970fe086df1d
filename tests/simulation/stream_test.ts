import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { SeededRandom } from "../../lib/core/mod.ts";
import { SimWorld, Stream } from "../../lib/simulation/mod.ts";

/** More milliseconds than any of these streams needs. */
const FOREVER_MS = 1e9;

Deno.test("a stream delivers everything once and in order, whatever is lost and however late", () => {
  const attempts = fc.array(fc.option(fc.nat(50), { nil: undefined }), { maxLength: 60 });
  fc.assert(fc.property(attempts, fc.integer({ min: 1, max: 30 }), (plan, count) => {
    const world = new SimWorld(new SeededRandom(1));
    const arrived: number[] = [];
    let attempt = 0;
    // After the plan nothing is lost any more.
    const transit = () => attempt < plan.length ? plan[attempt++] : 1;
    const stream = new Stream<number>(world, transit, (item) => arrived.push(item));
    for (let item = 0; item < count; item++) world.after(item * 7, () => stream.send(item));
    world.advance(FOREVER_MS);
    assertEquals(arrived, Array.from({ length: count }, (_, item) => item));
  }));
});

Deno.test("what a stream loses is late by 200 ms, doubled with each attempt", () => {
  for (const [lost, lateMs] of [[0, 0], [1, 200], [2, 600], [3, 1_400], [6, 12_600]] as const) {
    const world = new SimWorld(new SeededRandom(1));
    let left: number = lost;
    let arrivedAt = NaN;
    const stream = new Stream<string>(
      world,
      () => left-- > 0 ? undefined : 5,
      () => arrivedAt = world.now,
    );
    stream.send("x");
    world.advance(FOREVER_MS);
    assertEquals(arrivedAt, lateMs + 5);
  }
});

Deno.test("a closed stream delivers nothing, not even what is on its way", () => {
  const world = new SimWorld(new SeededRandom(1));
  const arrived: string[] = [];
  const stream = new Stream<string>(world, () => 5, (item) => arrived.push(item));
  stream.send("on its way");
  stream.close();
  stream.send("too late");
  world.advance(FOREVER_MS);
  assertEquals(arrived, []);
});

Deno.test("a stream that has never delivered is dialling since the first that got stuck", () => {
  const world = new SimWorld(new SeededRandom(1));
  const plan = [undefined, undefined, 5, undefined, 5];
  const stream = new Stream<string>(world, () => plan.shift(), () => {});
  const seen: (number | undefined)[] = [stream.diallingSince];
  world.after(3, () => stream.send("a"));
  for (const at of [2, 4, 300, 607, 609]) {
    world.after(at, () => seen.push(stream.diallingSince));
  }
  world.after(700, () => stream.send("b"));
  world.after(701, () => seen.push(stream.diallingSince));
  world.advance(FOREVER_MS);
  // 3 + 200 + 400 and 5 more for its way.
  assertEquals(seen, [undefined, undefined, 3, 3, 3, undefined, undefined]);
});

Deno.test("after what was lost has got through, the next that is lost waits 200 ms again", () => {
  const world = new SimWorld(new SeededRandom(1));
  const arrived: number[] = [];
  const plan = [undefined, undefined, 5, undefined, 5];
  const stream = new Stream<string>(world, () => plan.shift(), () => arrived.push(world.now));
  stream.send("a");
  world.after(1_000, () => stream.send("b"));
  world.advance(FOREVER_MS);
  assertEquals(arrived, [605, 1_205]);
});

Deno.test("a stream waits two minutes at the most between two attempts", () => {
  const world = new SimWorld(new SeededRandom(1));
  const attempts: number[] = [];
  const stream = new Stream<string>(
    world,
    () => attempts.push(world.now) > 14 ? 1 : undefined,
    () => {},
  );
  stream.send("a");
  world.advance(FOREVER_MS);
  const pauses = attempts.slice(1).map((at, index) => at - (attempts[index] as number));
  assertEquals(pauses, [
    ...Array.from({ length: 10 }, (_, at) => 200 * 2 ** at),
    ...Array.from({ length: 4 }, () => 120_000),
  ]);
});

Deno.test("what is sent behind what is stuck keeps its place, and comes no earlier", () => {
  const world = new SimWorld(new SeededRandom(1));
  const arrived: string[] = [];
  const plan = [50, 1, undefined, 9];
  const stream = new Stream<string>(
    world,
    () => plan.shift(),
    (item) => arrived.push(`${item} ${world.now}`),
  );
  stream.send("slow");
  stream.send("fast");
  stream.send("lost");
  stream.send("behind");
  world.advance(FOREVER_MS);
  assertEquals(arrived, ["slow 50", "fast 50", "lost 209", "behind 209"]);
});
