import { assert, assertEquals } from "@std/assert";
import { SeededRandom } from "../../lib/core/mod.ts";
import { Alarm, DriftingClock, HostWorld, SimWorld } from "../../lib/simulation/mod.ts";

function worldAt(startsAt = 0): SimWorld {
  return new SimWorld(new SeededRandom(1), {}, startsAt);
}

Deno.test("events happen in the order of their times, and what has passed happens now", () => {
  const world = worldAt(-5);
  const seen: string[] = [];
  const note = (what: string) => () => seen.push(`${what} ${world.now}`);
  world.at(3, note("third"));
  world.after(2, note("second"));
  world.at(-100, note("first"));
  world.advance(7);
  assertEquals([seen, world.now], [["first -5", "second -3"], 2]);
  world.advance(1);
  assertEquals([seen.at(-1), world.now, world.events], ["third 3", 3, 3]);
});

Deno.test("a step is one event, and none when nothing is due by its end", () => {
  const world = worldAt();
  let count = 0;
  for (const at of [1, 1, 4]) world.at(at, () => count++);
  assertEquals([world.step(3), count, world.now], [true, 1, 1]);
  assertEquals([world.step(3), count, world.now], [true, 2, 1]);
  assertEquals([world.step(3), count, world.now], [false, 2, 3]);
});

Deno.test("a run until something holds ends with the event that makes it so, or at its limit", () => {
  const world = worldAt(10);
  let count = 0;
  for (const at of [11, 12, 13]) world.at(at, () => count++);
  assertEquals(world.advanceUntil(() => count === 0, 100), 0);
  assertEquals([world.advanceUntil(() => count === 2, 100), world.now], [2, 12]);
  assertEquals([world.advanceUntil(() => count === 9, 5), world.now, count], [undefined, 17, 3]);
});

Deno.test("an alarm rings once for the earliest time that it was set for", () => {
  const world = worldAt();
  const rung: number[] = [];
  const alarm = new Alarm(world, () => rung.push(world.now));
  for (const at of [40, 30, 10, 20]) alarm.set(at);
  world.advance(100);
  assertEquals(rung, [10]);
  assertEquals(world.events, 1, "what it was set for before is no event");
  alarm.set(50);
  world.advance(0);
  assertEquals(rung, [10, 100], "what has passed is now");
});

Deno.test("an alarm that was cleared does not ring, until it is set again", () => {
  const world = worldAt();
  const rung: number[] = [];
  const alarm = new Alarm(world, () => rung.push(world.now));
  alarm.set(10);
  alarm.clear();
  world.advance(20);
  assertEquals(rung, []);
  alarm.set(40);
  world.advance(40);
  assertEquals(rung, [40]);
});

Deno.test("a clock shows its own time, and when it will show another", () => {
  const clock = new DriftingClock(1_000, 1.5);
  assertEquals([clock.localTime(0), clock.localTime(100)], [1_000, 1_150]);
  assertEquals(clock.simulatedTime(1_150), 100);
  clock.jump(300);
  assertEquals([clock.localTime(100), clock.simulatedTime(1_450)], [1_450, 100]);
});

Deno.test("the timer of a process never rings before its delay has passed on its own clock", () => {
  const world = new HostWorld(new SeededRandom(3));
  for (let number = 1; number <= 20; number++) {
    const { clock } = world.boot(number);
    const start = clock.now();
    let tookMs = NaN;
    clock.setTimer(1_000, () => tookMs = clock.now() - start);
    const cancelled = clock.setTimer(500, () => tookMs = 500);
    cancelled.cancel();
    world.advance(1_001);
    assert(tookMs >= 1_000 && tookMs < 1_000.1, `${tookMs} ms`);
  }
});

Deno.test("a date that somebody sets moves no timer, and a leap of the clock moves no date", () => {
  const world = new HostWorld(new SeededRandom(1));
  const { clock } = world.boot(1);
  const [local, date] = [clock.now(), clock.wallTime()];
  clock.setWall(-5_000);
  assertEquals([clock.now(), clock.wallTime()], [local, date - 5_000]);
  clock.jump(7_000);
  assertEquals([clock.now(), clock.wallTime()], [local + 7_000, date - 5_000]);
});

Deno.test("ids grow and ports are new", () => {
  const world = new HostWorld(new SeededRandom(1));
  const ids = Array.from({ length: 20 }, () => world.nextId());
  assertEquals(ids.toSorted(), ids);
  assertEquals(new Set([world.nextPort(), world.nextPort(), world.nextPort()]).size, 3);
});
