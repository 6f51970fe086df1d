import { assertEquals } from "@std/assert";
import { SeededRandom } from "../../lib/core/mod.ts";
import { HostWorld, SimProcess, SimWorld } from "../../lib/simulation/mod.ts";

/** A process, and what happened to it at what time. */
function start() {
  const world = new SimWorld(new SeededRandom(1));
  const process = new SimProcess(world, 1, 0);
  const happened: string[] = [];
  const note = (what: string) => () => happened.push(`${what} ${world.now}`);
  return { world, process, happened, note };
}

Deno.test("what happens to a process that runs happens at once", () => {
  const { process, happened, note } = start();
  process.perform(note("a"));
  assertEquals(happened, ["a 0"]);
});

Deno.test("what happens to a process that is paused waits, and happens in order when it goes on", () => {
  const { world, process, happened, note } = start();
  process.pause();
  assertEquals([process.state, process.isRunning, process.isDead], ["paused", false, false]);
  process.perform(note("a"));
  world.advance(10);
  process.perform(note("b"));
  assertEquals(happened, []);
  process.resume();
  assertEquals(happened, ["a 10", "b 10"]);
  process.perform(note("c"));
  assertEquals(happened.at(-1), "c 10");
});

Deno.test("what a process is late for keeps its order, and nothing overtakes it", () => {
  const { world, process, happened, note } = start();
  process.perform(note("late"), 20);
  process.perform(note("less late"), 5);
  process.perform(note("in time"));
  world.advance(19);
  assertEquals(happened, []);
  world.advance(1);
  assertEquals(happened, ["late 20", "less late 20", "in time 20"]);
});

Deno.test("a process that pauses in the middle of what waited leaves the rest until it goes on", () => {
  const { process, happened, note } = start();
  process.pause();
  process.perform(note("a"));
  process.perform(() => process.pause());
  process.perform(note("b"));
  process.resume();
  assertEquals([happened, process.state], [["a 0"], "paused"]);
  process.resume();
  assertEquals(happened, ["a 0", "b 0"]);
});

Deno.test("what waits for its time when a process goes on still waits for it", () => {
  const { world, process, happened, note } = start();
  process.perform(note("late"), 20);
  process.pause();
  world.advance(10);
  process.resume();
  assertEquals(happened, []);
  world.advance(10);
  assertEquals(happened, ["late 20"]);
});

Deno.test("nothing happens to a process that is over, and what waited is lost", () => {
  for (const how of ["killed", "silent"] as const) {
    const { world, process, happened, note } = start();
    process.pause();
    process.perform(note("a"));
    world.advance(7);
    assertEquals(process.diedAt, Infinity);
    assertEquals(process.end(how), true);
    assertEquals([process.state, process.isDead, process.diedAt], [how, true, 7]);
    process.resume();
    process.pause();
    process.perform(note("b"));
    world.advance(100);
    assertEquals([happened, process.state], [[], how]);
  }
});

Deno.test("the machine of a process that is over may lose its power, and is not killed after that", () => {
  const { world, process } = start();
  process.end("killed");
  assertEquals(process.isPowered, true);
  world.advance(5);
  assertEquals([process.end("silent"), process.isPowered], [false, false]);
  assertEquals([process.end("killed"), process.state, process.diedAt], [false, "silent", 0]);
});

Deno.test("each start at a place is a new life of it, with a clock and a number of its own", () => {
  const world = new HostWorld(new SeededRandom(1));
  const [first, other] = [world.boot(1), world.boot(258)];
  assertEquals([first.generation, first.host, other.host], [0, "10.0.0.1", "10.0.1.2"]);
  assertEquals(world.processAt("10.0.0.1"), first);
  first.kill();
  const again = world.boot(1);
  assertEquals([again.generation, again.isRunning, first.isRunning], [1, true, false]);
  assertEquals(world.processAt("10.0.0.1"), again);
  assertEquals(world.processAt("10.0.0.9"), undefined);
});

Deno.test("whoever waits for the death of a process hears of it once", () => {
  for (const how of ["kill", "silence"] as const) {
    const process = new HostWorld(new SeededRandom(1)).boot(1);
    let deaths = 0;
    process.onDeath = () => deaths++;
    process[how]();
    process[how]();
    assertEquals(deaths, 1);
  }
});

Deno.test("a process at a slow machine notices everything later, evenly up to what it is slow by", () => {
  const world = new HostWorld(new SeededRandom(1));
  let latest = 0;
  for (let number = 1; number <= 50; number++) {
    const process = world.boot(number);
    process.slowMs = 40;
    process.perform(() => latest = Math.max(latest, world.now));
  }
  world.advance(0);
  assertEquals(latest, 0);
  world.advance(40);
  assertEquals(latest > 30 && latest <= 40, true, `${latest} ms`);
});
