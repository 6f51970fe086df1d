import { assertEquals } from "@std/assert";
import { TimeLimits } from "../../scripts/mutate/time_limits.ts";

Deno.test("tests get three times as long as without a slip for each run at once, or three minutes", () => {
  const table: [jobs: number, greenMs: number, limitMs: number][] = [
    [1, 0, 180_000],
    [1, 60_000, 180_000],
    [1, 60_001, 180_003],
    [2, 30_000, 180_000],
    [2, 100_000, 600_000],
  ];
  for (const [jobs, greenMs, limitMs] of table) {
    const limits = new TimeLimits(jobs);
    limits.tookInFolder("wire", greenMs);
    assertEquals(limits.ofFolder("wire"), limitMs, `${greenMs} ms, ${jobs} at once`);
    assertEquals(limits.ofFolder("node"), 180_000);
  }
});

Deno.test("the whole suite gets as long as all its parts, and fifteen minutes at least", () => {
  const limits = new TimeLimits(1);
  assertEquals(limits.ofSuite, 900_000);
  limits.tookInFolder("wire", 100_000);
  limits.tookInFolder("node", 100_000);
  assertEquals(limits.ofSuite, 900_000);
  limits.tookElsewhere(200_000);
  assertEquals(limits.ofSuite, 1_200_000);
});
