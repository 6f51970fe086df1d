import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { Heap } from "../../lib/core/mod.ts";

Deno.test("what is pushed and popped in any order comes out by its order", () => {
  const steps = fc.array(fc.option(fc.integer({ min: -20, max: 20 })), { maxLength: 200 });
  fc.assert(fc.property(steps, (pushed) => {
    const heap = new Heap<number>((a, b) => a < b);
    const model: number[] = [];
    for (const item of pushed) {
      if (item === null) assertEquals(heap.pop(), model.shift());
      else {
        heap.push(item);
        model.push(item);
        model.sort((a, b) => a - b);
      }
      assertEquals([heap.size, heap.top], [model.length, model[0]]);
    }
    while (model.length > 0) assertEquals(heap.pop(), model.shift());
    assertEquals(heap.pop(), undefined);
  }));
});

Deno.test("a heap that was cleared holds nothing, and goes on", () => {
  const heap = new Heap<number>((a, b) => a < b);
  for (const item of [3, 1, 2]) heap.push(item);
  assertEquals([...heap.values()].toSorted(), [1, 2, 3]);
  heap.clear();
  assertEquals([heap.size, heap.top, heap.pop()], [0, undefined, undefined]);
  heap.push(4);
  assertEquals(heap.pop(), 4);
});
