import { assert, assertEquals } from "@std/assert";
import { ParseBudget } from "../../lib/io/parse_budget.ts";
import { PARSE_BURST_MS, PARSE_SHARE } from "../../lib/io/tcp_limits.ts";

Deno.test("a link that only makes us parse has its share of the time, and a burst", () => {
  const budget = new ParseBudget(PARSE_SHARE, PARSE_BURST_MS);
  let now = 1_000;
  let parsedMs = 0;
  for (let frame = 0; frame < 500; frame++) {
    now += 40;
    parsedMs += 40;
    budget.spent(40, now);
    now += budget.pauseMs();
  }
  const share = parsedMs / (now - 1_000);
  assert(share <= PARSE_SHARE + PARSE_BURST_MS / (now - 1_000), `${share} of the time`);
  assert(share > PARSE_SHARE - 0.01, `${share} of the time`);
});

Deno.test("a link whose messages are dealt with for longer than they are parsed is never paused", () => {
  const budget = new ParseBudget(PARSE_SHARE, PARSE_BURST_MS);
  for (let now = 1_000; now < 20_000; now += 10) {
    budget.spent(4, now);
    assertEquals(budget.pauseMs(), 0);
  }
  // What it did not use it does not save up, beyond the burst.
  budget.spent(PARSE_BURST_MS, 100_000);
  assertEquals(budget.pauseMs(), 0);
  budget.spent(1, 100_000);
  assertEquals(budget.pauseMs(), 1 / PARSE_SHARE);
});
