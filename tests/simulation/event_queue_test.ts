import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { EventQueue } from "../../lib/simulation/mod.ts";

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
