import { assertEquals } from "@std/assert";
import { PendingCalls } from "../../lib/rpc/mod.ts";

function calls(...deadlines: number[]): PendingCalls<{ deadline: number }> {
  const pending = new PendingCalls<{ deadline: number }>();
  for (const deadline of deadlines) pending.add({ deadline });
  return pending;
}

Deno.test("every call gets a number that no other call of the link had, even after it was answered", () => {
  const pending = new PendingCalls<{ deadline: number }>();
  const first = pending.add({ deadline: 10 });
  pending.take(first);
  const second = pending.add({ deadline: 10 });
  assertEquals([first, second, pending.size], [1, 2, 1]);
});

Deno.test("a call is taken once, and an invented number takes nothing", () => {
  const pending = calls(10);
  assertEquals(pending.take(1), { deadline: 10 });
  assertEquals(pending.take(1), undefined);
  assertEquals(pending.take(99), undefined);
  assertEquals(pending.take(undefined as unknown as number), undefined);
});

Deno.test("exactly the calls whose deadline has come expire, and the next deadline is known then", () => {
  const pending = calls(30, 10, 20, 10);
  assertEquals(pending.earliest, 10);
  assertEquals(pending.expire(9), []);
  assertEquals(pending.expire(10).map(([id]) => id), [2, 4]);
  assertEquals([pending.earliest, pending.size], [20, 2]);
  assertEquals(pending.expire(100).map(([id]) => id), [1, 3]);
  assertEquals([pending.earliest, pending.size], [Infinity, 0]);
});

Deno.test("the earliest deadline may be too early after an answer, never too late", () => {
  const pending = calls(10, 50);
  pending.take(1);
  assertEquals(pending.earliest, 10);
  assertEquals(pending.expire(10), []);
  assertEquals(pending.earliest, 50);
});

Deno.test("when the link is over everything is taken out, in the order of the calls", () => {
  const pending = calls(30, 10);
  assertEquals(pending.takeAll(), [{ deadline: 30 }, { deadline: 10 }]);
  assertEquals([pending.size, pending.earliest], [0, Infinity]);
  assertEquals(pending.takeAll(), []);
});
