import { assertEquals } from "@std/assert";
import { RateLimit } from "../../lib/core/mod.ts";

Deno.test("so many are let through in a window, and the next when it is over", () => {
  const limit = new RateLimit(2, 1_000);
  const taken = [5, 5, 5, 1_004, 1_005, 1_006, 1_007].map((now) => limit.take(now));
  assertEquals(taken, [true, true, false, false, true, true, false]);
});
