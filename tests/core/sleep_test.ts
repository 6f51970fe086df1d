import { assertEquals } from "@std/assert";
import { sleep } from "../../lib/core/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";

async function turn(): Promise<void> {
  for (let i = 0; i < 5; i++) await Promise.resolve();
}

Deno.test("a sleep ends when its time has come, and not before", async () => {
  const clock = new ManualClock();
  let isAwake = false;
  void sleep(clock, 100).then(() => isAwake = true);
  clock.advance(99);
  await turn();
  assertEquals(isAwake, false);
  clock.advance(100);
  await turn();
  assertEquals(isAwake, true);
});

Deno.test("an aborted signal ends a sleep at once, and leaves no timer behind", async () => {
  const clock = new ManualClock();
  const giveUp = new AbortController();
  let isAwake = false;
  void sleep(clock, 100, giveUp.signal).then(() => isAwake = true);
  giveUp.abort();
  await turn();
  assertEquals([isAwake, clock.due.length], [true, 0]);
  await sleep(clock, 100, giveUp.signal);
  assertEquals(clock.due, []);
});

Deno.test("a signal that outlives many sleeps keeps no listener of them", async () => {
  const clock = new ManualClock();
  const { signal } = new AbortController();
  let listeners = 0;
  const counting = new Proxy(signal, {
    get(target, name) {
      if (name === "addEventListener") return () => listeners++;
      if (name === "removeEventListener") return () => listeners--;
      return Reflect.get(target, name, target);
    },
  });
  for (let i = 0; i < 3; i++) {
    const sleeping = sleep(clock, 10, counting);
    assertEquals(listeners, 1);
    clock.advance(clock.time + 10);
    await sleeping;
    assertEquals(listeners, 0);
  }
});
