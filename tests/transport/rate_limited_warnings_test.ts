import { assertEquals } from "@std/assert";
import { REJECTED_PER_SECOND } from "../../lib/core/mod.ts";
import { RateLimitedWarnings } from "../../lib/transport/rate_limited_warnings.ts";
import type { NodeEvent } from "../../lib/wire/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";

Deno.test("of many who are sent away in a second a few are told of, and later how many there were", () => {
  const clock = new ManualClock();
  const told: NodeEvent[] = [];
  const complaints = new RateLimitedWarnings(clock, { emit: (event) => told.push(event) });
  for (let stranger = 0; stranger < 1_000; stranger++) {
    complaints.warn("BAD_MESSAGE", `stranger ${stranger}`);
  }
  assertEquals(told.length, REJECTED_PER_SECOND);
  clock.advance(1_000);
  complaints.warn("BAD_MESSAGE", "one");
  complaints.warn("TIMEOUT", "two");
  const before = 1_000 - REJECTED_PER_SECOND;
  assertEquals(told.slice(REJECTED_PER_SECOND), [
    {
      event: "warning",
      code: "BAD_MESSAGE",
      message: `one (${before} others before it were not shown)`,
    },
    { event: "warning", code: "TIMEOUT", message: "two" },
  ]);
});
