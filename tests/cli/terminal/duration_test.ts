import { assertEquals, assertThrows } from "@std/assert";
import { formatAge, formatRoundTrip, parseDuration } from "../../../lib/cli/terminal/duration.ts";
import { UsageError } from "../../../lib/cli/usage_error.ts";

Deno.test("durations are read as Go's programs write them", () => {
  const table: [text: string, milliseconds: number][] = [
    ["500ms", 500],
    ["5s", 5_000],
    ["1m", 60_000],
    ["1m30s", 90_000],
    ["1.5s", 1_500],
    ["1h", 3_600_000],
    ["1s1ms", 1_001],
  ];
  for (const [text, milliseconds] of table) assertEquals(parseDuration(text), milliseconds);
});

Deno.test("what is no duration is refused, and a missing unit is named", () => {
  for (const text of ["", "s", "5 s", "-5s", "5d", "1e3s", "0s", "0.1ms", "five"]) {
    assertThrows(() => parseDuration(text), UsageError);
  }
  assertThrows(() => parseDuration("5"), UsageError, "give it a unit, like 5s or 5ms");
});

Deno.test("an age is shown in two units while the smaller means something", () => {
  const table: [milliseconds: number, text: string][] = [
    [-5, "0s"],
    [NaN, "0s"],
    [999, "0s"],
    [59_999, "59s"],
    [60_000, "1m0s"],
    [599_999, "9m59s"],
    [600_000, "10m"],
    [3_599_999, "59m"],
    [11_400_000, "3h10m"],
    [86_399_999, "23h"],
    [172_799_999, "47h"],
    [9 * 86_400_000, "9d"],
  ];
  for (const [milliseconds, text] of table) assertEquals(formatAge(milliseconds), text);
});

Deno.test("a round-trip time has three digits that mean something", () => {
  assertEquals([0.2141, 1.06, 31.94].map(formatRoundTrip), ["0.214 ms", "1.06 ms", "31.9 ms"]);
});
